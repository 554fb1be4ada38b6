"""The whole portal started twice on one folder, as after any Ctrl-C."""

import re

import pytest

from tests.journeys.conftest import started
from tests.journeys.test_without_a_browser import sign_in

pytestmark = pytest.mark.stack

FILLED = r"(\d+) people, \d+ doses"


def test_the_second_start_on_a_folder_keeps_what_is_there_under_its_own_address(
    data_dir,
):
    data_dir.mkdir()
    log = data_dir / "up.log"
    with started(people=200, data_dir=data_dir) as first:
        member = next(s for s in first.demo["staff"] if s["role"] == "staff")
        browser = sign_in(first, member)
        filled = re.findall(FILLED, log.read_text("utf-8"))

    with started(people=200, data_dir=data_dir) as second:
        page = browser.get(f"{second.base}/lam-viec/")
        again = re.findall(FILLED, log.read_text("utf-8"))

    assert (filled, again) == (["200"], [])
    assert second.base != first.base
    assert second.demo["base_url"] == second.base
    for name in ("citizens", "staff"):
        assert second.demo[name] == first.demo[name]
    # Session, account and keys are those of the first start.
    assert (page.status, page.url) == (200, f"{second.base}/lam-viec/")
