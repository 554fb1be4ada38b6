"""The rules on invented people through the real actions: right, and exactly undone."""

import pytest

from complaints.actions.rehearsal import rehearse
from complaints.models import Complaint, SelfCorrection
from portal.accounts.models import User
from portal.common import scope
from portal.registry.models import Correction, Person
from tests.factories import NOON, make_root


@pytest.mark.django_db
def test_what_the_actions_change_is_right_and_taken_back_exactly_and_nothing_stays():
    with scope.system():
        make_root()
        kept = [m.objects.count() for m in (Person, Correction, Complaint, User)]

    found = rehearse(sample=40, seed=11, at=NOON)

    assert found.people == 40
    assert found.settled >= 1
    assert found.changes >= found.changed >= 10
    assert found.right == found.changes
    assert found.restored == found.changed
    with scope.system():
        models = (Person, Correction, Complaint, User)
        assert [m.objects.count() for m in models] == kept
        assert not SelfCorrection.objects.exists()
