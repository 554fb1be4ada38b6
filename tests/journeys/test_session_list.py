"""A nurse sends the list of a session; somebody on it finds the dose on record."""

from pathlib import Path

import pytest

from tests.journeys.test_without_a_browser import look_up, sign_in
from tests.journeys.visitor import wait_until

pytestmark = pytest.mark.stack
LIST = Path(__file__).parent.parent / "data" / "lists" / "thuan-an-2021-09-03.csv"
SOMEBODY = {
    "national_id": "074044564123",
    "born_on": "1944-04-14",
    "phone": "+84388747801",
}


def test_a_dose_on_a_list_comes_to_its_record(portal):
    member = next(s for s in portal.demo["staff"] if s["role"] == "staff")
    nurse = sign_in(portal, member)
    nurse.get("/lam-viec/danh-sach/")
    nurse.send_file("file", LIST.name, LIST.read_bytes())
    address = nurse.url
    assert "/danh-sach/" in address, nurse.text

    wait_until(lambda: "Đã kiểm tra" in nurse.get(address).text, seconds=90)
    assert "Phạm Ngọc Huy" in nurse.text
    assert "074044564123" not in nurse.html
    nurse.send(at="/ghi/")
    wait_until(lambda: "Đã ghi" in nurse.get(address).text, seconds=90)

    citizen = look_up(portal, SOMEBODY)

    assert "FG4493" in citizen.text
