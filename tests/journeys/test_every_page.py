"""Every page of a citizen, on a narrow telephone: it bars nobody and weighs little."""

import gzip
import re

import pytest

from tests.journeys import states
from tests.journeys.visitor import Visitor

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
]

NARROW = {"width": 360, "height": 740}
# Bytes after gzip: the budget of a citizen's page.
MOST_HTML, MOST_CSS, MOST_JS, MOST_FIRST = 10_240, 5_120, 6_144, 20_480
# A day for each walk, so that each reports a dose of its own. The other languages,
# widths and scripts are those of `make walk`.
DAYS = {
    ("vi", True): "2021-12-05",
    ("en", False): "2021-12-08",
}


def squeezed(body):
    return len(gzip.compress(body, 6))


class Looker:
    """Looks at each page that a walk comes to and notes what is wrong."""

    def __init__(self, page, *, scripts):
        self.page, self.scripts = page, scripts
        self.wrong, self.names = [], []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._note("script", str(error)))

    def _console(self, message):
        # Among them what the content policy refused: it holds here as for everybody.
        # A form with errors, or a page that is not there, is told by its status too.
        if message.type == "error" and "the server responded" not in message.text:
            self._note("console", message.text)

    def _note(self, name, words):
        self.wrong.append(f"{name} {self.page.url}: {words}")

    def __call__(self, name):
        self.names.append(name)
        self.page.wait_for_load_state()
        for fault in states.faults(self.page, axe=self.scripts):
            self._note(name, fault)
        weight = squeezed(self.page.content().encode())
        if weight > MOST_HTML:
            self._note(name, f"{weight} bytes of HTML")


@pytest.mark.parametrize(("language", "scripts"), DAYS, ids=str)
def test_no_page_bars_anybody(portal, chromium, language, scripts):
    context = chromium.new_context(
        viewport=NARROW,
        java_script_enabled=scripts,
        service_workers="block",
        locale=language,
    )
    page = context.new_page()
    look = Looker(page, scripts=scripts)
    prefix = states.PREFIXES[language]
    stage = states.Stage(page, portal.demo, prefix, look)

    states.walk(stage, day=DAYS[language, scripts])

    context.close()
    assert look.wrong == []
    assert len(set(look.names)) >= 55


def test_in_english_the_same_rules_hold_with_scripts(portal, chromium):
    """A handful: forms, an error, and pages that are mostly text."""
    context = chromium.new_context(viewport=NARROW, locale="en")
    page = context.new_page()
    wrong = {}
    for name in ("home", "lookup", "kind", "track", "open-figures", "help"):
        page.goto(f"{portal.base}{states.PREFIXES['en']}{states.PUBLIC[name]}")
        if name == "track":
            page.locator("main form button.btn").first.click()
        found = states.faults(page, axe=True)
        if found:
            wrong[name] = found
    context.close()
    assert wrong == {}


def test_the_first_view_is_light(portal, chromium):
    context = chromium.new_context(viewport=NARROW, service_workers="block")
    page = context.new_page()
    bodies = {}
    page.on("response", lambda answer: bodies.update({answer.url: answer}))
    page.goto(portal.base)
    page.wait_for_load_state("networkidle")

    kinds = {"document": [], "stylesheet": [], "script": []}
    for answer in bodies.values():
        kind = answer.request.resource_type
        if kind in kinds:
            kinds[kind].append(squeezed(answer.body()))
    context.close()

    assert [len(parts) for parts in kinds.values()] == [1, 1, 1]
    html, css, js = (sum(parts) for parts in kinds.values())
    assert html <= MOST_HTML
    assert css <= MOST_CSS
    assert js <= MOST_JS
    assert html + css + js <= MOST_FIRST


def test_large_text_needs_no_sideways_scroll(portal, chromium):
    context = chromium.new_context(viewport=NARROW)
    page = context.new_page()
    wide = {}
    for name, path in states.PUBLIC.items():
        page.goto(f"{portal.base}{path}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide[name] = over
    context.close()
    assert wide == {}


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(portal, chromium):
    context = chromium.new_context(viewport=NARROW)
    page = context.new_page()
    page.goto(f"{portal.base}/tra-cuu/")
    stops = page.locator(
        "a[href]:visible, button:visible, input:not([type=hidden]):visible"
    ).count()
    marked = set()
    for _ in range(stops + 2):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.outerHTML.slice(0, 80), s.outlineStyle, s.outlineWidth]; }"
        )
        if "<body" not in seen[0]:
            assert (seen[1], seen[2]) == ("solid", "3px"), seen[0]
            marked.add(seen[0])
    context.close()
    assert len(marked) >= stops - 2


def test_without_a_connection_the_kept_page_says_what_to_do(portal, chromium):
    context = chromium.new_context(viewport=NARROW, locale="vi")
    page = context.new_page()
    page.goto(portal.base)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)

    for path, words in (("/theo-doi/", "mất kết nối"), ("/en/", "no connection")):
        page.goto(f"{portal.base}{path}")
        assert words in page.inner_text("h1")
        assert page.locator("main .btn").count() == 1
        assert page.locator("footer a.tel").count() == 1

    kept = page.evaluate(
        "async () => { const out = []; for (const name of await caches.keys())"
        " for (const r of await (await caches.open(name)).keys())"
        " out.push(new URL(r.url).pathname); return out; }"
    )
    context.set_offline(False)
    context.close()
    assert all(p.endswith("/ngoai-tuyen/") or p.startswith("/static/") for p in kept)


def test_the_portal_can_stand_on_a_home_screen(portal, chromium):
    context = chromium.new_context(viewport=NARROW)
    page = context.new_page()
    page.goto(portal.base)
    session = context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    icons = re.findall(r'"src": "([^"]+)"', told["data"])
    found = [page.request.get(f"{portal.base}{icon}").status for icon in icons]
    context.close()
    assert told["errors"] == []
    assert found == [200, 200, 200]


def test_a_program_that_opens_every_link_changes_nothing(portal):
    """Mail scanners open each address of a message before people do."""
    person = portal.demo["citizens"][-1]
    scanner = Visitor(portal.base)
    row = next(s for s in portal.demo["submissions"] if s["status"] == "resolved")

    def state():
        visitor = Visitor(portal.base).get("/theo-doi/")
        visitor.send(code=row["code"], phone_last4=row["phone_last4"])
        return re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", visitor.html)

    before = state()
    told = {link for link in states.links_told(portal.base, person["phone"])}
    told |= {f"/t/{row['code']}/", f"/theo-doi/{row['code']}/"}
    told |= {
        f"/theo-doi/{row['code']}/1/{step}/"
        for step in ("bo-sung", "rut", "ket-qua", "danh-gia", "khieu-nai")
    }
    told |= {f"/theo-doi/{row['code']}/{step}/" for step in ("nhan-tin", "bien-nhan")}
    for link in sorted(told):
        for _ in range(2):
            assert scanner.get(portal.base + link).status == 200

    assert state() == before
