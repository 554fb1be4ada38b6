"""The list and the case beside it under the hands of staff, in a real browser."""

import json
import re
from dataclasses import dataclass

import pytest

from tests.journeys import states
from tests.journeys.conftest import beside
from tests.journeys.test_in_a_browser import press, sign_in
from tests.journeys.test_two_at_once import ASK, NOTE, two

__all__ = ["two"]
pytestmark = [pytest.mark.stack, pytest.mark.browser]
STATION = "TYT-N26743"
WIDE, TABLET = {"width": 1366, "height": 768}, {"width": 820, "height": 1180}
TROUBLE = "#trouble:not(:empty)"


@dataclass(frozen=True)
class Laid:
    """The station's list of work: who works there, and where its cases stand."""

    staff: list
    at: dict


@pytest.fixture(scope="module")
def work(portal):
    """Lay a list of work for one station; two nurses of it."""
    ran = beside(portal, "-m", "tests.journeys.worklist", STATION)
    assert ran.returncode == 0, ran.stderr
    nurses = [portal.staff(STATION, "staff", number=number) for number in (0, 1)]
    return Laid(nurses, json.loads(ran.stdout))


def open_list(page, member, query="?kind=wrong_dose&view=new"):
    """Sign in and open the list; return its rows."""
    sign_in(page, member)
    page.goto(f"/lam-viec/{query}")
    return page.locator("[data-queue] tbody tr")


def code_of(row):
    return row.locator("input[type=checkbox]").get_attribute("value")


def open_beside(page, row):
    """Open a case beside the list; return its address."""
    link = row.locator("th a")
    address = link.get_attribute("href").partition("?")[0]
    link.click()
    page.wait_for_url(lambda url: address in url)
    page.wait_for_selector("#pane #pt")
    return address


def test_the_row_and_the_ticks_stay_after_a_move(work, two):
    page, _other = two
    rows = open_list(page, work.staff[0])
    ticked = [rows.nth(place) for place in (0, 1)]
    codes = [code_of(row) for row in ticked]
    for row in ticked:
        row.locator("input[type=checkbox]").check()
    here = open_beside(page, rows.nth(2))
    following = rows.nth(3).locator("th a").get_attribute("href")

    page.locator("#pane summary[data-key=i]").click()
    page.locator("form[action*='/ghi-chu/'] textarea").fill(NOTE)
    # The list is read again after the move; what it is then is looked at.
    with page.expect_response(
        lambda answer: "/lam-viec/?" in answer.url and answer.request.method == "GET"
    ):
        page.locator("form[action*='/ghi-chu/'] button.btn:not(.sec)").click()
    page.wait_for_selector("#pane .note[role=status]")
    page.wait_for_selector(f"[data-queue] tr.sel a[href^='{here}']")

    checked = page.locator("[data-queue] input:checked")
    assert [box.get_attribute("value") for box in checked.all()] == codes
    page.locator("#pane h2").first.focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.getAttribute('href')") == following
    assert page.wrong == []


def test_a_case_that_went_elsewhere_leaves_the_page_as_it_is(work, two):
    first, second = two
    rows = open_list(first, work.staff[0])
    address = open_beside(first, rows.nth(0))
    first.locator("#pane summary[data-key=i]").click()
    field = first.locator("form[action*='/ghi-chu/'] textarea")
    field.fill(NOTE)
    title = first.title()
    sign_in(second, work.staff[1])
    second.goto(address)
    second.locator("#pane summary[data-key=l]").click()
    second.locator("form[action*='/len-cap-tren/'] textarea").fill("Cần cấp trên xem.")
    press(
        second,
        second.locator("form[action*='/len-cap-tren/'] button.btn:not(.sec)"),
        "/len-cap-tren/",
    )

    # The page asks by itself, and is told.
    with first.expect_response(lambda answer: "/co-mat/" in answer.url) as asked:
        first.locator("form[action*='/co-mat/']").evaluate(ASK)
    assert asked.value.status == 404
    first.wait_for_selector(TROUBLE)
    assert "không còn ở đơn vị bạn" in first.inner_text("#trouble")
    # So it is with a move; and what was typed stands where it stood.
    with first.expect_response(lambda answer: "/ghi-chu/" in answer.url) as sent:
        field.press("Control+Enter")
    assert sent.value.status == 404
    assert field.input_value() == NOTE
    assert first.locator("h1").count() == 1
    assert first.locator("#pane #pt").count() == 1
    assert (first.title(), first.locator("header.top").count()) == (title, 1)

    # Another case ends it.
    open_beside(first, rows.nth(1))
    first.wait_for_selector(TROUBLE, state="detached")
    assert first.wrong == []


