"""A dose given abroad: reported with its country, answered for where the person lives.

Row 19 and step 7 of "who is responsible" in the domain paper.
"""

import pytest
from django.utils import timezone

from complaints.actions import casework, routing
from complaints.models import Complaint
from complaints.rules.refused import Refused
from portal.registry.exports import bundles
from portal.registry.models import Dose
from tests.factories import (
    make_organization,
    make_person,
    make_product,
    make_staff,
    make_unit,
)
from tests.pages.citizen_steps import (
    code_sent_to,
    hidden_key,
    open_record,
    step,
    text_of,
)

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
GIVEN = {
    "country": "KR",
    "given_on_0": "20",
    "given_on_1": "12",
    "given_on_2": "2020",
    "product": "AZ",
    "lot": "kr 77",
    "home": "Thành phố Hải Phòng",
}


@pytest.fixture
def department():
    make_product()
    province = make_unit("N31", name="Thành phố Hải Phòng")
    return make_organization(
        "SYT-N31",
        kind="health_department",
        name="Sở Y tế Hải Phòng",
        province=province,
    )


def begin(client):
    return client.get("/bao-sai/?kind=foreign_dose", follow=True)


def test_it_goes_to_the_province_of_residence_and_ends_on_the_record(
    client, department
):
    person = make_person()
    page = open_record(client)
    assert "Thiếu mũi tiêm ở nước ngoài" in text_of(page)
    page = begin(client)
    client.post(step(page, "mui"), GIVEN)
    client.post(step(page, "lien-he"), {"phone": "0900 000 777"})
    code = {"code": code_sent_to("+84900000777")}
    check = client.post(step(page, "xac-thuc"), code, follow=True)
    assert "Hàn Quốc" in text_of(check)
    assert "Sở Y tế Hải Phòng" in text_of(check)
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})
    case = Complaint.objects.get()
    at = timezone.now()
    routing.route([case.pk], at=at)
    case.refresh_from_db()
    assert case.holder == department

    nurse = make_staff(department)
    casework.accept(complaint_id=case.pk, by=nurse, at=at)
    upheld = {
        "complaint_id": case.pk,
        "verdicts": {claim.pk: ("upheld", "") for claim in case.claims.all()},
        "by": nurse,
        "at": at,
    }
    with pytest.raises(Refused, match="nước ngoài"):
        casework.resolve(proof="session_list", **upheld)
    casework.resolve(proof="slip_seen", **upheld)

    dose = person.doses.get()
    assert (dose.source, dose.country, dose.site) == ("foreign", "KR", department)
    assert (dose.given_on.isoformat(), dose.lot_number) == ("2020-12-20", "KR77")
    given = bundles.immunization(dose)
    assert given["location"]["identifier"]["value"] == "KR"
    shown = text_of(client.get("/tra-cuu/ket-qua/"))
    assert "Hàn Quốc (do Sở Y tế Hải Phòng ghi)" in shown


def test_staff_fill_in_the_day_and_the_vaccine_that_nobody_remembered(
    client, department
):
    person = make_person()
    open_record(client)
    page = begin(client)
    vague = {"given_on_0": "", "given_on_1": "", "product": "", "lot": ""}
    client.post(step(page, "mui"), GIVEN | vague | {"given_on_2": "2021"})
    client.post(step(page, "lien-he"), {"phone": "0900 000 777"})
    code = {"code": code_sent_to("+84900000777")}
    check = client.post(step(page, "xac-thuc"), code, follow=True)
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})
    case = Complaint.objects.get()
    routing.route([case.pk], at=timezone.now())
    nurse = make_staff(department)
    casework.accept(complaint_id=case.pk, by=nurse, at=timezone.now())
    client.force_login(nurse)
    address = f"/lam-viec/ho-so/{case.submission.code}-1/"
    seen = client.get(address)
    assert "Hàn Quốc" in text_of(seen)
    assert 'value="slip_seen"' in seen.content.decode()
    assert 'value="session_list"' not in seen.content.decode()
    case.refresh_from_db()
    typed = {f"verdict_{claim.pk}": "upheld" for claim in case.claims.all()}
    typed |= {"version": case.version, "proof": "slip_seen"}

    lacking = client.post(f"{address}ghi/", typed)
    known = {"fill_given_on": "05/01/2021", "fill_product": "AZ"}
    done = client.post(f"{address}ghi/", typed | known)

    assert set(lacking.context["form"].errors) == {"fill_given_on", "fill_product"}
    assert done.status_code == 303
    assert person.doses.get().given_on.isoformat() == "2021-01-05"
    assert Dose.objects.get().country == "KR"


def test_what_lacks_or_cannot_be_is_said_beside_the_field(client, department):
    page = client.post(
        "/bao-sai/", {"kind": "foreign_dose", "relation": "self"}, follow=True
    )

    for field, typed in (
        ("country", {"country": ""}),
        ("story", {"country": "ZZ"}),
        ("country", {"country": "VN"}),
        ("given_on", {"given_on_2": "2019"}),
        ("given_on", {"given_on_2": "2099"}),
        ("home", {"home": ""}),
    ):
        answer = client.post(step(page, "mui"), GIVEN | typed)

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
