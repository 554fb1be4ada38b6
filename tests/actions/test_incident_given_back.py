"""Two people decide the list that they saw, where the reports are theirs."""

from dataclasses import replace

import pytest

from complaints.actions import (
    casework,
    gathering,
    incident_rows,
    incident_turns,
    incidents,
)
from complaints.models import Complaint, Incident
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused
from portal.common import scope
from portal.common.models import DemoMessage
from portal.registry.imports import committing, contents, reviewing
from portal.registry.models import Dose, Organization
from tests.actions.test_incidents import (
    BEGUN,
    drain,
    formed,
    members,
    reported,
    row_of,
    settled,
    with_list,
)
from tests.factories import make_organization, make_product, make_staff
from tests.registry.imports.lists import NOON, make_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
CHANGED, NONE = Incident.Returned.LIST_CHANGED, Incident.Returned.NONE_SETTLED


@pytest.fixture
def site():
    make_product()
    return make_organization()


@pytest.fixture
def pair(site):
    """Return two people of the site, who propose and sign."""
    return make_staff(site), make_staff(site, "lead")


def ready(site):
    """Return an incident of three with a list of these and of a silent one."""
    incident, cases = formed(site)
    with_list(incident, site, [row_of(n) for n in (1, 2, 3, 8)])
    return incident, cases


def fix(incident, place):
    """Put another lot into a row of the list, as staff do on its page."""
    one = incident.session_list
    row = one.staged.get(place=place)
    values = contents.unseal(row, of=one).row.values
    reviewing.fix(one.pk, place, replace(values, lot="ZZZ999"), at=NOON)


def work_off(at=BEGUN):
    for step in range(4):
        drain(at + step * incident_turns.LATER)


def hand_all(cases, *, to, by):
    for case in cases:
        casework.hand_over(
            complaint_id=case.pk, to=to, note="Điểm tiêm đã dời", by=by, at=NOON
        )
        drain(NOON)


def statuses(cases):
    return {Complaint.objects.get(pk=case.pk).status for case in cases}


# -- the list


