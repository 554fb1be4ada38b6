"""A report on a bad line: cut off, sent twice from two tabs, and gone back to."""

import re
from contextlib import suppress
from functools import partial

import pytest

from tests.journeys import states
from tests.journeys.test_in_a_browser import fill_day
from tests.journeys.visitor import last_code_at, newest_code

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
]
NARROW = {"width": 360, "height": 740}
WORDS = "Tôi tiêm buổi sáng, có giấy hẹn màu hồng."


def code_on(page):
    return re.search(r"\d{4} \d{4} \d{2}", page.inner_text("main"))[0]


def look_up(portal, page, person):
    before = last_code_at(portal.base, person["phone"])
    page.goto("/tra-cuu/")
    page.fill("[name=national_id]", person["national_id"])
    fill_day(page, "born_on", person["born_on"])
    page.locator("main form button").first.click()
    page.fill("[name=code]", newest_code(portal.base, person["phone"], after=before))
    page.locator("main form button").first.click()


def send(page):
    page.get_by_role("button", name="Gửi phản ánh").click()
    page.wait_for_url("**/da-gui/**")
    return code_on(page)


def keeps_what_was_changed_on_a_filled_page(page):
    """Change text and a choice that the record had filled in; load the page anew."""
    page.goto("/bao-sai/?kind=wrong_person")
    recorded = page.input_value("[name=full_name]")
    other = page.locator("[name=sex]:not(:checked)").first.get_attribute("value")
    page.fill("[name=full_name]", f"{recorded} Thử")
    page.check(f"[name=sex][value={other}]")
    page.goto(page.url)
    assert page.input_value("[name=full_name]") == f"{recorded} Thử"
    assert page.is_checked(f"[name=sex][value={other}]")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_it_is_one_report_whatever_the_line_and_the_buttons_do(
    portal, chromium, scripts
):
    person = portal.citizen("Both doses missing")
    day = f"2021-11-{10 + len(portal.used)}"
    portal.used.append(day)
    context = chromium.new_context(
        viewport=NARROW,
        base_url=portal.base,
        locale="vi",
        java_script_enabled=scripts,
    )
    page = context.new_page()
    look_up(portal, page, person)
    if scripts:
        keeps_what_was_changed_on_a_filled_page(page)
    page.goto("/bao-sai/?kind=missing_dose")
    fill_day(page, "given_on", day)
    page.fill("[name=site_text]", "Phường Cẩm Thượng Hải Dương")
    page.locator("button[value=find]").click()
    page.locator("[name=site]").first.check()
    page.fill("[name=story]", WORDS)

    if scripts:
        # Loaded anew, after a search too, the page holds what was typed in this tab.
        page.goto(page.url)
        assert page.input_value("[name=story]") == WORDS
        assert page.input_value("[name=given_on_2]") == "2021"
        page.locator("button[value=find]").click()
        page.locator("[name=site]").first.check()
        # The line is cut at the moment of sending: nothing is lost, and it says so.
        context.set_offline(True)
        page.locator("button[value=go]").click(no_wait_after=True)
        assert "Mất kết nối" in page.inner_text("[data-line]")
        context.set_offline(False)
        assert page.input_value("[name=story]") == WORDS
    page.locator("button[value=go]").click()
    page.locator("main form button.btn:not([formaction])").last.click()
    assert WORDS in page.inner_text("main")
    other = context.new_page()
    other.goto(page.url)

    code = send(page)
    # The other tab still shows the button; the way back leads to what was sent.
    assert send(other) == code
    page.go_back()
    page.wait_for_url("**/da-gui/**")
    assert code_on(page) == code
    before = last_code_at(portal.base, person["phone"])
    context.clear_cookies()
    page.goto("/cua-toi/")
    page.fill("[name=phone]", person["phone"])
    page.locator("main form button").first.click()
    page.fill("[name=code]", newest_code(portal.base, person["phone"], after=before))
    page.locator("main form button").first.click()
    assert page.inner_text("main").count(code) == 1
    context.close()


def instead_of(page, address, handler):
    """Let what is sent to an address be answered by something else, once."""
    sent = []

    def first(route):
        if sent or route.request.method != "POST":
            return route.fallback()
        sent.append(route)
        return handler(route)

    page.route(address, first)


def copies(page):
    return page.evaluate("Object.keys(sessionStorage).filter(k => k.includes('-2-'))")


def test_a_page_of_what_went_wrong_keeps_what_was_typed(portal, chromium):
    from playwright.sync_api import Error  # noqa: PLC0415 -- only if present

    context = chromium.new_context(
        viewport=NARROW, base_url=portal.base, locale="vi", service_workers="block"
    )
    page = context.new_page()
    page.goto("/bao-sai/")
    page.check("[name=kind][value=missing_dose]")
    page.locator("main form button").first.click()
    step = page.url
    page.fill("[name=story]", WORDS)

    for name, status in (states.TROUBLE | {"403_csrf": 403, "404": 404}).items():
        body = states.rendered(f"{name}.html", "")
        instead_of(page, step, partial(states.answer, body=body, status=status))
        page.locator("button[value=go]").click()
        assert page.locator("[name=story]").count() == 0
        page.goto(step)
        assert page.input_value("[name=story]") == WORDS, name
    # No answer at all: the worker's page, then help on another page, then back.
    instead_of(page, step, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.locator("button[value=go]").click(no_wait_after=True)
    for path in ("/ngoai-tuyen/", "/tro-giup/", step):
        # The browser's own page of the failure may still cut off whatever is opened.
        for _ in range(3):
            with suppress(Error):
                page.goto(path)
                break
    assert page.input_value("[name=story]") == WORDS
    # Sent from the page where it stands once more, it arrives, and the copy goes.
    assert copies(page)
    page.fill("[name=given_on_2]", "2021")
    page.check("[name=site][value=none]")
    page.locator("button[value=go]").click()
    page.wait_for_url("**/lien-he/")
    assert copies(page) == []
    context.close()
