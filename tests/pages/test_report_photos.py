"""Photos of a report in the making: how far each is, removing one, nobody else's."""

import io
import re
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from complaints.models import Complaint, Draft, Evidence
from complaints.views import limits
from portal.common import outbox
from tests.factories import make_organization, make_product
from tests.pages.citizen_steps import hidden_key, step, text_of
from tests.pages.test_citizen_report import GIVEN, WHOLE_SLIP, begin, go_to_check
from tests.photos.draw import FOLDER

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }


@pytest.fixture
def paper(client):
    """Return the page of the paper, reached without a photo so far."""
    make_product()
    make_organization(name="Trạm Y tế Hòa Bình")
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none"})
    go_to_check(client, page)
    return client.get(step(page, "giay"))


def sample(name):
    return SimpleUploadedFile("giay.jpg", (FOLDER / name).read_bytes(), "image/jpeg")


def add(client, paper, *names):
    for name in names:
        answer = client.post(step(paper, "giay"), {"evidence": sample(name)})
        assert answer.status_code == 303
    outbox.drain(queue="import", at=timezone.now())
    return client.get(step(paper, "giay"))


def pictures_on(page):
    return re.findall(r'<img src="([^"]+/anh/[^"]+)"', page.content.decode())


def removers(page):
    return re.findall(r'action="([^"]+/bo/)"', page.content.decode())


def test_a_photo_shows_that_it_is_checked_and_then_that_it_is_ready(client, paper):
    client.post(step(paper, "giay"), {"evidence": sample("ok-01.jpg")})
    before = client.get(step(paper, "giay"))
    looked = client.post(step(paper, "giay"), {"action": "look"})
    outbox.drain(queue="import", at=timezone.now())
    after = client.get(step(paper, "giay"))

    assert "Đang kiểm tra" in text_of(before)
    assert not pictures_on(before)
    assert looked.status_code == 200
    assert "Đã xem xong" in text_of(after)
    (address,) = pictures_on(after)
    shown = client.get(address)
    assert max(Image.open(io.BytesIO(shown.content)).size) == 320
    assert shown["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blurred-02.jpg", "Ảnh bị mờ"),
        ("dark-02.jpg", "Ảnh quá tối"),
        ("bright-02.jpg", "Ảnh quá sáng"),
        ("tiny-02.jpg", "Ảnh quá nhỏ"),
        ("covered-02.jpg", "Hình như có vật che giấy"),
    ],
)
def test_a_photo_that_cannot_be_read_is_told_with_what_to_do(
    client, paper, name, words
):
    page = add(client, paper, name)

    assert words in text_of(page)
    assert "Khó đọc" in text_of(page)


def test_one_photo_of_several_is_removed_and_the_others_stay(client, paper):
    page = add(client, paper, "ok-01.jpg", "ok-04.jpg", "ok-05.jpg")
    first, second, third = Evidence.objects.order_by("pk")

    client.get(removers(page)[1])
    after = client.post(removers(page)[1], follow=True)
    again = client.post(removers(page)[1])

    assert [row.pk for row in Evidence.objects.order_by("pk")] == [first.pk, third.pk]
    assert len(pictures_on(after)) == 2
    assert again.status_code == 303


def test_photos_of_a_draft_are_nobody_elses(client, paper):
    page = add(client, paper, "ok-01.jpg")
    stranger = Client()

    assert stranger.get(pictures_on(page)[0]).status_code == 404
    assert stranger.post(removers(page)[0]).status_code == 404
    assert Evidence.objects.count() == 1


def test_a_sixth_photo_is_not_taken(client, paper):
    for number in range(1, 6):
        client.post(step(paper, "giay"), {"evidence": sample(f"ok-0{number}.jpg")})

    answer = client.post(step(paper, "giay"), {"evidence": sample("ok-06.jpg")})

    assert answer.status_code == 422
    assert "nhiều nhất năm ảnh" in text_of(answer)


def test_a_report_is_sent_while_its_photo_is_still_being_checked(client, paper):
    client.post(step(paper, "giay"), {"evidence": sample("ok-01.jpg")})
    check = client.get(step(paper, "kiem-tra"))
    client.post(step(paper, "kiem-tra"), {"key": hidden_key(check)})

    assert Evidence.objects.get().submission is not None
    outbox.drain(queue="import", at=timezone.now())
    assert Evidence.objects.get().state == "checked"


