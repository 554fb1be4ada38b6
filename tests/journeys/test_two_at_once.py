"""Two members of staff, each in a browser of their own, on one case at once."""

import re
from collections import defaultdict

import pytest

from tests.journeys.test_in_a_browser import press, sign_in

pytestmark = [pytest.mark.stack, pytest.mark.browser]
NOTE = "Đã gọi điện: bác sẽ mang phiếu tiêm đến trạm."
# What the page does each 45 seconds, at once.
ASK = "form => form.dispatchEvent(new Event('every'))"


def pairs(portal):
    """Return two colleagues of each station that has two who decide."""
    found = defaultdict(list)
    for member in portal.demo["staff"]:
        if member["role"] in ("staff", "lead") and not member["totp_secret"]:
            found[member["organization"]].append(member)
    return [members[:2] for members in found.values() if len(members) > 1]


def open_queue(page, member):
    """Sign in, and return the addresses of the new cases, due first."""
    sign_in(page, member)
    page.goto("/lam-viec/?view=new")
    links = page.locator("[data-queue] tbody a").all()
    return [link.get_attribute("href") for link in links]


@pytest.fixture
def two(portal, chromium):
    """Return two browsers, each with a page that notes what goes wrong."""
    contexts = [
        chromium.new_context(
            base_url=portal.base, locale="vi", viewport={"width": 1366, "height": 768}
        )
        for _ in range(2)
    ]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.wrong = []
        page.on("pageerror", lambda error, page=page: page.wrong.append(str(error)))
    yield pages
    for context in contexts:
        context.close()


def test_two_open_one_case_and_the_second_loses_nothing(portal, two):
    """Each sees the other; one moves it, the other's words stay; it is taken back."""
    first, second = two
    chosen = ((members, open_queue(first, members[0])) for members in pairs(portal))
    (_one, other), cases = next(found for found in chosen if found[1])
    sign_in(second, other)
    case = cases[0].partition("?")[0]
    reference = first.locator("[data-queue] tbody a").first.inner_text()

    # From the list, so that it opens beside it; the other by its address.
    first.locator("[data-queue] tbody a").first.click()
    first.wait_for_selector("#pane #pt")
    second.goto(case)
    assert second.inner_text("#there").strip(), "the first one is there already"

    # Who types goes on typing while the page asks who is there.
    first.locator("#pane summary[data-key=i]").click()
    field = first.locator("form[action*='/ghi-chu/'] textarea")
    field.fill(NOTE)
    field.focus()
    with first.expect_response(lambda answer: "/co-mat/" in answer.url) as asked:
        first.locator("form[action*='/co-mat/']").evaluate(ASK)
    assert asked.value.request.headers["x-idle-seconds"].isdigit()
    first.wait_for_function("document.querySelector('#there').innerText.trim()")
    assert first.evaluate("document.activeElement.name") == "note"

    press(second, second.locator("form[action*='/tiep-nhan/'] button"), "/tiep-nhan/")
    second.wait_for_selector("form.undo")
    with first.expect_response(lambda answer: "/ghi-chu/" in answer.url) as stale:
        field.press("Control+Enter")
    assert stale.value.status == 409
    first.wait_for_selector("#pane .note.warn[role=alert]")
    assert "vừa" in first.inner_text("#pane .note.warn[role=alert]")
    assert first.locator("form[action*='/ghi-chu/'] textarea").input_value() == NOTE

    # Within thirty seconds the colleague takes it back, by the key of the bar.
    second.locator("#pane").click(position={"x": 5, "y": 5})
    with second.expect_navigation():
        second.keyboard.press("z")
    assert re.sub(r"\s", "", reference) in re.sub(r"\s", "", second.inner_text("h1"))
    assert second.locator("form[action*='/tiep-nhan/']").count() == 1
    assert first.wrong == second.wrong == []


def test_before_a_session_ends_the_page_says_so_and_what_is_typed_stays(portal, two):
    """The times stand on the page: shortened there, the warning comes at once."""
    page, _other = two
    member = pairs(portal)[0][0]
    sign_in(page, member)
    page.goto("/lam-viec/")
    page.fill("#q", NOTE)

    page.evaluate("document.body.dataset.rest = '100'")
    dialog = page.locator("dialog#rest")
    dialog.wait_for(state="visible", timeout=15_000)
    assert "Còn 2 phút sẽ tự đăng xuất" in dialog.inner_text()
    assert dialog.locator("[data-when]:visible").count() == 1

    page.evaluate("document.body.dataset.rest = '1800'")
    with page.expect_response(lambda answer: "/con-lam/" in answer.url) as beat:
        dialog.locator("button").click()
    assert beat.value.status == 204
    dialog.wait_for(state="hidden")
    assert page.input_value("#q") == NOTE

    page.evaluate("document.body.dataset.day = '0'")
    dialog.wait_for(state="visible", timeout=15_000)
    assert "Phiên làm việc đã hết" in dialog.inner_text()
    assert page.wrong == []
