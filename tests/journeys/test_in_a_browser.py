"""The same way in a real browser: narrow and wide, with and without JavaScript."""

import re

import pytest

from tests.journeys.conftest import beside
from tests.journeys.test_without_a_browser import day_fields
from tests.journeys.visitor import last_code_at, newest_code, wait_until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
]

WIDTHS = {360: 740, 1280: 800}


@pytest.fixture(params=[(360, True), (360, False), (1280, True), (1280, False)])
def page(request, portal, chromium):
    """Open a page of one width, with or without JavaScript; collect what goes wrong."""
    width, scripts = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        java_script_enabled=scripts,
        base_url=portal.base,
        locale="vi",
    )
    page = context.new_page()
    page.wrong = []
    page.on(
        "console", lambda m: page.wrong.append(m.text) if m.type == "error" else None
    )
    page.on("pageerror", lambda error: page.wrong.append(str(error)))

    def stay(request):
        if not request.url.startswith(portal.base):
            page.wrong.append(f"left for {request.url}")

    page.on("request", stay)
    yield page
    context.close()


def check_page(page):
    """Hold what every page promises: one heading, no sideways scroll, nothing wrong."""
    page.wait_for_load_state()
    assert page.locator("h1").count() == 1, page.url
    assert page.title()
    if page.context.browser:
        wide = page.locator("body").evaluate(
            "b => document.documentElement.scrollWidth - window.innerWidth"
        )
        assert wide <= 0, f"{page.url} scrolls sideways by {wide}"
    assert page.wrong == [], page.url


def fill_day(page, name, iso):
    for field, value in day_fields(name, iso).items():
        page.fill(f"[name={field}]", value)


def test_a_citizen_reports_a_missing_dose_and_staff_resolve_it(portal, page):
    person = portal.citizen("Both doses missing")
    before = last_code_at(portal.base, person["phone"])
    day = f"2021-11-{10 + len(portal.used)}"
    portal.used.append(day)

    page.goto("/")
    check_page(page)
    page.get_by_role("link", name=re.compile("^Tra cứu mũi tiêm")).first.click()
    page.fill("[name=national_id]", person["national_id"])
    fill_day(page, "born_on", person["born_on"])
    page.locator("main form button").first.click()
    check_page(page)
    page.fill("[name=code]", newest_code(portal.base, person["phone"], after=before))
    page.locator("main form button").first.click()
    assert person["full_name"] in page.inner_text("h1")
    check_page(page)

    page.get_by_role("link", name=re.compile("^Báo thiếu mũi tiêm")).first.click()
    fill_day(page, "given_on", day)
    page.check("[name=product][value=vaxzevria]")
    page.fill("[name=site_text]", "Phường Cẩm Thượng Hải Dương")
    page.locator("button[value=find]").click()
    check_page(page)
    page.locator("[name=site]").first.check()
    page.locator("button[value=go]").click()
    check_page(page)
    page.locator("main form button.btn:not([formaction])").last.click()
    check_page(page)
    page.get_by_role("button", name="Gửi phản ánh").click()
    check_page(page)
    code = re.search(r"\d{4} \d{4} \d{2}", page.inner_text("main")).group()
    reference = f"{code.replace(' ', '')}-1"

    nurse, lead = (
        portal.staff("TYT-N10507", "staff"),
        portal.staff("TYT-N10507", "lead"),
    )
    sign_in(page, nurse)
    case = f"/lam-viec/ho-so/{reference}/"
    wait_until(lambda: page.goto(case).status == 200)
    check_page(page)
    page.locator("details", has=page.locator("[value=upheld]")).last.locator(
        "summary"
    ).click()
    for radio in page.locator("input[type=radio][value=upheld]").all():
        radio.check()
    decide = page.locator("form[action$='/ghi/']").last
    press(page, decide.locator("button:not([name])").last, "/ghi/")
    sign_in(page, lead)
    page.goto(case)
    press(page, page.locator("form[action$='/dong-y/'] button").first, "/dong-y/")

    page.goto("/theo-doi/")
    page.fill("[name=code]", code)
    page.fill("[name=phone_last4]", person["phone"][-4:])
    page.locator("main form button").first.click()
    assert "Đã sửa" in page.inner_text("main")
    check_page(page)