CHANGES = {
    "a row is fixed": lambda one: reviewing.fix(
        one.pk,
        1,
        contents.unseal(one.staged.get(place=1), of=one).row.values,
        at=NOON,
    ),
    "a row is left out": lambda one: reviewing.exclude(
        one.pk, 1, excluded=True, at=NOON
    ),
    "an owner is chosen": lambda one: reviewing.choose(one.pk, 1, None, at=NOON),
    "rows are taken": lambda one: reviewing.take(one.pk, [1], "list", at=NOON),
    "all rows are taken": lambda one: reviewing.take_all(one.pk),
    "columns are set": lambda one: reviewing.set_columns(
        one.pk, {}, keep_for_site=False, by=None, at=NOON, queued=False
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_change_of_a_list_makes_it_another_one(site, change):
    one = make_list(site, [row_of(1)])

    change(one)

    one.refresh_from_db()
    assert one.revision == 1


def test_a_list_changed_after_the_proposal_is_not_signed(site, pair):
    incident, cases = ready(site)
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    fix(incident, 4)

    with pytest.raises(Refused, match=r".+"):
        incidents.sign(incident.ref, by=pair[1], at=NOON)

    incident.refresh_from_db()
    assert (incident.state, incident.returned) == ("open", CHANGED)
    assert (incident.proposed_by, incident.signed_by) == (None, None)
    work_off()
    assert not Dose.objects.exists()
    assert statuses(cases) == {"received"}
    # Seen and proposed anew it goes through, and says no more of it.
    incident.refresh_from_db()
    settled(incident, pair)
    assert (incident.state, incident.returned) == ("settled", "")
    assert Dose.objects.filter(lot_number="ZZZ999").count() == 1


def test_a_list_changed_after_the_signature_decides_and_writes_nothing(site, pair):
    incident, cases = ready(site)
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    fix(incident, 1)

    work_off()

    incident.refresh_from_db()
    assert (incident.state, incident.returned) == ("open", CHANGED)
    assert not Dose.objects.exists()
    assert statuses(cases) == {"received"}
    assert incident.session_list.state == "checked"
    # The rows were held beside the reports anew, so that it can be proposed again.
    assert incident.matched_at is not None


def test_a_list_changed_and_written_on_its_own_page_is_not_what_was_signed(site, pair):
    incident, cases = ready(site)
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    fix(incident, 1)
    committing.commit(incident.session_list_id, by=make_staff(site).pk, at=NOON)

    work_off()

    incident.refresh_from_db()
    assert (incident.state, incident.returned) == ("open", CHANGED)
    assert statuses(cases) == {"received"}


def test_a_list_changed_midway_stops_there_and_goes_on_when_signed_anew(site, pair):
    incident, cases = ready(site)
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    incident.refresh_from_db()
    incident_rows.match(incident, at=BEGUN)
    assert incidents._settle_next(incident.pk, at=BEGUN)
    fix(incident, 4)

    assert not incidents._settle_next(incident.pk, at=BEGUN)

    incident.refresh_from_db()
    assert (incident.state, incident.returned) == ("open", CHANGED)
    assert Dose.objects.count() == 1
    work_off()
    incident.refresh_from_db()
    settled(incident, pair, at=BEGUN + 2 * UNDO)
    assert incident.state == "settled"
    assert Dose.objects.count() == 4
    for case in cases:
        assert case.events.filter(move="resolve").count() == 1


def test_a_list_changed_after_the_last_report_is_not_written_and_not_lost(site, pair):
    incident, cases = ready(site)
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    incident.refresh_from_db()
    incident_rows.match(incident, at=BEGUN)
    for _case in cases:
        assert incidents._settle_next(incident.pk, at=BEGUN)
    fix(incident, 4)

    assert incidents._write_list(incident.pk, at=BEGUN) is None

    gathering.run(at=BEGUN)
    incident.refresh_from_db()
    assert (incident.state, incident.returned) == ("open", CHANGED)
    assert incident.session_list.state == "checked"
    assert Dose.objects.count() == 3


# -- whose reports they are


def test_who_handed_the_reports_on_decides_no_more(site, pair):
    elsewhere = make_organization()
    incident, cases = formed_at(elsewhere, of=site, by=pair[0])
    theirs = make_staff(elsewhere), make_staff(elsewhere, "lead")
    with_list(incident, site, [row_of(n) for n in (1, 2, 3, 8)])
    third = make_organization()
    strangers = make_staff(third), make_staff(third, "lead")
    with pytest.raises(Incident.DoesNotExist):
        incidents.propose(incident.ref, by=strangers[0], at=NOON)
    hand_all(cases, to=third, by=theirs[0])

    file = {"content": b"a;b", "name": "ds.csv"}
    for act in (
        lambda by: incidents.take_list(incident.ref, **file, by=by, at=NOON),
        lambda by: incidents.propose(incident.ref, by=by, at=NOON),
    ):
        with pytest.raises(Refused, match=r".+"):
            act(theirs[0])
    incidents.propose(incident.ref, by=strangers[0], at=NOON)
    with pytest.raises(Refused, match=r".+"):
        incidents.sign(incident.ref, by=theirs[1], at=NOON)
    # The site of the session may send its own list, whoever holds the reports.
    incidents.send_back(incident.ref, by=pair[0], at=NOON)

    settled(incident, strangers)
    assert incident.state == "settled"
    assert {state for state, _words in members(incident).values()} == {"settled"}


def formed_at(holder, *, of, by):
    """Form an incident of a site whose reports lie elsewhere."""
    cases = [reported(of, number) for number in (1, 2, 3)]
    hand_all(cases, to=holder, by=by)
    gathering.run(at=NOON)
    return Incident.objects.get(), cases


def test_an_incident_follows_its_reports_and_is_seen_where_they_are(site, pair):
    incident, cases = formed(site)
    assert incident.holder == site
    elsewhere = make_organization()
    hand_all(cases, to=elsewhere, by=pair[0])

    gathering.run(at=NOON)

    incident.refresh_from_db()
    assert incident.holder == elsewhere
    third = make_organization()
    for place, seen in ((elsewhere, 1), (site, 0), (third, 0)):
        assert Organization.objects.filter(pk=place.pk).exists()
        with scope.staff([place.path]):
            assert Incident.objects.count() == seen


def test_where_no_report_was_settled_no_list_is_written_and_nobody_told(site, pair):
    incident, cases = ready(site)
    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    hand_all(cases, to=make_organization(), by=pair[0])

    work_off()
    drain(BEGUN + 4 * UNDO)

    incident.refresh_from_db()
    assert (incident.state, incident.returned) == ("open", NONE)
    assert all(words for _state, words in members(incident).values())
    assert incident.session_list.state == "checked"
    assert not Dose.objects.exists()
    told = DemoMessage.objects.filter(provider_key__startswith="incident_told")
    assert not told.exists()
