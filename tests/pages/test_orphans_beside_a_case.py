"""A dose on nobody's record, beside a report of somebody who has none."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Field, Kind
from complaints.models import Claim, Complaint
from portal.common import crypto, scope
from portal.registry.models import Correction, Dose, Person
from tests.factories import make_orphan
from tests.pages.cases import make_case, make_organization, make_staff, make_submission
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.django_db
DAY = "2021-10-07"


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def client(client, station):
    client.force_login(make_staff(station))
    return client


@pytest.fixture
def orphan(station):
    return make_orphan("NGUYEN THI HUONG", station, given_on=DAY)


@pytest.fixture
def case(station, orphan):
    """Return a report of that dose by somebody who stands on no record."""
    sent = timezone.now() - timedelta(hours=2)
    return make_case(
        station,
        sent=sent,
        kind=Kind.MISSING_DOSE,
        site=station,
        given_on=DAY,
        submission=make_submission(at=sent),
        claims={
            Field.GIVEN_ON: ("", DAY),
            Field.SITE: ("", station.code),
            Field.PRODUCT: ("", orphan.product.code),
        },
    )


def address(case, *step):
    name = "casework:move" if step else "casework:case"
    return reverse(name, args=[int(case.submission.code), case.number, *step])


def upheld(case, **more):
    with scope.system():
        claims = list(Claim.objects.filter(complaint=case))
    return {
        "version": case.version,
        **{f"verdict_{claim.pk}": "upheld" for claim in claims},
        **more,
    }


def test_staff_are_shown_it_and_choose_it(client, case, orphan):
    page = client.get(address(case))
    assert "NGUYEN THI HUONG" in text_of(page)
    # One key would record it a second time.
    assert not page.context["can_uphold_all"]

    unsaid = client.post(address(case, "ghi"), upheld(case))
    done = client.post(address(case, "ghi"), upheld(case, orphan=str(orphan.pk)))

    assert set(unsaid.context["form"].errors) == {"orphan"}
    assert done.status_code == 303
    with scope.system():
        decided = Complaint.objects.get(pk=case.pk)
        assert (decided.outcome, decided.dose_id) == ("corrected", orphan.pk)
        assert decided.submission.person_id == Person.objects.get().pk
    assert Dose.objects.get().person == Person.objects.get()
    assert Correction.objects.filter(operation="attach", source="orphan").exists()


def test_what_will_change_names_the_dose_that_is_given(client, case, orphan):
    typed = upheld(case, orphan=str(orphan.pk), action="preview")

    outlook = client.post(address(case, "ghi"), typed).context["outlook"]

    given = [one for one in outlook["changes"] if one["dose"]]
    assert [one["title"] for one in given] == [
        "Một mũi chưa thuộc hồ sơ nào được ghi vào hồ sơ này"
    ]
    assert given[0]["dose"].startswith("07/10/2021, ")
    orphan.refresh_from_db()
    assert orphan.person_id is None


def test_none_of_them_is_an_answer_too(client, case, orphan):
    typed = upheld(case, orphan="none", proof="slip_seen")

    assert client.post(address(case, "ghi"), typed).status_code == 303

    orphan.refresh_from_db()
    assert (orphan.person_id, Dose.objects.count()) == (None, 2)


@pytest.mark.parametrize("other", ["name", "day"])
def test_one_of_another_name_or_day_is_nothing_to_ask_about(
    client, station, orphan, other
):
    sent = timezone.now()
    names = {"full_name": "Trần Văn Bảo"} if other == "name" else {}
    case = make_case(
        station,
        kind=Kind.MISSING_DOSE,
        site=station,
        given_on=DAY if other == "name" else "2021-10-08",
        submission=make_submission(at=sent, **names),
        claims={Field.GIVEN_ON: ("", DAY)},
    )

    assert "NGUYEN THI HUONG" not in text_of(client.get(address(case)))


def other(case, field, value, **more):
    """Return a decision by which one point is right otherwise."""
    with scope.system():
        claim = Claim.objects.get(complaint=case, field=field)
    typed = upheld(case, note="Theo danh sách.", proof="slip_seen", **more)
    box = "_0" if field == Field.GIVEN_ON else ""
    typed[f"verdict_{claim.pk}"] = "other"
    return typed | {f"other_{claim.pk}{box}": value}, f"other_{claim.pk}"


def test_it_is_asked_for_where_another_value_is_right_too(client, case):
    typed, _name = other(case, Field.GIVEN_ON, "8/10/2021")
    with scope.system():
        claims = Claim.objects.filter(complaint=case).exclude(field=Field.GIVEN_ON)
        typed |= {f"verdict_{c.pk}": "already_correct" for c in claims}

    unsaid = client.post(address(case, "ghi"), typed)

    assert set(unsaid.context["form"].errors) == {"orphan"}


def test_what_is_typed_must_be_what_the_chosen_one_says(client, case, orphan):
    typed, name = other(case, Field.GIVEN_ON, "8/10/2021", orphan=str(orphan.pk))

    unlike = client.post(address(case, "ghi"), typed)

    assert set(unlike.context["form"].errors) == {name}
    orphan.refresh_from_db()
    assert orphan.person_id is None


def test_what_the_chosen_one_lacks_is_taken_from_what_was_typed(
    client, station, case, orphan
):
    with scope.system():
        case.claims.create(
            field=Field.LOT,
            recorded_sealed=crypto.seal("", bound_to=f"recorded:{case.pk}:lot"),
            claimed_sealed=crypto.seal("ABX4417", bound_to=f"claimed:{case.pk}:lot"),
        )
    typed, _name = other(case, Field.LOT, "abx 4711", orphan=str(orphan.pk))

    done = client.post(address(case, "ghi"), typed)

    assert done.status_code == 303, done.context["form"].errors
    orphan.refresh_from_db()
    assert orphan.lot_number == "ABX4711"
    assert orphan.person == Person.objects.get()
