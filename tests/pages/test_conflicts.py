"""Two people on one case: what was typed is never lost, and nothing newer slips in."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Field, Status
from complaints.models import Complaint
from portal.common import scope
from portal.registry import corrections
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_submission,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.django_db
TYPED = "Ảnh mờ, không đọc được số lô."


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def client(client, station):
    client.force_login(make_staff(station))
    return client


@pytest.fixture
def case(station) -> Complaint:
    """Return a case about the lot of a dose on record, sent five hours ago."""
    person = make_person()
    sent = timezone.now() - timedelta(hours=5)
    return make_case(
        station,
        sent=sent,
        claims={Field.LOT: ("ABX4471", "ABX4417")},
        dose=make_dose(person, station),
        submission=make_submission(at=sent, person=person),
    )


@pytest.fixture
def colleague(station):
    return make_staff(station)


def address(case: Complaint, step: str) -> str:
    return reverse("casework:move", args=[int(case.submission.code), case.number, step])


def fresh(case: Complaint) -> Complaint:
    with scope.system():
        return Complaint.objects.get(pk=case.pk)


def verdict(case: Complaint, word: str, **more: str) -> dict[str, str]:
    with scope.system():
        claim = case.claims.get()
    return {f"verdict_{claim.pk}": word, f"ground_{claim.pk}": "", **more}


def kept(case: Complaint) -> dict[str, str]:
    with scope.system():
        claim = case.claims.get()
    return {
        f"verdict_{claim.pk}": "kept",
        f"ground_{claim.pk}": "unreadable",
        "note": TYPED,
    }


def acts(client, user, case, step, **sent):
    """Let somebody else make a move meanwhile, by another browser."""
    other = type(client)()
    other.force_login(user)
    done = other.post(address(case, step), {"version": fresh(case).version, **sent})
    assert done.status_code == 303, text_of(done)


def test_words_for_a_move_that_is_gone_are_shown_to_be_copied(client, case, colleague):
    seen = case.version
    acts(client, colleague, case, "ghi", **verdict(case, "upheld"))

    answer = client.post(address(case, "ghi"), {"version": seen, **kept(case)})

    words = text_of(answer)
    assert answer.status_code == 409
    assert TYPED in words
    assert "ghi" not in answer.context["can"]
    assert "không làm được nữa" in words
    # Mine beside theirs: what the colleague decided of the same point.
    assert answer.context["conflict"]["rows"] == [
        ("Số lô", "Giữ nguyên", "Đúng như dân khai"),
        ("Lý do giữ nguyên", "Ảnh không đọc được", ""),
        ("Giải thích cho người dân", TYPED, ""),
    ]
    # Nothing links to a field that is not on the page.
    assert 'class="es"' not in answer.content.decode()


def test_words_for_a_case_that_went_elsewhere_are_shown_to_be_copied(
    client, case, colleague
):
    seen = case.version
    elsewhere = make_organization("TYT-9", name="Trạm Y tế phường Hòa Bình")
    acts(
        client,
        colleague,
        case,
        "chuyen",
        place="hoa binh",
        to=elsewhere.code,
        note="Tiêm ở đó.",
    )

    answer = client.post(address(case, "ghi"), {"version": seen, **kept(case)})

    page = answer.content.decode()
    assert answer.status_code == 404
    assert TYPED in page
    assert 'class="work"' in page
    assert f'href="{reverse("casework:queue")}"' in page
    assert reverse("citizen:lookup") not in page


def test_all_that_happened_since_it_was_opened_is_told(client, case, colleague):
    seen = case.version
    acts(client, colleague, case, "tiep-nhan")
    acts(client, colleague, case, "ghi-chu", note="Đã gọi: bác giữ phiếu.")

    answer = client.post(address(case, "ghi-chu"), {"version": seen, "note": TYPED})

    told = answer.context["conflict"]
    assert [step["title"] for step in told["steps"]] == ["Nhận xử lý", "Ghi chú"]
    assert [fact[1:] for fact in told["facts"]] == [("Đã nhận", "Đang kiểm tra")]
    words = text_of(answer)
    assert "Đã gọi: bác giữ phiếu." in words
    assert TYPED in words


SEARCHES = {
    "a form with a mistake": ("ghi", {}),
    "a search for a receiver": ("chuyen", {"action": "suggest"}),
    "a ready answer": ("hoi-them", {"action": "use"}),
    "a look at what would change": ("ghi", {"action": "preview"}),
}


@pytest.mark.parametrize("between", SEARCHES)
def test_no_page_in_between_hands_out_the_newer_version(
    client, case, colleague, between
):
    step, sent = SEARCHES[between]
    seen = case.version
    acts(client, colleague, case, "ghi-chu", note="Đã gọi điện.")

    answer = client.post(address(case, step), {"version": seen, "note": TYPED, **sent})

    assert answer.status_code == 409
    assert "vừa" in answer.context["changed"]
    assert TYPED in answer.content.decode()
    assert fresh(case).status == Status.RECEIVED


def test_a_record_that_changed_meanwhile_is_no_less_told(client, case):
    """The case is the same; what it is compared with is not."""
    seen = case.dose.version
    with corrections.writing("imports"):
        case.dose.lot_number = "ABX4499"
        case.dose.version += 1
        case.dose.save()

    answer = client.post(
        address(case, "ghi"), {"version": case.version, "seen": seen, "note": TYPED}
    )

    assert answer.status_code == 409
    assert "dữ liệu" in answer.context["changed"].lower()
    assert TYPED in answer.content.decode()


def test_the_suggestion_that_comes_later_bears_the_version_of_its_page(
    client, case, colleague
):
    seen = case.version
    page = client.get(
        reverse("casework:case", args=[int(case.submission.code), case.number])
    )
    where = reverse("casework:suggested", args=[int(case.submission.code), case.number])
    assert f'hx-get="{where}?version={seen}"' in page.content.decode()
    acts(client, colleague, case, "ghi-chu", note="Đã gọi điện.")

    part = client.get(f"{where}?version={seen}").content.decode()

    assert f'name="version" value="{fresh(case).version}"' not in part


def test_staff_who_come_to_nothing_get_a_page_of_staff(client, case, station):
    client.force_login(make_staff(make_organization("TYT-2")))

    answer = client.get(
        reverse("casework:case", args=[int(case.submission.code), case.number])
    )

    page = answer.content.decode()
    assert answer.status_code == 404
    assert page.count("<h1") == 1
    assert 'class="work"' in page
    assert reverse("citizen:lookup") not in page


def test_who_has_to_change_the_password_first_gets_no_page_into_the_pane(client, case):
    user = case.holder.postings.get().user
    user.must_change_password = True
    user.save(update_fields=["must_change_password"])
    where = reverse("casework:case", args=[int(case.submission.code), case.number])

    part = client.get(where, headers={"HX-Request": "true"})

    assert part["HX-Redirect"] == reverse("accounts:change_password")
    assert client.get(where)["Location"] == reverse("accounts:change_password")


@pytest.mark.parametrize(
    ("boxes", "shown"), [(("", "", ""), []), (("12", "8", "2021"), ["12/8/2021"])]
)
def test_a_day_is_shown_as_it_was_typed(client, station, colleague, boxes, shown):
    person, sent = make_person(), timezone.now() - timedelta(hours=5)
    case = make_case(
        station,
        sent=sent,
        claims={Field.GIVEN_ON: ("2021-09-14", "2021-09-15")},
        dose=make_dose(person, station),
        submission=make_submission(at=sent, person=person),
    )
    with scope.system():
        claim = case.claims.get()
    seen = case.version
    acts(client, colleague, case, "ghi", **verdict(case, "upheld"))
    typed = {f"other_{claim.pk}_{n}": text for n, text in enumerate(boxes)}

    answer = client.post(address(case, "ghi"), {"version": seen, **kept(case), **typed})

    rows = answer.context["conflict"]["rows"]
    assert [mine for label, mine, _theirs in rows if "Giá trị đúng" in label] == shown


def test_nonsense_in_place_of_a_version_is_none(client, case):
    answer = client.post(address(case, "ghi"), {"version": "9" * 5000, **kept(case)})

    assert answer.status_code == 422
