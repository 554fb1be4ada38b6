"""A passkey in a real browser: Chromium's own authenticator, in software."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

pytestmark = [pytest.mark.stack, pytest.mark.browser]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def code(secret, *, later=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def test_a_passkey_is_added_used_and_taken_off(portal, chromium):
    member = next(
        one
        for one in reversed(portal.demo["staff"])
        if one["role"] == "clerk" and not one["totp_secret"]
    )
    context = chromium.new_context(base_url=portal.base, locale="vi")
    page = context.new_page()
    wrong = []
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    def sign_in():
        page.goto("/dang-nhap/")
        page.fill("[name=username]", member["username"])
        page.fill("[name=password]", member["password"])
        page.locator("main form button").first.click()

    sign_in()
    page.goto("/tai-khoan/buoc-hai/")
    secret = "".join(page.inner_text(".qr strong").split())
    page.fill("[name=code]", code(secret))
    page.locator("main form .btn").click()
    page.wait_for_url("**/ma-du-phong/")
    [recovery, another, *_] = re.findall(r"\d{4} \d{4}", page.inner_text("main"))
    page.locator("main form .btn").click()

    page.goto("/tai-khoan/khoa/")
    page.fill("[name=name]", "Máy ở quầy")
    page.fill("#id_code", code(secret, later=1))
    page.locator("form:has([name=name]) .btn").click()
    page.wait_for_url("**/khoa/moi/")
    assert not page.locator("[data-no-passkey]").is_visible()
    page.locator("form[data-passkey] .btn").click()
    page.wait_for_url("**/tai-khoan/khoa/")
    assert "Máy ở quầy" in page.inner_text("main")

    page.locator(".me form button").click()
    sign_in()
    page.wait_for_url("**/dang-nhap/ma/")
    page.locator("form[data-passkey] .btn").click()
    page.wait_for_url("**/lam-viec/**")

    page.goto("/tai-khoan/khoa/")
    # The code of this step, and of the next one, may have been used already.
    page.fill("#off_code", another)
    page.locator("button[name=passkey]").click()
    page.wait_for_load_state()
    page.goto("/tai-khoan/khoa/")
    assert "Máy ở quầy" not in page.inner_text("main")
    assert wrong == []

    # As it was, for the other journeys.
    page.goto("/tai-khoan/buoc-hai/")
    page.fill("[name=code]", recovery)
    page.locator("button[value=remove]").click()
    page.wait_for_load_state()
    context.close()
