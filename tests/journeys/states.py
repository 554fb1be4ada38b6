"""Every page that a citizen can come to, reached as a citizen reaches it.

``walk`` opens page after page in a browser and calls ``look(name)`` on each. It is used
by the test beside this and by `make walk`.
"""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from tests.journeys.visitor import (
    Visitor,
    last_code_at,
    messages,
    newest_code,
    wait_until,
)

PREFIXES = {"vi": "", "en": "/en"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
PUBLIC = {
    "home": "/",
    "lookup": "/tra-cuu/",
    "by-phone": "/tra-cuu/dien-thoai/",
    "other-phone": "/tra-cuu/so-khac/",
    "eid": "/tra-cuu/can-cuoc/",
    "contact-paper": "/doi-so/giay/",
    "contact-stop": "/doi-so/khong-phai-toi/",
    "kind": "/bao-sai/",
    "track": "/theo-doi/",
    "own": "/cua-toi/",
    "resume": "/tiep-tuc/",
    "open-figures": "/so-lieu/",
    "help": "/tro-giup/",
    "privacy": "/bao-mat/",
    "accessibility": "/tiep-can/",
    "offline": "/ngoai-tuyen/",
    "not-found": "/khong-co-trang-nay/",
}
# What a record leads to besides reports.
BEHIND_RECORD = {
    "contact-change": "/doi-so/",
    "data": "/du-lieu-cua-toi/",
    "data-print": "/du-lieu-cua-toi/in/",
    "data-request": "/du-lieu-cua-toi/yeu-cau/",
}
# A place that is one station only, whose staff the demo knows.
PLACE, STATION = "Phường Cẩm Thượng Hải Dương", "TYT-N10507"
# Pages for what went wrong that nobody can bring about at will.
TROUBLE = {"403": 403, "429": 429, "500": 500, "503": 503}

Look = Callable[[str], None]


class Stage:
    """A browser's page in one language, and what it needs of the running demo."""

    def __init__(self, page: Page, demo: dict, prefix: str, look: Look) -> None:
        self.page, self.demo, self.prefix, self.look = page, demo, prefix, look
        self.base = demo["base_url"]

    def open(self, path: str) -> None:
        """Open a page of this language."""
        self.page.goto(f"{self.base}{self.prefix}{path}")

    def press(self, *, last: bool = False) -> None:
        """Press the first (or last) button of the page's own forms."""
        buttons = self.page.locator("main form .btn:not(.plain)")
        (buttons.last if last else buttons.first).click()

    def day(self, name: str, iso: str) -> None:
        """Type a date into its three boxes."""
        for place, part in zip((2, 1, 0), iso.split("-"), strict=True):
            self.page.fill(f"[name={name}_{place}]", part)

    def code(self, phone: str, after: str) -> None:
        """Type the code that came to a telephone since an instant."""
        self.page.fill("[name=code]", newest_code(self.base, phone, after=after))
        self.press()


def walk(stage: Stage, *, day: str) -> None:
    """Open every page; ``day`` is that of the dose that is reported, new each time."""
    for name, path in PUBLIC.items():
        stage.open(path)
        stage.look(name)
    look_up(stage)
    code = report(stage, day=day)
    put_aside(stage)
    follow(stage, code)
    asked(stage)
    mine(stage)
    by_status(stage)
    trouble(stage)


def look_up(stage: Stage) -> None:
    """Look up a record: errors, the code, a wrong code, the doses, the family."""
    page, person = stage.page, stage.demo["citizens"][-1]
    stage.open("/tra-cuu/")
    page.fill("[name=national_id]", "123")
    stage.press()
    stage.look("lookup-errors")
    before = last_code_at(stage.base, person["phone"])
    stage.open("/tra-cuu/")
    page.fill("[name=national_id]", person["national_id"])
    stage.day("born_on", person["born_on"])
    stage.press()
    stage.look("verify")
    page.fill("[name=code]", "000000")
    stage.press()
    stage.look("verify-wrong")
    stage.code(person["phone"], before)
    stage.look("record")
    for name, path in BEHIND_RECORD.items():
        stage.open(path)
        stage.look(name)
    stage.press()
    stage.look("data-request-errors")
    stage.open("/bao-sai/?kind=foreign_dose")
    stage.look("facts-abroad")
    page.locator("button[value=go]").click()
    stage.look("facts-abroad-errors")


def report(stage: Stage, *, day: str) -> str:
    """Report a missing dose with the record open, twice; return the second code."""
    page = stage.page
    for round_ in ("", "-again"):
        page.goto(f"{stage.base}{stage.prefix}/bao-sai/?kind=missing_dose")
        if not round_:
            stage.look("facts")
            page.locator("button[value=go]").click()
            stage.look("facts-errors")
        stage.day("given_on", day)
        page.check("[name=product][value=vaxzevria]")
        page.fill("[name=site_text]", PLACE)
        page.locator("button[value=find]").click()
        if not round_:
            stage.look("facts-found")
        page.locator("[name=site]").first.check()
        page.locator("button[value=go]").click()
        if not round_:
            stage.look("contact")
            page.fill("[name=email]", "lan@")
            stage.press()
            stage.look("contact-errors")
            page.fill("[name=email]", "")
        stage.press()
        stage.look(f"check{round_}")
        if not round_:
            checked = page.url
            for step in ("gap", "giay"):
                page.goto(checked.replace("/kiem-tra/", f"/{step}/"))
                stage.look(f"report-{step}")
            page.goto(checked)
        page.locator("form:has([name=key]) .btn").first.click()
        stage.look(f"sent{round_}")
    return _code_on(page)


def put_aside(stage: Stage) -> None:
    """Save a report in the making under a telephone, then go on with it."""
    page, phone = stage.page, stage.demo["citizens"][-1]["phone"]
    page.context.clear_cookies()
    stage.open("/bao-sai/")
    page.check("[name=kind][value=missing_dose]")
    page.check("[name=relation][value=self]")
    stage.press()
    page.fill("[name=lot]", "ABX 4471")
    page.locator("button[formaction*='/luu/']").click()
    stage.look("put-aside")
    before = last_code_at(stage.base, phone)
    page.fill("[name=phone]", phone)
    stage.press()
    stage.look("put-aside-code")
    stage.code(phone, before)
    stage.look("put-aside-kept")
    page.locator("main .btn").first.click()
    assert page.input_value("[name=lot]") == "ABX 4471"


def follow(stage: Stage, code: str) -> None:
    """Follow the report just sent: the link, the papers, how to be told, the law."""
    page, digits = stage.page, code.replace(" ", "")
    person = stage.demo["citizens"][-1]
    page.context.clear_cookies()
    stage.open(f"/t/{digits}/")
    stage.look("link")
    page.fill("[name=phone_last4]", "0000")
    stage.press()
    stage.look("link-wrong")
    page.fill("[name=phone_last4]", person["phone"][-4:])
    stage.press()
    stage.look("status-joined")
    links = page.locator("main a:not(.back)[href*='/theo-doi/']")
    own = links.first.get_attribute("href") or ""
    page.goto(f"{stage.base}{own}")
    if page.locator("[name=phone_last4]").count():
        page.fill("[name=phone_last4]", person["phone"][-4:])
        stage.press()
    stage.look("status")
    here = urlsplit(page.url).path
    for step in ("1/bo-sung", "1/rut", "1/khieu-nai", "bien-nhan", "nhan-tin"):
        page.goto(f"{stage.base}{here}{step}/")
        stage.look(step.partition("/")[2] or step)
    page.fill("[name=email]", "lan@")
    page.locator("button[value=email]").click()
    stage.look("nhan-tin-errors")
    address = f"lan{digits}{stage.prefix[1:]}@example.vn"
    page.fill("[name=email]", address)
    page.locator("button[value=email]").click()
    stage.look("nhan-tin-asked")
    link = _link_in_mail(stage.base, address)
    page.goto(f"{stage.base}{stage.prefix}{link}")
    stage.look("mail")
    page.locator("button[value=confirm]").click()
    stage.look("mail-in-use")
    page.locator("button[value=stop]").click()
    stage.look("mail-stopped")
    page.goto(f"{stage.base}{here}1/bo-sung/")
    stage.press()
    stage.look("bo-sung-errors")


def asked(stage: Stage) -> None:
    """Let staff ask for more; see the question and the page that answers it."""
    page = stage.page
    here = urlsplit(page.url).path.removesuffix("1/bo-sung/")
    code = here.rstrip("/").rpartition("/")[2]
    nurse = next(
        member
        for member in stage.demo["staff"]
        if member["organization"] == STATION and member["role"] == "staff"
    )
    visitor = Visitor(stage.base).get("/dang-nhap/")
    visitor.send(username=nurse["username"], password=nurse["password"])
    case = f"/lam-viec/ho-so/{code}-1/"
    wait_until(lambda: visitor.get(case).status == 200)
    visitor.send(at="/hoi-them/", note="Ông/Bà tiêm buổi sáng hay buổi chiều?")
    page.goto(f"{stage.base}{here}")
    stage.look("status-asked")
    page.goto(f"{stage.base}{here}1/bo-sung/")
    stage.look("bo-sung-asked")


def mine(stage: Stage) -> None:
    """See one's own reports by a code to the telephone; the family's telephone."""
    page, person = stage.page, stage.demo["citizens"][-1]
    page.context.clear_cookies()
    before = last_code_at(stage.base, person["phone"])
    stage.open("/cua-toi/")
    page.fill("[name=phone]", person["phone"])
    stage.press()
    stage.look("own-verify")
    stage.code(person["phone"], before)
    stage.look("own-reports")
    stage.open("/tra-cuu/nguoi/")
    stage.look("people")


def by_status(stage: Stage) -> None:
    """See the status page in each state that a report can be in, and what it offers."""
    page, seen = stage.page, set()
    for row in stage.demo["submissions"]:
        if row["status"] in seen:
            continue
        seen.add(row["status"])
        page.context.clear_cookies()
        stage.open("/theo-doi/")
        page.fill("[name=code]", row["code"])
        page.fill("[name=phone_last4]", row["phone_last4"])
        stage.press()
        stage.look(f"status-{row['status']}")
        if row["status"] == "lapsed":
            page.goto(f"{stage.base}{urlsplit(page.url).path}1/ket-qua/")
            stage.look("open-again")
        if row["status"] == "resolved":
            here = urlsplit(page.url).path
            for step in ("ket-qua", "danh-gia"):
                page.goto(f"{stage.base}{here}1/{step}/")
                stage.look(step)
    stage.open("/theo-doi/")
    page.fill("[name=code]", "1234567890")
    stage.press()
    stage.look("track-errors")


def trouble(stage: Stage) -> None:
    """See what is shown when something went wrong."""
    page = stage.page
    page.context.clear_cookies()
    stage.open("/theo-doi/")
    page.fill("[name=code]", "1234567890")
    page.context.clear_cookies()
    stage.press()
    stage.look("form-expired")
    for name, status in TROUBLE.items():
        body = rendered(f"{name}.html", stage.prefix)
        address = f"{stage.base}{stage.prefix}/thu-loi-{name}/"
        page.route(address, partial(answer, body=body, status=status))
        page.goto(address)
        stage.look(name)


def answer(route: Route, *, body: str, status: int) -> None:
    """Answer a request of the browser in the server's place."""
    route.fulfill(status=status, content_type="text/html; charset=utf-8", body=body)


def rendered(template: str, prefix: str) -> str:
    """Return a page as the server would answer with it."""
    from django.template.loader import render_to_string  # noqa: PLC0415 -- set up later
    from django.test import RequestFactory  # noqa: PLC0415 -- set up later
    from django.utils import translation  # noqa: PLC0415 -- set up later

    request = RequestFactory().get(f"{prefix}/")
    with translation.override(prefix.strip("/") or "vi"):
        return render_to_string(template, {"retry_after": 600}, request)


def _code_on(page: Page) -> str:
    found = re.search(r"\d{4} \d{4} \d{2}", page.inner_text("main"))
    assert found, page.url
    return found[0]


def mails(base: str, address: str) -> list[dict]:
    """Return the demo's e-mails to an address, newest first."""
    data = urllib.parse.urlencode({"email": address}).encode()
    with urllib.request.urlopen(f"{base}/demo/messages.json", data, 10) as answer:
        return json.load(answer)


def _link_in_mail(base: str, address: str) -> str:
    text = wait_until(lambda: mails(base, address), seconds=60)[0]["text"]
    found = re.search(r"/thu/[\w-]+/", text)
    assert found, text
    return found[0]


def links_told(base: str, phone: str) -> list[str]:
    """Return every address in the messages to a telephone."""
    texts = " ".join(message["text"] for message in messages(base, phone))
    return re.findall(r"localhost:\d+(/[\w/-]+)", texts)


def faults(page: Page, *, axe: bool) -> list[str]:
    """Return what bars people on the page that is open, in words."""
    found = []
    if page.locator("h1").count() != 1:
        found.append("not exactly one h1")
    if not page.title().strip(" –"):
        found.append("no title")
    # A way on is neither home nor back nor leaving, and nothing that nobody sees.
    ways = page.locator(
        "main a[href]:not(.back):not([href='/']):not([href='/en/']):visible,"
        " main form:not([action$='/thoat/']) button:visible:not(.vh)"
    )
    # A list of work may be empty; a citizen is never left without a way on.
    if not ways.count() and not page.locator("html.work").count():
        found.append("no next step")
    if not page.locator("footer a.tel").count():
        found.append("no help line")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        found.append(f"scrolls sideways by {wide} px")
    if axe:
        page.evaluate(AXE)
        result = page.evaluate(
            "tags => axe.run({runOnly: {type: 'tag', values: tags}})", RULES
        )
        found += [
            f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]})"
            for one in result["violations"]
        ]
    return found
