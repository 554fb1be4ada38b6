"""The overseer who is shown a share on time and finds, in the same figure, the cases
that nobody ever opened: over HTTP, down to each of them."""

import re

import pytest

from tests.journeys.test_without_a_browser import sign_in
from tests.journeys.visitor import wait_until

pytestmark = pytest.mark.stack
CODE = re.compile(r"\d{4} \d{4} \d{2}-\d+")


def number_after(label: str, page) -> int:
    """Return the number that the page shows beside a label at its head."""
    found = re.search(rf"{label} (\d+) Xem danh sách", page.text)
    assert found, page.text
    return int(found.group(1))


def behind(overseer, group: str) -> set[str]:
    """Follow the figure at the head of the page to its cases; return their codes."""
    head = overseer.get("/quan-tri/")
    overseer.get(next(a for a in head.links if a.endswith(f"&group={group}")))
    assert overseer.status == 200, overseer.text
    return set(CODE.findall(overseer.text))


def test_a_share_on_time_stands_beside_the_cases_that_nobody_ever_opened(portal):
    overseer = sign_in(portal, portal.staff("VN", "overseer"))
    page = overseer.get("/quan-tri/")
    on_time = float(
        re.search(r"Đúng hạn ([\d,]+)%", page.text).group(1).replace(",", ".")
    )
    assert 0 < on_time < 100

    def agree():
        """Return the codes once the figure, counted every 20 seconds, is theirs."""
        codes = behind(overseer, "untouched")
        head = overseer.get("/quan-tri/")
        return len(codes) == number_after("Chưa cán bộ nào xem", head) and codes

    never_opened = wait_until(agree, seconds=60)
    late = behind(overseer, "late")
    overdue = behind(overseer, "open_overdue")

    # Those past their time count against the share.
    assert never_opened & overdue
    assert never_opened & overdue <= late

    # An overseer looks at one; that is no work on it, and it stays in the figure.
    code = sorted(never_opened & overdue)[0]
    behind(overseer, "untouched")
    overseer.get(f"/lam-viec/ho-so/{code.replace(' ', '')}/")
    assert overseer.status == 200
    assert code in overseer.text
    assert code in behind(overseer, "untouched")
