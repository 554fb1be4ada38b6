"""One case of many whose data is broken: left with words, and all others are done."""

import logging

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error, connection, transaction

from complaints.actions import broken, incident_turns, unsettling
from complaints.choices import Field
from complaints.models import Incident, TakeBack
from complaints.notifications.sending import UNDO
from tests.actions.test_incidents import (
    BEGUN,
    drain,
    formed,
    members,
    row_of,
    settled,
    with_list,
)
from tests.factories import make_organization, make_product, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
WORDS = "dữ liệu hỏng"
LOG = logging.getLogger("complaints.broken_cases")


@pytest.fixture
def site():
    make_product()
    return make_organization()


@pytest.fixture
def pair(site):
    """Return two people of the site, who propose and sign."""
    return make_staff(site), make_staff(site, "lead")


@pytest.fixture
def found(site):
    """Return an incident of three reports, with their list, and the reports."""
    incident, cases = formed(site)
    return with_list(incident, site, [row_of(n) for n in (1, 2, 3)]), cases


def test_the_other_reports_of_an_incident_are_settled(found, pair):
    incident, cases = found
    claim = cases[0].claims.get(field=Field.GIVEN_ON)
    claim.recorded_sealed = b"sealed under a key that is gone"
    claim.save(update_fields=["recorded_sealed"])

    settled(incident, pair)

    assert incident.state == "settled"
    said = [members(incident)[case.pk] for case in cases]
    assert [state for state, _words in said] == ["left", "settled", "settled"]
    assert WORDS in said[0][1]


def test_the_other_reports_of_an_incident_are_put_back(found, pair):
    incident, cases = found
    settled(incident, pair)
    # As no move of ours leaves it behind.
    TakeBack.objects.filter(event__complaint=cases[0]).update(before={})

    unsettling.ask(incident.ref, why=Incident.Back.values[0], by=pair[1], at=BEGUN)
    unsettling.sign(incident.ref, by=pair[0], at=BEGUN)
    for step in range(4):
        drain(BEGUN + UNDO + step * incident_turns.LATER)

    incident.refresh_from_db()
    assert incident.state == "undone"
    said = {m.complaint_id: (m.back, m.back_words) for m in incident.members.all()}
    assert [said[case.pk][0] for case in cases] == ["stays", "done", "done"]
    assert WORDS in said[cases[0].pk][1]


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        ("40P01", True),
        ("55P03", True),
        ("57P01", True),
        ("25006", True),
        ("57014", False),
        ("54000", False),
        ("22001", False),
    ],
)
def test_only_what_passes_by_itself_is_no_fault_of_the_case(code, passes):
    """What PostgreSQL says it with."""
    said = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(Error) as raised, transaction.atomic():
        connection.cursor().execute(said)

    if passes:
        with pytest.raises(Error):
            broken.words(raised.value, LOG)
    else:
        assert broken.words(raised.value, LOG)


def test_a_worker_whose_time_is_over_blames_no_case():
    with pytest.raises(SoftTimeLimitExceeded):
        broken.words(SoftTimeLimitExceeded(), LOG)
