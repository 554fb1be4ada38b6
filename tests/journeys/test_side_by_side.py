"""Two colleagues decide side by side: one case, one proposal, a set, the next one."""

import json
import re

import pytest

from tests.journeys.conftest import beside
from tests.journeys.test_in_a_browser import check_page, press, sign_in
from tests.journeys.test_put_right_by_rules import look_up
from tests.journeys.test_two_at_once import two

__all__ = ["two"]
pytestmark = [pytest.mark.stack, pytest.mark.browser]
STATION, OTHER = "TYT-N26737", "TYT-N00097"
WORDS = "Sổ của trạm ghi lô ABX5571, trang 12."
NEXT = "form[action*='/lam-viec/tiep/'] button"
ENDED = "Đã sửa"


@pytest.fixture(scope="module")
def work(portal):
    """Lay the cases of this module; say where they stand."""
    ran = beside(portal, "-m", "tests.journeys.shared_work")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def nurses(portal, station=STATION):
    return [portal.staff(station, "staff", number=number) for number in (0, 1)]


def keep(page):
    """Fill in that the record stays as it is, and why."""
    page.locator("details:has(form[action*='/ghi/']) > summary").click()
    form = page.locator("form[action*='/ghi/']:has(textarea)")
    form.locator("[name^=verdict_][value=kept]").check()
    form.locator("[name^=ground_]").select_option(index=1)
    form.locator("[name=considered]").first.check()
    form.locator("textarea").fill(WORDS)
    return form.locator("button.btn:not(.sec):not([name])")


def decide(page, button, path):
    """Press it, and wait until the page that comes after says it can be undone."""
    press(page, button, path)
    page.wait_for_selector("form.undo")


def test_who_decides_second_sees_the_decision_and_keeps_the_words(portal, two, work):
    first, second = two
    for page, nurse in zip(two, nurses(portal), strict=True):
        sign_in(page, nurse)
        page.goto(work["contested"])
    send = keep(second)

    press(first, first.locator("button[data-key=g]:not([name])"), "/ghi/")
    with second.expect_response(lambda answer: "/ghi/" in answer.url) as late:
        send.click()

    assert late.value.status == 409
    second.wait_for_selector(".note.warn[role=alert]")
    kept = second.locator("section[aria-labelledby=since-t] table")
    assert WORDS in kept.inner_text()
    assert "Đúng như dân khai" in kept.inner_text()
    assert ENDED in second.inner_text("main")
    # Nothing is left to send by mistake once more.
    assert second.locator("form[action*='/ghi/']").count() == 0
    check_page(second)
    assert first.wrong == second.wrong == []


def test_two_people_sign_what_both_have_seen_before(portal, two, work, chromium):
    first, second = two
    sign_in(first, nurses(portal)[0])
    first.goto(work["signed"])

    first.locator("button[data-key=v]").click()
    first.wait_for_selector("#outlook-t")
    assert "cần người thứ hai ký" in first.inner_text(".outlook")
    seen = [first.locator(".outlook p:has(strong)").all_inner_texts()]
    decide(first, first.locator("button[data-key=g]:not([name])"), "/ghi/")
    first.goto(work["signed"])
    assert first.locator("form[action*='/dong-y/']").count() == 0

    sign_in(second, portal.staff(STATION, "lead"))
    second.goto(work["signed"])
    second.locator("form[action*='/dong-y/'] button[data-key=v]").click()
    second.wait_for_selector("#outlook-t")
    seen.append(second.locator(".outlook p:has(strong)").all_inner_texts())
    sign = second.locator("form[action*='/dong-y/'] button").first
    decide(second, sign, "/dong-y/")
    second.goto(work["signed"])
    assert ENDED in second.inner_text("main")
    assert seen[0] == seen[1]
    assert "12/08/2021, Vaxzevria" in seen[0][0]

    context = chromium.new_context(base_url=portal.base, locale="vi")
    citizen = context.new_page()
    citizen.wrong = []
    look_up(citizen, portal, work["person"], "")
    assert "12/08/2021" not in citizen.inner_text("main")
    context.close()
    assert first.wrong == second.wrong == []


def test_a_set_leaves_alone_what_a_colleague_decided_meanwhile(portal, two, work):
    first, second = two
    for page, nurse in zip(two, nurses(portal), strict=True):
        sign_in(page, nurse)
    for case in work["set"]:
        first.goto(case)
    first.goto("/lam-viec/?kind=wrong_dose")
    for case in work["set"]:
        code = case.rstrip("/").rpartition("/")[2]
        first.check(f"[name=case][value='{code}']")
    first.locator("button[name=what][value=some]").click()
    first.wait_for_url(re.compile("/hang-loat/"))

    # One is decided alone meanwhile, of another the colleague is just writing.
    second.goto(work["set"][2])
    decide(second, second.locator("button[data-key=g]:not([name])"), "/ghi/")
    second.goto(work["set"][1])
    send = keep(second)
    first.locator("details:has(form[action$='/ghi/']) > summary").click()
    form = first.locator("form[action$='/ghi/']")
    form.locator("[name=verdict][value=upheld]").check()
    form.locator("[name=nobody_known]").check()
    form.locator("button.btn:not(.sec):not([name])").click()
    first.locator("#how-far", has_text="Đã làm hết").wait_for()

    results = [one.strip() for one in first.locator("#bulk .c7").all_inner_texts()]
    assert sorted(results) == ["Xong", "Xong", "Đã đổi trong lúc đó"]
    with second.expect_response(lambda answer: "/ghi/" in answer.url) as late:
        send.click()
    assert late.value.status == 409
    second.wait_for_selector(".note.warn[role=alert]")
    assert WORDS in second.inner_text("section[aria-labelledby=since-t]")
    for case in work["set"]:
        first.goto(case)
        assert ENDED in first.inner_text("main")
    check_page(first)
    assert first.wrong == second.wrong == []


def test_two_who_ask_at_once_get_different_cases(portal, two, work):
    for page, nurse in zip(two, nurses(portal, OTHER), strict=True):
        sign_in(page, nurse)
        page.goto("/lam-viec/")

    # Neither waits for the other's answer.
    for page in two:
        page.evaluate(f'setTimeout(() => document.querySelector("{NEXT}").click())')
    for page in two:
        page.wait_for_url(re.compile("/lam-viec/ho-so/"))

    given = [page.url.partition("?")[0] for page in two]
    assert given[0] != given[1]
    for page in two:
        check_page(page)
        assert page.locator("form[action*='/bo-qua/']").count() == 1