@pytest.mark.parametrize(
    ("name", "check"),
    [("blurred-01.jpg", "photo_unreadable"), ("covered-02.jpg", "paper_covered")],
)
def test_what_a_photo_turns_out_to_be_is_asked_once_before_sending(
    client, paper, name, check
):
    client.post(step(paper, "giay"), {"evidence": sample(name)})
    shown = client.post(step(paper, "giay"), WHOLE_SLIP, follow=True)
    key = {"key": hidden_key(shown)}
    outbox.drain(queue="import", at=timezone.now())

    asked = client.post(step(paper, "kiem-tra"), key, follow=True)
    assert asked.request["PATH_INFO"] == step(paper, "giay")
    assert f'name="doubted" value="{check}"' in asked.content.decode()
    assert not Complaint.objects.exists()

    reason = {"doubted": check, "insist": "Chỉ còn ảnh này"}
    client.post(step(paper, "giay") + "?hoi=1", WHOLE_SLIP | reason)
    sent = client.post(step(paper, "kiem-tra"), key)
    again = client.post(step(paper, "kiem-tra"), key)
    assert sent["Location"] == again["Location"] == step(paper, "da-gui")
    (caveat,) = Complaint.objects.get().caveats.all()
    assert (caveat.check_name, caveat.reason) == (check, "Chỉ còn ảnh này")


def test_photos_of_a_sent_report_cannot_be_removed_by_the_back_button(client, paper):
    page = add(client, paper, "ok-01.jpg")
    check = client.get(step(paper, "kiem-tra"))
    client.post(step(paper, "kiem-tra"), {"key": hidden_key(check)})

    answer = client.post(removers(page)[0])

    assert answer["Location"] == step(paper, "da-gui") + "?differs=1"
    assert Evidence.objects.count() == 1
    assert Draft.objects.count() == 1


def test_the_status_page_says_what_became_of_each_photo_and_shows_none(client, paper):
    client.post(step(paper, "giay"), {"evidence": sample("ok-01.jpg")})
    broken = SimpleUploadedFile("a.jpg", (FOLDER / "ok-01.jpg").read_bytes()[:9000])
    client.post(step(paper, "giay"), {"evidence": broken})
    check = client.get(step(paper, "kiem-tra"))
    client.post(step(paper, "kiem-tra"), {"key": hidden_key(check)})
    outbox.drain(queue="import", at=timezone.now())
    code = Evidence.objects.first().submission.code

    page = client.get(f"/theo-doi/{code}/")

    assert "Đã xem xong" in text_of(page)
    assert "Không mở được ảnh. Hãy chụp lại hoặc chọn ảnh khác." in text_of(page)
    assert "/anh/" not in page.content.decode()


def test_each_page_of_a_paper_can_be_seen_large_by_its_sender(client, paper):
    made = io.BytesIO()
    pages = [Image.effect_noise((900, 700), 90).convert("RGB") for _ in range(2)]
    pages[0].save(made, "PDF", save_all=True, append_images=pages[1:])
    file = SimpleUploadedFile("giay.pdf", made.getvalue(), "application/pdf")
    client.post(step(paper, "giay"), {"evidence": file})
    outbox.drain(queue="import", at=timezone.now())

    html = client.get(step(paper, "giay")).content.decode()
    links = re.findall(r'href="([^"]+/anh/[^"]+/[0-9]+/)"', html)
    sizes = [
        max(Image.open(io.BytesIO(client.get(link).content)).size) for link in links
    ]

    assert len(links) == 2
    assert min(sizes) > 320
    beyond = links[1].replace("/2/", "/3/")
    assert client.get(beyond).status_code == 404
    assert Client().get(links[0]).status_code == 404


def test_an_address_sends_few_photos_before_anything_is_proved(client, monkeypatch):
    limit = replace(limits.UPLOAD_ADDRESS, times=1)
    monkeypatch.setattr(limits, "UPLOAD_ADDRESS", limit)
    make_product()
    make_organization(name="Trạm Y tế Hòa Bình")
    refused = []
    for _ in range(2):
        client.cookies.clear()
        page = begin(client)
        answer = client.post(step(page, "giay"), {"evidence": sample("ok-01.jpg")})
        refused.append("Đi tiếp, thêm ảnh sau" in text_of(answer))

    assert refused == [False, True]
    assert Evidence.objects.count() == 1


def test_who_proved_a_telephone_is_not_held_up_by_others_at_the_address(
    client, paper, monkeypatch
):
    limit = replace(limits.UPLOAD_ADDRESS, times=0)
    monkeypatch.setattr(limits, "UPLOAD_ADDRESS", limit)

    add(client, paper, "ok-01.jpg")

    assert Evidence.objects.count() == 1


def test_a_second_tap_on_a_photo_is_no_other_photo_not_even_on_the_fifth(client, paper):
    names = [f"ok-0{number}.jpg" for number in (1, 2, 3, 4, 5)]

    taps = [
        client.post(step(paper, "giay"), {"evidence": sample(name)}).status_code
        for name in [names[0], *names, names[4]]
    ]

    assert set(taps) == {303}
    assert Evidence.objects.count() == 5
