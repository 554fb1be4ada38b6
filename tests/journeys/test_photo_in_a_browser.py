"""A paper photographed with a telephone: made smaller, asked about, taken once more."""

import io

import pytest
from PIL import Image

from tests.journeys.visitor import last_code_at, newest_code, wait_until
from tests.photos.draw import FOLDER

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
]
NARROW = {"width": 360, "height": 740}
PHONE = "0987650412"
# As a telephone takes it; the samples are smaller.
LONG_SIDE = 3600


def taken(name):
    """Return a sample as a telephone would have taken it: many pixels, many bytes."""
    sample = Image.open(FOLDER / name)
    scale = LONG_SIDE / max(sample.size)
    large = sample.resize([round(side * scale) for side in sample.size], Image.LANCZOS)
    file = io.BytesIO()
    large.save(file, "JPEG", quality=95)
    return {"name": name, "mimeType": "image/jpeg", "buffer": file.getvalue()}


def attach(page, photo):
    """Choose a photo; return how many bytes of it will travel."""
    page.set_input_files("[name=evidence]", photo)
    page.wait_for_function("document.querySelector('[data-done]').textContent")
    page.wait_for_function(
        "n => document.querySelector('[name=evidence]').files[0].size < n",
        arg=len(photo["buffer"]),
    )
    return page.evaluate("document.querySelector('[name=evidence]').files[0].size")


def looked_at(page):
    """Ask how far the photo is until it was looked at; return what is said of it."""

    def look():
        again = page.locator("button[value=look]")
        if again.count():
            again.click()
            return None
        return page.inner_text("main")

    return wait_until(look, seconds=60)


def go_on(page):
    page.locator("main form button[value=go]").last.click()


def test_a_blurred_photo_is_asked_about_and_a_good_one_goes_with_the_report(
    portal, chromium
):
    context = chromium.new_context(viewport=NARROW, base_url=portal.base, locale="vi")
    page = context.new_page()
    page.goto("/bao-sai/")
    page.check("[name=kind][value=missing_dose]")
    page.locator("main form button").first.click()
    page.fill("[name=given_on_2]", "2021")
    page.check("[name=site][value=none]")
    go_on(page)

    blurred = taken("blurred-01.jpg")
    page.fill("[name=full_name]", "Trần Thị Ảnh")
    page.fill("[name=born_on_2]", "1951")
    page.fill("[name=phone]", PHONE)
    assert attach(page, blurred) < len(blurred["buffer"]) / 2
    before = last_code_at(portal.base, PHONE)
    page.locator("main form button.btn:not([formaction])").last.click()
    page.fill("[name=code]", newest_code(portal.base, PHONE, after=before))
    page.locator("main form button.btn").first.click()

    page.wait_for_url("**/giay/")
    assert "Ảnh bị mờ" in looked_at(page)
    page.check("[name=paper][value=slip]")
    for shown in ("full_name", "born_on", "given_on", "product"):
        page.check(f"[name=shows][value={shown}]")
    go_on(page)
    assert page.locator("[name=insist]").count() == 1

    page.locator("form[action*='/anh/'] button").click()
    good = taken("ok-01.jpg")
    assert attach(page, good) < len(good["buffer"]) / 2
    page.locator("main form button[value=go]").last.click()
    assert "Đã xem xong" in looked_at(page)
    page.check("[name=paper][value=slip]")
    for shown in ("full_name", "born_on", "given_on", "product"):
        page.check(f"[name=shows][value={shown}]")
    go_on(page)

    page.wait_for_url("**/kiem-tra/")
    assert page.locator("main figure, main img").count() >= 1
    page.get_by_role("button", name="Gửi phản ánh").click()
    page.wait_for_url("**/da-gui/**")
    page.get_by_role("link", name="Theo dõi phản ánh").first.click()
    assert "Đã xem xong" in page.inner_text("main")
    context.close()