def test_what_is_proved_is_put_right_while_the_citizen_looks(portal, chromium):
    """Once through, in both languages: before and after, agree, the record is right."""
    person = portal.citizen("Two zeros eaten")
    before = last_code_at(portal.base, person["phone"])
    context = chromium.new_context(
        viewport={"width": 360, "height": WIDTHS[360]},
        java_script_enabled=False,
        base_url=portal.base,
    )
    page = context.new_page()
    page.wrong = []
    page.goto("/en/tra-cuu/")
    page.fill("[name=national_id]", person["national_id"])
    fill_day(page, "born_on", person["born_on"])
    page.locator("main form button").first.click()
    page.fill("[name=code]", newest_code(portal.base, person["phone"], after=before))
    page.locator("main form button").first.click()
    page.locator("a[href*='kind=wrong_person']").first.click()
    page.fill("[name=national_id]", person["national_id"])
    page.locator("main form button[value=go]").click()
    page.locator("main form button.btn:not([formaction])").last.click()
    check = page.url.removeprefix(portal.base)

    def is_answered():
        page.goto(check)
        return "This can be corrected now" in page.inner_text("main")

    wait_until(is_answered)
    check_page(page)
    page.goto(check.removeprefix("/en"))
    assert "(10 chữ số)" in page.inner_text("main")
    check_page(page)
    page.goto(check)
    page.get_by_role("button", name="Agree, correct it now").click()
    assert "It is corrected" in page.inner_text("h1")
    check_page(page)
    page.get_by_role("link", name="See the corrected record").click()
    # The number as it is; further down stands what it was before.
    assert "digits" not in page.locator("dl.kv").first.inner_text()
    check_page(page)
    context.close()


def test_a_lead_takes_a_doubled_dose_off_by_one_click(portal, chromium):
    """What a rule prepared is read in both languages, and decided by one button."""
    ran = beside(portal, "-m", "tests.journeys.doubled")
    assert ran.returncode == 0, ran.stderr
    case = f"/lam-viec/ho-so/{ran.stdout.strip()}/"
    context = chromium.new_context(
        viewport={"width": 360, "height": WIDTHS[360]},
        base_url=portal.base,
        locale="vi",
    )
    page = context.new_page()
    page.wrong = []
    sign_in(page, portal.staff("TYT-N10507", "lead"))
    record = page.get_by_role("button", name=re.compile("^Ghi theo đề xuất"))
    wait_until(lambda: page.goto(case).status == 200 and record.count() == 1)
    check_page(page)
    page.goto(f"/en{case}")
    assert "Entered in error: it is kept and counts no more" in page.inner_text("main")
    check_page(page)

    page.goto(case)
    press(page, record, "/ghi/")
    page.goto(case)

    assert "Đã sửa" in page.inner_text("main")
    check_page(page)
    context.close()


def press(page, button, path):
    """Press a button of a case, and wait until what it sends has been answered.

    With JavaScript it is no navigation, so leaving at once could overtake it.
    """
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and path in answer.url
    ):
        button.click()
    page.wait_for_load_state()


def sign_in(page, member):
    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto("/dang-nhap/")
    page.fill("[name=username]", member["username"])
    page.fill("[name=password]", member["password"])
    page.locator("main form button").first.click()
    check_page(page)


def test_errors_keep_what_was_typed_and_lead_to_the_field(portal, page):
    page.goto("/tra-cuu/")
    page.fill("[name=national_id]", "12345")
    page.fill("[name=born_on_0]", "31")
    page.fill("[name=born_on_1]", "2")
    page.fill("[name=born_on_2]", "1990")
    page.locator("main form button").first.click()
    assert page.locator("[role=alert]").count() >= 1
    assert page.input_value("[name=national_id]") == "12345"
    assert page.input_value("[name=born_on_0]") == "31"
    assert page.get_attribute("[name=born_on_0]", "aria-invalid") == "true"
    page.wrong = [w for w in page.wrong if "422" not in w]
    check_page(page)


def test_what_was_typed_for_one_report_is_not_put_into_another(portal, chromium):
    """Telephones are shared: the next person must not find the one before."""
    context = chromium.new_context(base_url=portal.base, locale="vi")
    page = context.new_page()
    typed = []
    for _person in range(2):
        page.goto("/bao-sai/")
        page.check("[name=kind][value=missing_dose]")
        page.locator("main form .btn").first.click()
        typed.append(page.input_value("[name=story]"))
        page.fill("[name=story]", "Hôm đó tôi đi cùng mẹ")
    page.reload()
    kept = page.input_value("[name=story]")
    context.close()
    assert typed == ["", ""]
    assert kept == "Hôm đó tôi đi cùng mẹ"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/en/",
        "/tra-cuu/",
        "/en/tra-cuu/",
        "/bao-sai/",
        "/theo-doi/",
        "/tro-giup/",
        "/bao-mat/",
        "/tiep-can/",
        "/dang-nhap/",
        "/demo/dien-thoai/",
    ],
)
def test_a_page_keeps_the_strict_policy_and_its_width(portal, page, path):
    answer = page.goto(path)
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    check_page(page)
    assert page.wrong == []
