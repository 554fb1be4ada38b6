"""Handing over: who answers by the rule comes first, with its reason, in one click."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import ways
from complaints.actions import routing
from complaints.choices import Field, Kind
from complaints.models import Complaint, Submission
from portal.common import scope
from tests.factories import make_organization, make_person, make_staff, make_unit
from tests.pages.cases import make_case, make_submission

pytestmark = pytest.mark.django_db
NAME = "Trạm Y tế phường Thử"


@pytest.fixture
def home():
    """Return the station of the commune where the person lives."""
    province = make_unit()
    commune = make_unit("N26740", name="Phường Thử", parent=province)
    return make_organization(commune=commune, province=province, name=NAME)


@pytest.fixture
def elsewhere():
    return make_organization(name="Trạm Y tế phường Khác")


@pytest.fixture
def client(client, elsewhere):
    client.force_login(make_staff(elsewhere))
    return client


def about_the_person(holder, home):
    sent = timezone.now() - timedelta(hours=5)
    person = make_person(residence=home.commune)
    return make_case(
        holder,
        sent=sent,
        kind=Kind.WRONG_PERSON,
        claims={Field.SEX: ("F", "M")},
        submission=make_submission(at=sent, person=person),
    )


def address(case, name, *rest):
    return reverse(
        f"casework:{name}", args=[int(case.submission.code), case.number, *rest]
    )


def holder_of(case):
    with scope.system():
        return Complaint.objects.get(pk=case.pk).holder


def test_who_answers_by_the_rule_is_offered_with_the_reason(client, elsewhere, home):
    case = about_the_person(elsewhere, home)

    page = client.get(address(case, "suggested")).content.decode()

    assert f'value="{home.code}"' in page
    assert str(ways.WAYS["identity_by_residence"]) in page
    assert NAME in page


def test_one_click_hands_it_over_with_the_rules_reason(client, elsewhere, home):
    case = about_the_person(elsewhere, home)

    done = client.post(
        address(case, "move", "chuyen"),
        {"version": case.version, "suggested_code": home.code, "place": "", "note": ""},
    )

    assert done.status_code == 303
    assert holder_of(case) == home
    with scope.system():
        assert NAME in case.events.latest("seq").note


def test_without_script_a_button_shows_them_and_faults_nothing(client, elsewhere, home):
    case = about_the_person(elsewhere, home)
    shown = client.post(
        address(case, "move", "chuyen"), {"version": case.version, "action": "suggest"}
    )
    assert shown.status_code == 200
    assert f'value="{home.code}"' in shown.content.decode()
    assert holder_of(case) == elsewhere


def test_a_code_that_the_rule_does_not_name_is_no_suggestion(client, elsewhere, home):
    case = about_the_person(elsewhere, home)
    other = make_organization()
    refused = client.post(
        address(case, "move", "chuyen"),
        {"version": case.version, "suggested_code": other.code, "note": "Ở đó."},
    )
    assert refused.status_code == 422
    assert holder_of(case) == elsewhere


def test_the_site_that_is_claimed_is_suggested_too_and_the_holder_never(
    elsewhere, home
):
    with scope.system():
        case = make_case(
            elsewhere,
            kind=Kind.WRONG_DOSE,
            site=elsewhere,
            claims={Field.SITE: (elsewhere.code, home.code)},
        )
        found = routing.suggest(case, at=timezone.now())
        assert [one.body.code for one in found] == [home.code]
        case.holder = home
        found = routing.suggest(case, at=timezone.now())
    assert [one.body.code for one in found] == [elsewhere.code]


def test_whom_one_handed_over_to_lately_is_chosen_with_a_reason_in_a_few_keys(
    client, elsewhere, home
):
    first, second = (about_the_person(elsewhere, elsewhere) for _ in range(2))
    before = client.get(address(first, "suggested")).content.decode()
    assert 'name="reason"' not in before
    done = client.post(
        address(first, "move", "chuyen"),
        {"version": first.version, "place": NAME, "to": home.code, "note": "Ở đó."},
    )
    assert done.status_code == 303

    shown = client.get(address(second, "suggested")).content.decode()
    assert f'name="to" value="{home.code}" id="recent_1" checked' in shown
    client.post(
        address(second, "move", "chuyen"),
        {"version": second.version, "to": home.code, "reason": "gave"},
    )

    assert holder_of(second) == home
    with scope.system():
        assert second.events.latest("seq").note == "Nơi đó đã tiêm mũi này"
    # A case that they have already is not offered to them again.
    client.force_login(make_staff(home))
    assert f'value="{home.code}"' not in client.get(
        address(second, "suggested")
    ).content.decode().replace("suggested_code", "")


def test_a_hand_over_without_any_reason_is_faulted_beside_the_reasons(
    client, elsewhere, home
):
    case = about_the_person(elsewhere, elsewhere)
    refused = client.post(
        address(case, "move", "chuyen"),
        {"version": case.version, "place": NAME, "to": home.code, "note": " "},
    )
    assert refused.status_code == 422
    assert "Hãy chọn lý do, hoặc ghi bằng lời." in refused.content.decode()
    assert holder_of(case) == elsewhere


def test_the_reason_is_kept_in_the_language_of_whoever_reported(
    client, elsewhere, home
):
    case = about_the_person(elsewhere, home)
    Submission.objects.filter(pk=case.submission_id).update(language="en")

    client.post(
        address(case, "move", "chuyen"),
        {"version": case.version, "place": home.name, "to": home.code}
        | {"reason": "lives"},
    )

    with scope.system():
        assert case.events.latest("seq").note == "The person lives there"
