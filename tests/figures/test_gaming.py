"""Each trick played by one unit and not by another, as the kept signs tell it."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.utils import translation

from complaints import rollups
from complaints.choices import Channel, Gaming, Kind, Move, Outcome, Status
from complaints.models import Complaint, Event, GamingSign
from complaints.rollups import signs
from complaints.rules import gaming
from complaints.views.gaming import MEANINGS
from portal.common import scope
from tests.factories import make_staff
from tests.figures.lives import Then, live
from tests.pages.cases import NOW, make_organization, make_root
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.django_db
S, M = Status, Move
HOUR = timedelta(hours=1)
MONTHS = {"first": date(2026, 6, 1), "last": date(2026, 12, 31)}
TAKEN_ON = Then(M.ACCEPT, S.IN_REVIEW, HOUR)


def decided(after, outcome=Outcome.CORRECTED):
    return Then(M.RESOLVE, S.RESOLVED, after * HOUR, outcome=outcome)


# What a unit does that plays a trick, and what the honest one does instead.
TRICKS = {
    Gaming.LAST_HOUR: ([TAKEN_ON, decided(46.5)], [TAKEN_ON, decided(30)]),
    Gaming.NO_EFFECT: (
        [decided(20, Outcome.KEPT)],
        [TAKEN_ON, decided(20, Outcome.KEPT)],
    ),
    Gaming.EARLY_ASK: (
        [TAKEN_ON, Then(M.ASK, S.WAITING_CITIZEN, 3 * HOUR)],
        [TAKEN_ON, Then(M.ASK, S.WAITING_CITIZEN, 9 * HOUR)],
    ),
    Gaming.LATE_ASK: (
        [Then(M.ASK, S.WAITING_CITIZEN, 45 * HOUR)],
        [Then(M.ASK, S.WAITING_CITIZEN, 9 * HOUR)],
    ),
    Gaming.LATE_PASS: (
        [TAKEN_ON, Then(M.HAND_OVER, S.RECEIVED, 45 * HOUR, "elsewhere")],
        [TAKEN_ON, Then(M.HAND_OVER, S.RECEIVED, 4 * HOUR, "elsewhere")],
    ),
    Gaming.DISPUTED: (
        [TAKEN_ON, decided(20), Then(M.DISAGREE, S.RECEIVED, HOUR, "elsewhere")],
        [TAKEN_ON, decided(20), Then(M.CONFIRM, S.RESOLVED, HOUR)],
    ),
    Gaming.REVERSED: (
        [TAKEN_ON, decided(20), Then(M.REOPEN, S.RECEIVED, HOUR, "elsewhere")],
        [TAKEN_ON, decided(20)],
    ),
    Gaming.PING_PONG: (
        [
            Then(M.HAND_OVER, S.RECEIVED, HOUR, "elsewhere"),
            Then(M.HAND_OVER, S.RECEIVED, HOUR, "here"),
            Then(M.HAND_OVER, S.RECEIVED, HOUR, "elsewhere"),
        ],
        [Then(M.HAND_OVER, S.RECEIVED, HOUR, "elsewhere")],
    ),
}


@pytest.fixture
def province():
    return make_organization("SYT", parent=make_root())


def unit(province, code):
    return make_organization(code, parent=province)


def play(steps, here, elsewhere, n=3, **facts):
    bodies = {"here": here, "elsewhere": elsewhere}
    for _ in range(n):
        live(
            here,
            NOW - 100 * HOUR,
            [
                Then(
                    step.move,
                    step.status,
                    step.after,
                    bodies.get(step.holder),
                    outcome=step.outcome,
                )
                for step in steps
            ],
            **facts,
        )


def counted(province):
    rollups.rebuild_all(at=NOW)
    with scope.system():
        return signs.counted(province.pk, **MONTHS)


@pytest.mark.parametrize("trick", TRICKS)
def test_the_unit_that_plays_a_trick_bears_its_sign_and_the_other_does_not(
    province, trick
):
    sly, honest, third = (unit(province, f"T-{name}") for name in "abc")
    played, instead = TRICKS[trick]
    play(played, sly, third)
    play(instead, honest, third)

    found = counted(province)

    assert found.get(sly.pk, {}).get(trick) == 3
    assert trick not in found.get(honest.pk, {})


def test_many_decisions_in_ten_minutes_are_bulk_and_one_fewer_is_none(province):
    sly, honest = unit(province, "T-a"), unit(province, "T-b")
    kept = [TAKEN_ON, decided(20, Outcome.KEPT)]
    play(kept, sly, sly, n=gaming.BULK, by=make_staff(sly))
    play(kept, honest, honest, n=gaming.BULK - 1, by=make_staff(honest))
    # Two accounts together are not one that decided without looking.
    play(kept, honest, honest, n=5, by=make_staff(honest))
    assert counted(province) == {sly.pk: {Gaming.BULK: gaming.BULK}}


@pytest.mark.parametrize(("apart", "together"), [(9, True), (12, False)])
def test_ten_minutes_are_any_ten_minutes_not_those_of_the_clock(
    province, apart, together
):
    """Eleven are decided at five to the hour, eleven so many minutes later."""
    sly = unit(province, "T-a")
    nurse, minute = make_staff(sly), timedelta(minutes=1)
    for at in (NOW - 5 * minute, NOW + (apart - 5) * minute):
        kept = Then(M.RESOLVE, S.RESOLVED, 20 * HOUR, outcome=Outcome.KEPT)
        for _ in range(11):
            live(sly, at - 21 * HOUR, [TAKEN_ON, kept], by=nurse)
        rollups.rebuild_changed(at=NOW + HOUR)

    with scope.system():
        found = signs.counted(province.pk, **MONTHS)

    assert found == ({sly.pk: {Gaming.BULK: 22}} if together else {})


def test_the_one_that_makes_it_twenty_brings_the_earlier_ones_along(province):
    sly = unit(province, "T-a")
    nurse = make_staff(sly)
    kept = [TAKEN_ON, decided(20, Outcome.KEPT)]
    play(kept, sly, sly, n=gaming.BULK - 1, by=nurse)
    assert counted(province) == {}
    play(kept, sly, sly, n=1, by=nurse)

    rollups.rebuild_changed(at=NOW + HOUR)

    with scope.system():
        assert signs.counted(province.pk, **MONTHS) == {
            sly.pk: {Gaming.BULK: gaming.BULK}
        }


def test_what_was_taken_back_was_not_decided_in_bulk(province):
    sly = unit(province, "T-a")
    nurse = make_staff(sly)
    kept = [TAKEN_ON, decided(20, Outcome.KEPT)]
    undone = Then(M.UNDO, S.IN_REVIEW, timedelta(seconds=20))
    play(kept, sly, sly, n=gaming.BULK - 1, by=nurse)
    play([*kept, undone], sly, sly, n=1, by=nurse)
    assert counted(province) == {}
    play(kept, sly, sly, n=1, by=nurse)
    assert counted(province) == {sly.pk: {Gaming.BULK: gaming.BULK}}

    # One of them is taken back: the others are too few from then on.
    with scope.system():
        sign = GamingSign.objects.latest("pk")
        Complaint.objects.filter(pk=sign.complaint_id).update(
            status=S.IN_REVIEW, outcome="", ended_at=None
        )
        Event.objects.create(
            complaint_id=sign.complaint_id,
            move=M.UNDO,
            at=sign.at + timedelta(seconds=20),
            actor="staff",
            by=nurse,
            status=S.IN_REVIEW,
            round=1,
            holder=sly,
        )
    rollups.rebuild_changed(at=NOW + HOUR)
    with scope.system():
        assert signs.counted(province.pk, **MONTHS) == {}


def test_measuring_again_finds_the_same_signs(province):
    sly = unit(province, "T-a")
    play(TRICKS[Gaming.LAST_HOUR][0], sly, sly)
    first = counted(province)
    rollups.rebuild_changed(at=NOW + HOUR)
    with scope.system():
        assert signs.counted(province.pk, **MONTHS) == first
        assert GamingSign.objects.count() == 3


def test_a_unit_counts_with_what_lies_below_and_by_itself(province):
    centre = unit(province, "TTYT")
    below = make_organization("T-b", parent=centre)
    play(TRICKS[Gaming.LAST_HOUR][0], centre, centre, n=2)
    play(TRICKS[Gaming.LAST_HOUR][0], below, below, n=3)
    assert counted(province) == {centre.pk: {Gaming.LAST_HOUR: 5}}
    with scope.system():
        assert signs.counted(centre.pk, **MONTHS) == {
            centre.pk: {Gaming.LAST_HOUR: 2},
            below.pk: {Gaming.LAST_HOUR: 3},
        }


def test_the_page_names_who_stands_out_and_leads_to_the_cases(client, province):
    sly, honest = unit(province, "T-a"), unit(province, "T-b")
    played, instead = TRICKS[Gaming.LAST_HOUR]
    play(played, sly, sly, n=25)
    play(instead, honest, honest, n=60)
    play(played, honest, honest, n=1)
    rollups.rebuild_all(at=NOW)
    client.force_login(make_staff(province, "overseer"))
    months = "from=2026-06&to=2026-12"

    page = client.get(f"/quan-tri/dau-hieu/?{months}")

    rows = rows_of(page)
    assert rows[sly.name][-1]["text"] == "Giải quyết vào giờ chót"
    assert rows[honest.name][-1]["text"] == "–"
    behind = client.get(rows[sly.name][1]["url"])
    assert len(behind.context["table"]["rows"]) == 25
    assert behind.context["table"]["rows"][0]["url"]
    assert "còn nhiều nhất một giờ" in text_of(behind)


def rows_of(page):
    return {row["label"]: row["cells"] for row in page.context["table"]["rows"]}


def test_signs_of_one_channel_and_kind_lead_to_as_many_cases(client, province):
    sly = unit(province, "T-a")
    played = TRICKS[Gaming.LAST_HOUR][0]
    play(played, sly, sly, n=2, channel=Channel.COUNTER)
    play(played, sly, sly, n=1, channel=Channel.COUNTER, kind=Kind.WRONG_DOSE)
    play(played, sly, sly, n=4)
    rollups.rebuild_all(at=NOW)
    client.force_login(make_staff(province, "overseer"))
    asked = "?from=2026-06&to=2026-12&channel=counter"

    for more, n in (("", 3), ("&kind=wrong_dose", 1)):
        page = client.get(f"/quan-tri/dau-hieu/{asked}{more}")
        resolved, last_hour, *_others = rows_of(page)[sly.name]
        assert (resolved["text"], last_hour["text"]) == (f"{n}", f"{n} (100,0%)")
        behind = client.get(last_hour["url"])
        assert len(behind.context["table"]["rows"]) == n
        assert "Tại quầy" in text_of(behind)


def test_who_oversees_another_province_sees_nothing_of_it(client, province):
    sly = unit(province, "T-a")
    play(TRICKS[Gaming.LAST_HOUR][0], sly, sly)
    rollups.rebuild_all(at=NOW)
    other = make_organization("SYT-2", parent=make_root())
    client.force_login(make_staff(other, "overseer"))
    for page in ("", "ho-so/"):
        address = f"/quan-tri/dau-hieu/{page}?organization={province.code}"
        assert client.get(address).status_code == 404


def test_the_document_says_what_the_page_says():
    told = (settings.BASE_DIR / "docs" / "audit.md").read_text(encoding="utf-8")
    with translation.override("en"):
        for sign, meaning in MEANINGS.items():
            assert f"| {sign.label} | {meaning} |" in told
