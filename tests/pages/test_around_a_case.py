"""What surrounds a case: its lot, its session, rules that fire, what would change."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Field, Kind, Status
from complaints.models import Event
from complaints.views import lot_doses
from portal.audit.models import Entry
from portal.common import scope
from portal.registry import corrections
from portal.registry.management.commands.load_reference import load
from portal.registry.models import (
    Correction,
    Dose,
    Lot,
    LotAllocation,
    QualityFinding,
    Threshold,
)
from tests.factories import make_product, make_unit
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_submission,
)
from tests.pages.test_case import address, claims_of, fresh
from tests.pages.test_queue import statements
from tests.registry.quality_world import OF_PRODUCTS

pytestmark = pytest.mark.django_db
DAY = date(2021, 9, 14)


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def client(client, station):
    client.force_login(make_staff(station))
    return client


@pytest.fixture
def person():
    return make_person()


@pytest.fixture
def dose(person, station):
    return make_dose(person, station)


@pytest.fixture
def case(station, person, dose):
    """Return a case about the lot of a dose on record."""
    sent = timezone.now() - timedelta(hours=5)
    return make_case(
        station,
        sent=sent,
        claims={Field.LOT: ("ABX4471", "ABX4417")},
        dose=dose,
        site=station,
        given_on=DAY,
        submission=make_submission(at=sent, person=person),
    )


def deliver(number, product, *, expires_on, to):
    lot, _ = Lot.objects.get_or_create(
        number=number, defaults={"product": product, "expires_on": expires_on}
    )
    for organization, day, doses in to:
        LotAllocation.objects.create(
            lot=lot, organization=organization, received_on=day, doses=doses
        )
    with corrections.writing("imports"):
        Dose.objects.filter(lot_number=number).update(lot=lot)
    return lot


def values(lines):
    return [str(value) for _label, value in lines]


def around(client, case):
    return client.get(address(case)).context["around"]


def test_the_lot_is_shown_with_expiry_deliveries_and_what_is_recorded(
    client, case, dose, station
):
    elsewhere = make_organization("TYT-2")
    deliver(
        "ABX4471",
        dose.product,
        expires_on=date(2021, 8, 31),
        to=[
            (station, date(2021, 9, 1), 300),
            (station, date(2021, 9, 9), 120),
            (elsewhere, date(2021, 9, 2), 5_000),
        ],
    )
    Threshold.objects.filter(rule="Q25").delete()

    (lot,) = around(client, case)["lots"]

    assert lot["number"] == "ABX4471"
    product, expiry, deliveries, recorded = values(lot["lines"])
    assert (product, expiry) == ("AstraZeneca", "31/08/2021")
    assert deliveries.startswith("01/09/2021: 300; 09/09/2021: 120; ")
    assert "5.420" in deliveries
    assert recorded.startswith("1 ")
    assert "420" in recorded
    assert lot["warning"]


def test_a_later_expiry_is_told_with_who_said_so_and_counts(client, case, dose):
    deliver("ABX4471", dose.product, expires_on=date(2021, 8, 31), to=[])
    Threshold.objects.filter(rule="Q25").delete()
    Threshold.objects.create(
        code="Q25-thu",
        rule="Q25",
        name="extension",
        product=dose.product,
        valid_from=date(2021, 9, 1),
        number=90,
        unit="days",
        source="Công văn 1",
    )

    (lot,) = around(client, case)["lots"]

    assert "29/11/2021" in values(lot["lines"])[1]
    assert "Công văn 1" in values(lot["lines"])[1]
    assert not lot["warning"]


def test_a_lot_that_nobody_knows_has_no_facts(client, case):
    assert around(client, case)["lots"] == []


def test_the_session_tells_what_is_recorded_and_the_share(client, case, station):
    for _ in range(2):
        make_dose(make_person(), station)
    missing = {"kind": Kind.MISSING_DOSE, "site": station, "given_on": DAY}
    make_case(station, **missing)
    # Counted, though another unit has it: the share would flatter the site else.
    make_case(make_organization("TYT-2"), **missing)
    make_case(station, **missing | {"given_on": date(2021, 9, 15)})

    session = around(client, case)["session"]

    assert values(session["lines"]) == ["3", "AstraZeneca ABX4471: 3", "2", "60,0%"]
    rows = client.get(session["url"]).context["rows"]
    assert len(rows) == 2, "the one of that day and this case itself"


def test_rules_that_fire_on_the_person_and_doses_are_shown(
    client, case, person, dose, station
):
    other = make_organization("TYT-2")

    def found(rule, severity, subject, key, *, at, **facts):
        return QualityFinding.objects.create(
            rule=rule,
            severity=severity,
            subject=subject,
            subject_id=key,
            organization=at,
            path=at.path,
            since=timezone.now() - timedelta(days=3),
            **facts,
        )

    found("Q34", "I", "person", person.pk, at=other)
    own = found("Q25", "W", "dose", dose.pk, at=station, detail={"what": "expiry"})
    found("Q34", "W", "person", make_person().pk, at=station)
    found("Q22", "W", "dose", dose.pk, at=station, resolved_at=timezone.now())

    rows = around(client, case)["findings"]

    assert [bool(row["url"]) for row in rows] == [True, False]
    assert rows[0]["url"] == reverse("casework:quality_finding", args=["Q25", own.ref])
    assert rows[0]["detail"]


def test_the_page_takes_as_many_statements_for_much_as_for_little(
    client, case, person, dose, station
):
    client.get(address(case))
    little = statements(client, address(case))

    deliver(
        "ABX4471",
        dose.product,
        expires_on=date(2021, 8, 31),
        to=[(station, date(2021, 9, day), 100) for day in range(1, 9)],
    )
    for number in range(8):
        make_dose(person, station)
        make_dose(make_person(), station)
        make_case(station, kind=Kind.MISSING_DOSE, site=station, given_on=DAY)
        make_case(
            station,
            submission=make_submission(
                at=timezone.now() - timedelta(days=number + 1), person=person
            ),
        )
        QualityFinding.objects.create(
            rule="Q34",
            severity="I",
            subject="person",
            subject_id=person.pk,
            part=str(number),
            organization=station,
            path=station.path,
            since=timezone.now(),
        )
    much = statements(client, address(case))

    assert len(much) == len(little)
    assert len(little) <= BUDGET, "\n".join(sql[:90] for sql in little)


# Whatever the case is about; each is a read by a key or through an index.
BUDGET = 34


def preview(client, case, **typed):
    verdicts = {f"verdict_{claim.pk}": "upheld" for claim in claims_of(case)}
    return client.post(
        address(case, "ghi"),
        {"version": case.version, "seen": 1, "action": "preview"} | verdicts | typed,
    )


def test_a_preview_shows_exactly_what_is_written_then_and_writes_nothing(
    client, case, dose
):
    before = fresh(case)
    with scope.system():
        events = Event.objects.count()
    changes = Entry.objects.filter(verb="change").count()

    page = preview(client, case)

    assert page.status_code == 200
    outlook = page.context["outlook"]
    (change,) = outlook["changes"]
    assert not outlook["needs_second"]
    (row,) = change["rows"]
    assert "".join(text for text, _ in row["before"]) == "ABX4471"
    assert [text for text, changed in row["after"] if changed] == ["1"]
    now = fresh(case)
    assert (now.version, now.status) == (before.version, Status.RECEIVED)
    dose.refresh_from_db()
    assert dose.lot_number == "ABX4471"
    with scope.system():
        assert Event.objects.count() == events
    assert Entry.objects.filter(verb="change").count() == changes
    assert not Correction.objects.exists()

    preview(client, case, action="")

    (made,) = Correction.objects.all()
    assert (made.before, made.after) == ({"lot": "ABX4471"}, {"lot": "ABX4417"})


def test_a_preview_names_the_rules_that_the_record_would_break(client, case, dose):
    for code in ("N79", "79"):
        make_unit(code)
    for table in OF_PRODUCTS:
        load(table)
    Lot.objects.create(
        number="ABX4417", product=make_product("PF"), expires_on=date(2021, 12, 31)
    )

    page = preview(client, case)

    assert [rule.code for rule in page.context["outlook"]["warnings"]] == ["Q23"]
    message = str(page.context["outlook"]["warnings"][0].message)
    assert message in page.content.decode()
    dose.refresh_from_db()
    assert dose.lot_number == "ABX4471"


def test_a_preview_of_what_takes_two_people_says_so(client, station, person, dose):
    case = make_case(
        station,
        kind=Kind.NOT_MINE,
        dose=dose,
        claims={Field.DOSE: ("", "void")},
        submission=make_submission(at=timezone.now(), person=person),
    )

    outlook = preview(client, case).context["outlook"]

    assert outlook["needs_second"]
    assert outlook["changes"]
    assert fresh(case).status == Status.RECEIVED


@pytest.mark.parametrize("kind", [Kind.NOT_MINE, Kind.DOUBLED_DOSE])
def test_a_preview_names_the_dose_that_comes_off_the_record(
    client, station, person, dose, kind
):
    """One of several perhaps: whoever proposes or signs it has to know which."""
    make_staff(station, role="lead")
    case = make_case(
        station,
        kind=kind,
        dose=dose,
        claims={Field.DOSE: ("", "void")},
        submission=make_submission(at=timezone.now(), person=person),
    )

    page = preview(client, case)

    (change,) = page.context["outlook"]["changes"]
    assert change["dose"] == f"14/09/2021, AstraZeneca, ABX4471, {station.name}"
    assert f"<br>{change['dose']}</p>" in page.content.decode()


def test_a_preview_of_what_is_kept_says_that_nothing_changes(client, case):
    (claim,) = claims_of(case)

    page = preview(
        client,
        case,
        **{
            f"verdict_{claim.pk}": "kept",
            f"ground_{claim.pk}": "dose_number_differs",
            "considered": ["list"],
            "note": "Danh sách ghi số khác.",
        },
    )

    assert page.context["outlook"]["changes"] == []
    assert "Danh sách ghi số khác." in page.content.decode()


def test_a_preview_refuses_as_the_decision_would(client, case):
    lacking = preview(client, case, **{f"verdict_{claims_of(case)[0].pk}": ""})
    stale = preview(client, case, version=case.version + 3)

    assert (lacking.status_code, stale.status_code) == (422, 409)


def test_everybody_who_had_a_lot_is_shown_in_ones_own_reach(client, case, person, dose):
    deliver("ABX4471", dose.product, expires_on=DAY, to=[])
    elsewhere = make_dose(make_person(full_name="Lê Văn Xa"), make_organization("X-1"))
    assert elsewhere.lot_number == dose.lot_number
    page = client.get(address(case)).content.decode()
    where = f"{reverse('casework:lot')}?lot=ABX4471"
    assert f'href="{where}"' in page

    shown = client.get(where)

    assert [row["who"] for row in shown.context["rows"]] == ["Nguyễn T. H., 1958"]
    assert "Lê V. X." not in shown.content.decode()
    look = Entry.objects.get(subject="registry.lot")
    assert look.subject_id == Lot.objects.get().pk
    for strange in ("KHONG", "%00", "A%0AB"):
        answer = client.get(f"{reverse('casework:lot')}?lot={strange}")
        assert answer.status_code == 404


def test_an_orphan_dose_is_one_of_its_lot(client, dose):
    deliver("ABX4471", dose.product, expires_on=DAY, to=[])
    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(person=None)

    page = client.get(f"{reverse('casework:lot')}?lot=ABX4471")

    assert [row["who"] for row in page.context["rows"]] == [""]


def test_who_had_a_lot_is_shown_page_by_page(client, station, dose, monkeypatch):
    monkeypatch.setattr(lot_doses, "PAGE", 2)
    for _ in range(4):
        make_dose(make_person(), station)
    deliver("ABX4471", dose.product, expires_on=DAY, to=[])
    address, sizes = f"{reverse('casework:lot')}?lot=ABX4471", []
    while address:
        page = client.get(address).context
        sizes.append(len(page["rows"]))
        address = page["next_url"] and reverse("casework:lot") + page["next_url"]
    assert sizes == [2, 2, 1]
    assert (
        client.get(f"{reverse('casework:lot')}{page['first_url']}").status_code == 200
    )


@pytest.mark.parametrize("after", ["x", "2021-99-99_1", "2021-09-14", "_", "a_1"])
def test_nonsense_for_a_place_among_the_doses_of_a_lot_is_the_first_page(
    client, dose, after
):
    deliver("ABX4471", dose.product, expires_on=DAY, to=[])
    page = client.get(f"{reverse('casework:lot')}?lot=ABX4471&after={after}")
    assert len(page.context["rows"]) == 1
