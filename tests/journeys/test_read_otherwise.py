"""Pages read another way: large, in colours of one's own, on paper, by keys."""

import re

import pytest

from tests.journeys import states
from tests.journeys.visitor import last_code_at, newest_code

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
]

NARROW = {"width": 360, "height": 740}
PAPER = {"width": 794, "height": 1123}
PAGES = ("record", "check", "status", "receipt")
NAMES = pytest.mark.parametrize("name", PAGES)

# What somebody who sees no background colour tells a thing's edge by.
WITHOUT_AN_EDGE = """() => [...document.querySelectorAll(
    'main .btn, main .tag, main .note, main .card, main input:not([type=hidden])')]
  .filter(e => e.checkVisibility() && !['radio', 'checkbox', 'file'].includes(e.type))
  .filter(e => parseFloat(getComputedStyle(e).borderTopWidth) < 1)
  .map(e => e.outerHTML.slice(0, 90))"""
# Backgrounds are not printed: what is light on a dark one is not there on paper.
TOO_LIGHT = """() => [...document.querySelectorAll('main *')]
  .filter(e => e.checkVisibility() && !e.closest('.vh') &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .filter(e => {
    const [r, g, b] = getComputedStyle(e).color.match(/[\\d.]+/g).map(Number);
    return .2126 * r + .7152 * g + .0722 * b > 128; })
  .map(e => e.outerHTML.slice(0, 90))"""
CUT_OFF = """() => [
    ...document.querySelectorAll('main .btn, main .tag, main a, main h1')]
  .filter(e => e.checkVisibility() && !e.closest('.vh'))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def read(portal, chromium):
    """Open a record, the last step of a report, a status page and its receipt."""
    person = portal.demo["citizens"][-1]
    context = chromium.new_context(
        viewport=NARROW, base_url=portal.base, locale="vi", service_workers="block"
    )
    page = context.new_page()
    found = {}
    stage = states.Stage(page, portal.demo, "", lambda _name: None)
    before = last_code_at(portal.base, person["phone"])
    stage.open("/tra-cuu/")
    page.fill("[name=national_id]", person["national_id"])
    stage.day("born_on", person["born_on"])
    stage.press()
    stage.code(person["phone"], before)
    found["record"] = page.url
    stage.open("/bao-sai/?kind=missing_dose")
    stage.day("given_on", "2021-12-19")
    page.check("[name=product][value=vaxzevria]")
    page.fill("[name=site_text]", states.PLACE)
    page.locator("button[value=find]").click()
    page.locator("[name=site]").first.check()
    page.locator("button[value=go]").click()
    stage.press()
    found["check"] = page.url
    row = portal.demo["submissions"][0]
    stage.open("/theo-doi/")
    page.fill("[name=code]", row["code"])
    page.fill("[name=phone_last4]", row["phone_last4"])
    stage.press()
    found["status"] = page.url
    found["receipt"] = f"{page.url}bien-nhan/"

    def go(name):
        page.set_viewport_size(NARROW)
        page.emulate_media(media="screen", forced_colors="none")
        page.goto(found[name])
        assert page.url == found[name]
        return page

    yield go
    context.close()


@NAMES
def test_at_twice_the_size_nothing_runs_off_the_side(read, name):
    page = read(name)
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0
    assert page.evaluate(CUT_OFF) == []


@NAMES
def test_in_colours_of_one_s_own_everything_keeps_its_edge(read, name):
    page = read(name)
    page.emulate_media(forced_colors="active")

    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.evaluate(WITHOUT_AN_EDGE) == []
    page.locator("main a:visible, main button:visible").first.focus()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    for code in page.locator(".qr svg").all():
        kept = code.evaluate("e => getComputedStyle(e).forcedColorAdjust")
        assert kept == "none"


@NAMES
def test_on_paper_stand_the_facts_and_no_buttons(read, name):
    page = read(name)
    facts = [
        words
        for words in page.locator(
            "main dl dd:visible, main .code:visible"
        ).all_inner_texts()
        if words.strip()
    ]
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")

    for pressed in ("header.top", ".foot", ".btn", ".back", ".wr", ".skip", "summary"):
        shown = page.locator(pressed).filter(visible=True)
        assert shown.count() == 0, pressed
    paper = page.inner_text("main")
    for words in facts:
        said = words.split("Sai?")[0].split("\n")[0].strip()
        assert said in paper
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(TOO_LIGHT) == []
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    assert 1 <= sheets <= (1 if name == "receipt" else 4)


# By keys ------------------------------------------------------------------------------


class Keys:
    """Somebody who has a keyboard and no pointer."""

    def __init__(self, page):
        self.page = page

    def to(self, selector):
        """Press Tab until the focus stands there, and is seen to."""
        seen = []
        for _ in range(80):
            self.page.keyboard.press("Tab")
            here, outline, tag = self.page.evaluate(
                "s => { const e = document.activeElement; return [e.matches(s),"
                " getComputedStyle(e).outlineStyle, e.outerHTML.slice(0, 60)]; }",
                selector,
            )
            if here:
                assert outline == "solid", tag
                return self
            seen.append(tag)
        raise AssertionError((selector, seen))

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, selector, words):
        self.to(selector)
        self.page.keyboard.type(words)
        return self

    def day(self, name, day):
        for box, part in enumerate(day):
            self.type(f"[name={name}_{box}]", part)
        return self

    def enter(self):
        """Press the button that has the focus; wait for the page that it leads to."""
        before = self.page.url
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()
        return before


def test_a_whole_report_is_made_with_the_keyboard_alone(portal, chromium):
    context = chromium.new_context(
        viewport=NARROW, base_url=portal.base, locale="vi", service_workers="block"
    )
    page = context.new_page()
    keys = Keys(page)
    phone = "0900 000 717"

    page.goto("/")
    keys.to("main a[href='/bao-sai/']").enter()
    keys.to("[name=kind]").press("Space")
    keys.to("main form button.btn").enter()
    keys.day("given_on", ("19", "12", "2021"))
    # Among radio buttons arrows move, and choose.
    keys.to("[name=product]").press("ArrowDown")
    keys.type("[name=site_text]", states.PLACE)
    keys.to("button[value=find]").enter()
    keys.to("[name=site]").press("Space")
    keys.to("button[value=go]").enter()
    keys.type("[name=full_name]", "Trần Văn Phím")
    keys.day("born_on", ("8", "3", "1958"))
    before = last_code_at(portal.base, "+84900000717")
    keys.type("[name=phone]", phone)
    keys.to("main form button.btn:not([formaction])").enter()
    keys.type("[name=code]", newest_code(portal.base, "+84900000717", after=before))
    keys.to("main form button.btn").enter()
    assert page.url.endswith("/kiem-tra/"), page.inner_text("main")
    keys.to("form:has([name=key]) .btn").enter()

    assert page.url.endswith("/da-gui/")
    assert re.search(r"\d{4} \d{4} \d{2}", page.inner_text("main"))
    context.close()
