"""What a citizen reads where neither they nor the record had it right."""

import pytest
from django.utils import timezone

from complaints.actions import casework
from tests.factories import make_organization, make_product, make_staff
from tests.pages.citizen_steps import text_of
from tests.pages.test_following import address, opened, reported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]


def test_another_value_than_claimed_is_told_beside_what_was_said():
    make_product()
    site, now = make_organization(), timezone.now()
    case = reported(site, at=now)
    verdicts = {
        claim.pk: ("other" if claim.field == "given_on" else "upheld", "")
        for claim in case.claims.all()
    }
    casework.resolve(
        complaint_id=case.pk,
        verdicts=verdicts,
        filled={"given_on": "2021-10-08"},
        proof="slip_seen",
        note="Sổ của trạm ghi 08/10.",
        by=make_staff(site),
        at=now,
    )

    page = text_of(opened(case).get(address(case)))

    assert "bạn khai: 07/10/2021 nay là: 08/10/2021" in page
    assert "Đã sửa theo giá trị khác" in page
    assert "Sổ của trạm ghi 08/10." in page
