"""The rules on invented people through the real actions: right, and exactly undone."""

from dataclasses import replace

import pytest

from complaints.actions import switches
from complaints.actions.rehearsal import rehearse
from complaints.models import Complaint, SelfCorrection
from complaints.rules.selfcorrection.labelled.mistakes import MISTAKES
from complaints.rules.selfcorrection.table import AUTOMATIC
from portal.accounts.models import User
from portal.common import scope
from portal.registry.models import Correction, Dose, Organization, Person
from tests.factories import NOON, make_root, make_staff

# Few people, but every mistake that a rule mends by itself, and some to lead astray.
OFTEN = tuple(
    replace(one, per_mille=100 if one.rule in AUTOMATIC else 20)
    for one in MISTAKES
    if not one.rule.startswith("B")
)
TELEPHONE = tuple(replace(one, per_mille=1_000) for one in MISTAKES if one.rule == "A7")
MODELS = (Person, Correction, Complaint, User, Dose, Organization)


@pytest.mark.django_db
def test_what_the_actions_change_is_right_and_taken_back_exactly_and_nothing_stays():
    with scope.system():
        make_root()
        kept = [model.objects.count() for model in MODELS]

    found = rehearse(sample=24, seed=14, mistakes=OFTEN, at=NOON)

    assert found.people == 24
    # No sign-in of today names both numbers, which A4 takes.
    assert found.rules.keys() == set(AUTOMATIC) - {"A4"}
    assert found.settled >= 1
    assert found.changes >= found.changed >= 10
    assert found.right == found.changes
    assert found.others_changed == 0
    assert found.restored == found.changed
    with scope.system():
        assert [model.objects.count() for model in MODELS] == kept
        assert not SelfCorrection.objects.exists()


@pytest.mark.django_db
def test_a_rule_that_is_off_is_not_tried_and_ends_nothing():
    with scope.system():
        boss = make_staff(make_root(), "administrator")
        switches.switch("A7", is_on=False, reason="Thử dừng", by=boss, at=NOON)

    found = rehearse(sample=4, seed=14, mistakes=TELEPHONE, at=NOON)

    assert (found.people, found.changes) == (4, 0)
