"""Rules put records right: switched, set going, looked at, taken back, in a browser."""

import json
import re
from dataclasses import dataclass

import pytest

from tests.journeys.conftest import beside
from tests.journeys.test_in_a_browser import check_page, fill_day, sign_in
from tests.journeys.visitor import last_code_at, newest_code

pytestmark = [pytest.mark.stack, pytest.mark.browser]
STATION = "TYT-N26740"
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 360, "height": 740}


@dataclass(frozen=True)
class Words:
    """What one language says, and the rules that are at work in its journey."""

    prefix: str
    acts: str
    prepares: str
    say_why: str
    all_off: str
    finished: str
    right: str
    noted: str
    taken_back: str
    by_rule: str
    by_staff: str
    was_now: tuple[str, str]
    filled_in: tuple[str, str]


LANGUAGES = {
    "vi": Words(
        prefix="",
        acts="A1",
        prepares="B2",
        say_why="Nêu lý do bật hoặc tắt quy tắc.",
        all_off="Các quy tắc đã chọn đều đang tắt.",
        finished="Đã xong",
        right=r"^(\d+) trên \1;",
        noted="Đã ghi nhận. Cảm ơn đã xem lại.",
        taken_back=r"Đã hoàn lại \d+ lần sửa\.",
        by_rule="Được tự động sửa ngày",
        by_staff="Được cơ sở y tế sửa ngày",
        was_now=("trước đây: Lương Thị Hoà Bình", "nay là: Lương Thị Hòa Bình"),
        filled_in=("trước đây: không có gì", "nay là: VIE7001"),
    ),
    "en": Words(
        prefix="/en",
        acts="A5",
        prepares="B1",
        say_why="Say why the rule is switched.",
        all_off="Each of these rules is off.",
        finished="Finished",
        right=r"^(\d+) of \1;",
        noted="Noted. Thank you for looking.",
        taken_back=r"Taken back: \d+ change",
        by_rule="Put right automatically on",
        by_staff="Put right by staff on",
        was_now=("was: 2", "now: 1"),
        filled_in=("was: Spikevax (Moderna)", "now: Vaxzevria (AstraZeneca)"),
    ),
}


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def opened(portal, chromium, language):
    """Return a way to open a browser of somebody's own; each notes what goes wrong."""
    contexts = []

    def open_one(viewport):
        context = chromium.new_context(
            base_url=portal.base, locale=language, viewport=viewport
        )
        contexts.append(context)
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()


def look_up(page, portal, person, prefix):
    """Open somebody's own record."""
    before = last_code_at(portal.base, person["phone"])
    page.goto(f"{prefix}/tra-cuu/")
    page.fill("[name=national_id]", person["national_id"])
    fill_day(page, "born_on", person["born_on"])
    page.locator("main form button").first.click()
    page.fill("[name=code]", newest_code(portal.base, person["phone"], after=before))
    page.locator("main form button").first.click()
    page.wait_for_url("**/tra-cuu/ket-qua/")
    check_page(page)


def record_of(page, words):
    """Return what somebody's record page says now."""
    page.goto(f"{words.prefix}/tra-cuu/ket-qua/")
    check_page(page)
    return page.inner_text("main")


def switch(page, words, answer, *, why):
    """Switch the rule that acts by itself, on its page."""
    page.goto(f"{words.prefix}/quan-tri/tu-sua/{words.acts}/")
    page.check(f"[name=is_on][value={answer}]")
    page.fill("[name=reason]", why)
    page.locator("section[aria-labelledby=switch] form button").click()
    page.wait_for_load_state()
    return page.inner_text("main")


def begin(page, words, *rules):
    """Begin a campaign of these rules; return what the page says then."""
    page.goto(f"{words.prefix}/quan-tri/tu-sua/dot/")
    for rule in rules:
        page.check(f"[name=rules][value={rule}]")
    page.locator("section[aria-labelledby=begin] form button").click()
    page.wait_for_load_state()
    return page.inner_text("main")


def test_a_rule_puts_right_what_people_look_at_and_take_back(portal, opened, language):
    """Those who manage, an overseer, a nurse, and the two whose records these are."""
    words = LANGUAGES[language]
    ran = beside(portal, "-m", "tests.journeys.mendable", language)
    assert ran.returncode == 0, ran.stderr
    laid = json.loads(ran.stdout)
    manager, mine, hers = opened(WIDE), opened(NARROW), opened(NARROW)
    look_up(mine, portal, laid["put_right"], words.prefix)
    look_up(hers, portal, laid["prepared"], words.prefix)

    # Off, with a reason: nothing is begun by it. On again: it goes through everybody.
    sign_in(manager, portal.staff("VN", "administrator"))
    assert words.say_why in switch(manager, words, "no", why="")
    assert "Sở báo sai" in switch(manager, words, "no", why="Sở báo sai")
    assert words.all_off in begin(manager, words, words.acts)
    assert "Đã xem lại" in switch(manager, words, "yes", why="Đã xem lại")
    begin(manager, words, words.acts, words.prepares)
    manager.locator("#campaign strong", has_text=words.finished).wait_for()
    done = manager.locator("#campaign progress")
    assert done.get_attribute("value") == done.get_attribute("max")
    said = record_of(mine, words)
    assert words.by_rule in said
    assert all(line in said for line in words.was_now), said

    # A sample of it is looked at by somebody else.
    overseer = opened(WIDE)
    sign_in(overseer, portal.staff("VN", "overseer"))
    overseer.goto(f"{words.prefix}/quan-tri/tu-sua/{words.acts}/")
    overseer.locator("section[aria-labelledby=look] li a").last.click()
    overseer.check("[name=finding][value=right]")
    overseer.check("[name=against][value=site]")
    overseer.locator("section[aria-labelledby=look] form button").click()
    overseer.wait_for_url(f"**/tu-sua/{words.acts}/")
    check_page(overseer)
    assert words.noted in overseer.inner_text("main")
    found = overseer.locator("section[aria-labelledby=what] dd").nth(4).inner_text()
    assert re.search(words.right, found), found

    # What only staff may do waits for a nurse, who does it by one click.
    nurse = opened(WIDE)
    sign_in(nurse, portal.staff(STATION, "staff"))
    nurse.goto(f"{words.prefix}/lam-viec/chat-luong/de-xuat/")
    ready = nurse.locator("article", has_text=laid["prepared"]["full_name"])
    ready.locator("form .btn:not(.sec)").click()
    ready.wait_for(state="detached")
    check_page(nurse)

    # The batch is taken back; what the nurse did stays.
    manager.locator("#campaign li button[value=undo]").first.click()
    manager.wait_for_load_state()
    assert re.search(words.taken_back, manager.inner_text("main"))
    check_page(manager)
    said = record_of(mine, words)
    assert words.by_rule not in said
    assert not any(line in said for line in words.was_now), said
    said = record_of(hers, words)
    assert words.by_staff in said
    assert all(line in said for line in words.filled_in), said
    assert [page.wrong for page in (manager, mine, hers, overseer, nurse)] == [[]] * 5
