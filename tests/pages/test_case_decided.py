"""Deciding a case on its page: upheld, kept, proposed; then the next one opens."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Field, Kind, Status
from complaints.models import Complaint
from complaints.views import next_case
from portal.common import scope
from portal.registry import corrections
from portal.registry.models import Correction, Dose
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_submission,
)
from tests.pages.citizen_steps import text_of
from tests.pages.test_case import address, claims_of, fresh

pytestmark = pytest.mark.django_db
LOT = {Field.LOT: ("ABX4471", "ABX4417")}


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def staff(station):
    return make_staff(station)


@pytest.fixture
def client(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def case(station) -> Complaint:
    """Return a case about the lot of a dose on record, sent five hours ago."""
    person = make_person()
    sent = timezone.now() - timedelta(hours=5)
    return make_case(
        station,
        sent=sent,
        claims=LOT,
        dose=make_dose(person, station),
        submission=make_submission(at=sent, person=person),
    )


def test_upholding_every_claim_corrects_the_record_at_once(client, case):
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"),
        {"version": case.version, f"verdict_{claim.pk}": "upheld"},
    )

    assert response.status_code == 303
    case.dose.refresh_from_db()
    assert case.dose.lot_number == "ABX4417"
    assert fresh(case).outcome == "corrected"


def test_keeping_without_ground_and_words_is_refused_with_what_was_typed(client, case):
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"), {"version": case.version, f"verdict_{claim.pk}": "kept"}
    )

    form = response.context["form"]
    assert response.status_code == 422
    assert set(form.errors) == {f"ground_{claim.pk}", "considered", "note"}
    assert 'value="kept"' in response.content.decode()
    assert fresh(case).status == Status.RECEIVED


def test_keeping_with_a_ground_leaves_the_record(client, case):
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"),
        {
            "version": case.version,
            f"verdict_{claim.pk}": "kept",
            f"ground_{claim.pk}": "unreadable",
            "considered": ["photo", "ledger"],
            "note": "Ảnh mờ, không đọc được số lô.",
        },
    )

    assert response.status_code == 303
    assert fresh(case).outcome == "kept"
    assert "Đã xem xét: Giấy tờ gửi kèm phản ánh, Việc giao nhận lô đó" in text_of(
        client.get(address(case))
    )
    assert [c.ground for c in claims_of(case)] == ["unreadable"]


def test_right_is_another_value_that_is_typed_beside_its_point(client, case):
    (claim,) = claims_of(case)
    typed = {
        "version": case.version,
        f"verdict_{claim.pk}": "other",
        "proof": "slip_seen",
    }
    lacking = client.post(address(case, "ghi"), typed)
    typed |= {f"other_{claim.pk}": "abx 4711", "note": "Phiếu gốc ghi ABX4711."}
    seen = client.post(address(case, "ghi"), typed | {"action": "preview"})
    done = client.post(address(case, "ghi"), typed)

    assert set(lacking.context["form"].errors) == {f"other_{claim.pk}", "note"}
    assert "Đã sửa một phần" in text_of(seen)
    assert seen.context["outlook"]["changes"][0]["rows"][0]["label"] == "Số lô"
    assert done.status_code == 303
    case.dose.refresh_from_db()
    assert (fresh(case).outcome, case.dose.lot_number) == (
        "partly_corrected",
        "ABX4711",
    )
    assert "Đúng là giá trị khác. ABX4711" in text_of(client.get(address(case)))


@pytest.mark.parametrize(
    ("field", "claimed", "typed", "value"),
    [
        (Field.GIVEN_ON, "2021-09-15", {"_0": "16/9/2021"}, "2021-09-16"),
        (Field.SITE, "TYT-1", {"": "tyt-8"}, "TYT-8"),
        (Field.SITE, "TYT-1", {"": "Trạm Y tế TYT-8"}, "TYT-8"),
        (Field.DOSE_NUMBER, "2", {"": "3"}, "3"),
    ],
)
def test_each_kind_of_value_is_typed_as_people_write_it(
    client, station, field, claimed, typed, value
):
    make_organization("TYT-8")
    dose = make_dose(make_person(), station)
    recorded = corrections.read_dose(dose, field)
    case = make_case(station, dose=dose, claims={field: (recorded, claimed)})
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"),
        {
            "version": case.version,
            f"verdict_{claim.pk}": "other",
            "proof": "slip_seen",
            "note": "Theo phiếu gốc.",
            **{f"other_{claim.pk}{box}": text for box, text in typed.items()},
        },
    )

    assert response.status_code == 303, response.context["form"].errors
    assert corrections.read_dose(Dose.objects.get(pk=dose.pk), field) == value


def test_who_signs_sees_what_it_rests_on_and_what_it_changes(client, station):
    dose = make_dose(make_person(), station)
    case = make_case(
        station, kind=Kind.NOT_MINE, dose=dose, claims={Field.DOSE: ("", "void")}
    )
    (claim,) = claims_of(case)
    make_staff(station, role="lead")
    typed = {
        "version": case.version,
        f"verdict_{claim.pk}": "upheld",
        "note": "Danh sách ghi người khác.",
        "concerns_oneself": "on",
    }
    before = client.post(address(case, "ghi"), typed | {"action": "preview"})
    # Whoever proposes sees what another will sign, not their own words again.
    assert before.context["outlook"]["needs_second"]
    (to_sign,) = before.context["outlook"]["changes"]
    assert "không còn đứng ở hồ sơ này" in to_sign["title"]
    client.post(address(case, "ghi"), typed)

    client.force_login(make_staff(station))
    page = client.get(address(case))
    seen = client.post(
        address(case, "dong-y"), {"version": fresh(case).version, "action": "preview"}
    )

    for words in (
        "Căn cứ: Chỉ có lời người dân",
        "Việc này liên quan đến người đề xuất",
        "Danh sách ghi người khác.",
    ):
        assert words in text_of(page)
    (change,) = seen.context["outlook"]["changes"]
    assert (seen.context["outlook"]["needs_second"], seen.status_code) == (False, 200)
    assert "không còn đứng ở hồ sơ này" in change["title"]
    dose.refresh_from_db()
    assert (fresh(case).status, dose.person_id is None) == ("awaiting_second", False)


def test_a_risky_decision_waits_for_a_second_person(client, station):
    dose = make_dose(make_person(), station)
    case = make_case(
        station,
        sent=timezone.now() - timedelta(hours=2),
        kind=Kind.NOT_MINE,
        dose=dose,
        claims={Field.DOSE: ("", "void")},
    )
    (claim,) = claims_of(case)
    client.post(
        address(case, "ghi"),
        {"version": case.version, f"verdict_{claim.pk}": "upheld"},
    )
    proposed = fresh(case)
    mine = client.get(address(case))
    own = mine.context["can"]

    client.force_login(make_staff(station))
    others = client.get(address(case)).context["can"]
    client.post(address(case, "dong-y"), {"version": proposed.version})

    assert proposed.status == Status.AWAITING_SECOND
    assert "dong-y" not in own
    # What is not there is explained where it would stand.
    assert "Người thứ hai phải ký" in text_of(mine)
    assert {"dong-y", "tu-choi-de-xuat"} <= others
    dose.refresh_from_db()
    assert (fresh(case).outcome, dose.person_id) == ("corrected", None)


def test_a_missing_dose_is_recorded_with_the_facts_that_staff_know(client, station):
    person = make_person()
    make_dose(make_person(), station)
    sent = timezone.now() - timedelta(hours=2)
    case = make_case(
        station,
        sent=sent,
        kind=Kind.MISSING_DOSE,
        submission=make_submission(at=sent, person=person),
        claims={Field.GIVEN_ON: ("", "2021-10-05"), Field.SITE: ("", station.code)},
    )
    verdicts = {f"verdict_{claim.pk}": "upheld" for claim in claims_of(case)}
    typed = {"version": case.version, "proof": "slip_seen"} | verdicts

    lacking = client.post(address(case, "ghi"), typed)
    done = client.post(
        address(case, "ghi"), typed | {"fill_product": "AZ", "fill_lot": "abx 4471"}
    )

    assert set(lacking.context["form"].errors) == {"fill_product"}
    assert done.status_code == 303
    dose = person.doses.get()
    assert (dose.product.code, dose.lot_number) == ("AZ", "ABX4471")


def decide(client, case, *, query="", **headers):
    (claim,) = claims_of(case)
    sent = {"version": case.version, f"verdict_{claim.pk}": "upheld"}
    return client.post(f"{address(case, 'ghi')}{query}", sent, headers=headers)


def test_after_a_decision_the_next_case_opens(client, case, station):
    following = make_case(station, sent=timezone.now() - timedelta(hours=9))

    decided = decide(client, case)
    page = client.get(decided["Location"])

    assert (decided.status_code, decided["Location"]) == (303, address(following))
    assert case.pretty_reference in page.content.decode(), "which one was decided"
    assert page.context["is_given"], "nobody else gets it meanwhile"
    assert page.context["undo"], "the last one can still be taken back"


def test_after_the_last_decision_its_result_is_shown(client, case):
    decided = decide(client, case)

    assert decided["Location"] == address(case)
    assert reverse("casework:take_next") in client.get(address(case)).content.decode()


def test_whoever_came_from_a_list_stays_in_it(client, case, station):
    """The filters go along in the address of the case; E and a decision keep to it."""
    make_case(station, sent=timezone.now() - timedelta(hours=40))
    wanted = [
        make_case(
            station, sent=timezone.now() - timedelta(hours=ago), kind=Kind.NOT_MINE
        )
        for ago in (20, 10)
    ]
    query = "?kind=not_mine"
    row = client.get(reverse("casework:queue") + query).content.decode()
    assert f'href="{address(wanted[0])}{query}"' in row

    given = client.post(reverse("casework:take_next") + query)
    page = client.get(given["Location"]).content.decode()
    decided = decide(client, case, query=query)

    assert given["Location"] == f"{address(wanted[0])}{query}"
    assert f'action="{address(wanted[0], "chuyen")}{query}"' in page
    assert f'action="{reverse("casework:take_next")}{query}"' in page
    assert decided["Location"] == f"{address(wanted[0])}{query}"
    none = client.post(reverse("casework:take_next") + "?lot=X1", follow=True)
    assert none.redirect_chain[-1][0] == reverse("casework:queue") + "?lot=X1"
    assert "trong danh sách này" in none.content.decode()
    elsewhere = client.post(reverse("casework:take_next"))
    assert elsewhere["Location"] == address(wanted[0]), "it was given already"


def test_beside_the_list_the_next_case_comes_into_the_pane(client, case, station):
    following = make_case(station, sent=timezone.now() - timedelta(hours=9))
    htmx = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address(case)}"}

    beside = decide(client, case, **htmx, **{next_case.BESIDE_LIST: "1"})

    assert beside.context["complaint"] == following
    assert beside["HX-Push-Url"] == address(following)
    assert "case-changed" in beside["HX-Trigger"], "the list is read again"
    assert not beside.context["is_alone"]


def test_without_a_list_beside_it_the_next_case_is_a_page(client, case, station):
    following = make_case(station, sent=timezone.now() - timedelta(hours=9))
    htmx = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address(case)}"}

    assert decide(client, case, **htmx)["HX-Redirect"] == address(following)


def test_a_third_value_is_no_day_before_the_first_dose(client, station):
    dose = make_dose(make_person(), station)
    claims = {Field.GIVEN_ON: ("2021-09-14", "2021-09-15")}
    case = make_case(station, dose=dose, claims=claims)
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"),
        {
            "version": case.version,
            f"verdict_{claim.pk}": "other",
            f"other_{claim.pk}_0": "12/8/1991",
            "proof": "slip_seen",
            "note": "Theo phiếu gốc.",
        },
    )

    assert set(response.context["form"].errors) == {f"other_{claim.pk}"}


def test_what_a_later_choice_hides_is_not_told(client, case):
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"),
        {
            "version": case.version,
            f"verdict_{claim.pk}": "upheld",
            "considered": ["list"],
            "proof": "session_list",
        },
    )

    assert response.status_code == 303
    with scope.system():
        event = case.events.get(move="resolve")
        correction = Correction.objects.get(reason="complaint")
    assert (event.data["proof"], event.data.get("considered")) == ("", None)
    assert correction.source == ""