def test_without_a_connection_one_line_says_so_and_nothing_is_lost(work, two):
    page, _other = two
    rows = open_list(page, work.staff[0])
    open_beside(page, rows.nth(0))
    page.locator("#pane summary[data-key=i]").click()
    field = page.locator("form[action*='/ghi-chu/'] textarea")
    field.fill(NOTE)

    page.context.set_offline(True)
    field.press("Control+Enter")
    page.wait_for_selector(TROUBLE)
    assert "Mất kết nối" in page.inner_text("#trouble")
    assert field.input_value() == NOTE

    page.context.set_offline(False)
    with page.expect_response(lambda answer: "/ghi-chu/" in answer.url) as sent:
        field.press("Control+Enter")
    assert sent.value.status == 303
    page.wait_for_selector(TROUBLE, state="detached")


def test_pressed_twice_decides_one_case_and_shows_the_next(work, two):
    page, _other = two
    rows = open_list(page, work.staff[0])
    address = open_beside(page, rows.nth(0))
    sent = []
    page.on(
        "request",
        lambda asked: sent.append(asked.url) if asked.method == "POST" else None,
    )

    page.locator("#pane .acts button[data-key=g]:not([name])").dblclick()
    page.wait_for_url(lambda url: address not in url)
    page.wait_for_selector("#pane #pt")
    # A key that was meant for the case before decides nothing either.
    page.keyboard.press("g")
    page.wait_for_selector("#pane .note[role=status]")

    decided = [url for url in sent if "/ghi/" in url]
    assert len(decided) == 1, decided
    assert address in decided[0]
    assert page.locator("#pane .note.warn[role=alert]").count() == 0
    assert page.wrong == []


def every_form(page):
    """Open every part of the case that can be opened."""
    page.evaluate(
        "document.querySelectorAll('main details').forEach(d => d.open = true)"
    )
    page.wait_for_load_state("networkidle")


def in_conflict(page, address):
    """Send a decision on a version that is no longer the case's."""
    page.goto(address)
    every_form(page)
    form = page.locator("form[action*='/ghi/']:has(textarea)")
    form.locator("input[name=version]").evaluate("field => { field.value -= 1; }")
    form.locator("textarea").fill(NOTE)
    with page.expect_response(lambda answer: "/ghi/" in answer.url) as sent:
        form.locator("button.btn:not(.sec)").last.click()
    assert sent.value.status == 409
    page.wait_for_selector("#pane .note.warn[role=alert]")


def test_no_page_of_staff_bars_anybody(work, chromium, portal):
    """Looked at by axe, on a small laptop and on a tablet held upright."""
    context = chromium.new_context(
        base_url=portal.base, locale="vi", viewport=WIDE, bypass_csp=True
    )
    page, wrong = context.new_page(), []
    page.wrong = wrong

    def look(name):
        for size in (WIDE, TABLET):
            page.set_viewport_size(size)
            for fault in states.faults(page, axe=True):
                wrong.append(f"{name} {size['width']}: {fault}")

    sign_in(page, work.staff[1])
    page.goto("/lam-viec/")
    look("queue")
    page.goto("/lam-viec/?filters=open&kind=wrong_dose")
    open_beside(page, page.locator("[data-queue] tbody tr").last)
    every_form(page)
    look("filters and a case beside the list")
    for name in ("missing", "asked", "proposed", "ended"):
        where = work.at[name]
        page.goto(where[0] if isinstance(where, list) else where)
        every_form(page)
        look(name)
    in_conflict(page, work.at["wrong"][-1])
    look("conflict")
    page.goto("/lam-viec/?kind=wrong_dose&view=new")
    page.locator("[data-queue] input[type=checkbox]").first.check()
    page.locator("button[name=what][value=some]").click()
    page.wait_for_url(re.compile("/hang-loat/"))
    every_form(page)
    look("many at once")
    page.goto(work.at["incident"])
    every_form(page)
    look("incident")
    page.goto("/lam-viec/ho-so/1234567897-1/")
    look("nothing here")
    context.close()
    assert wrong == [], "\n".join(wrong)
