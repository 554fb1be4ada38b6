"""The rules on invented people through the real actions: right, and exactly undone."""

from dataclasses import replace

import pytest

from complaints.actions.rehearsal import rehearse
from complaints.models import Complaint, SelfCorrection
from complaints.rules.selfcorrection.labelled.mistakes import MISTAKES
from complaints.rules.selfcorrection.table import AUTOMATIC
from portal.accounts.models import User
from portal.common import scope
from portal.registry.models import Correction, Dose, Organization, Person
from tests.factories import NOON, make_root

# Few people, but every mistake that a rule mends by itself, and some to lead astray.
OFTEN = tuple(
    replace(one, per_mille=100 if one.rule in AUTOMATIC else 20)
    for one in MISTAKES
    if not one.rule.startswith("B")
)
MODELS = (Person, Correction, Complaint, User, Dose, Organization)


@pytest.mark.django_db
def test_what_the_actions_change_is_right_and_taken_back_exactly_and_nothing_stays():
    with scope.system():
        make_root()
        kept = [model.objects.count() for model in MODELS]

    found = rehearse(sample=24, seed=11, mistakes=OFTEN, at=NOON)

    assert found.people == 24
    assert found.rules.keys() == set(AUTOMATIC)
    assert found.settled >= 1
    assert found.changes >= found.changed >= 10
    assert found.right == found.changes
    assert found.restored == found.changed
    with scope.system():
        assert [model.objects.count() for model in MODELS] == kept
        assert not SelfCorrection.objects.exists()
