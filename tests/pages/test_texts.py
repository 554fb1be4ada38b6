"""Words of messages: checked while written, published by two people, taken back."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.models import Message, RuleDraft, Wording
from complaints.notifications import texts
from complaints.notifications.words import WORDS
from portal.common import crypto, scope
from portal.registry.models import ProductAlias
from tests.factories import (
    make_organization,
    make_product,
    make_root,
    make_staff,
    missing_dose,
    only_complaint,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = pytest.mark.django_db
NEW = "Chúng tôi đã nhận phản ánh {code}, trả lời trước {due}."
TYPED = {
    "vi_sms": NEW,
    "vi_short": "",
    "vi_subject": "Đã nhận {code}",
    "vi_more": "",
    "en_sms": "We have report {code}. You hear from us by {due}.",
    "en_short": "",
    "en_subject": "We have report {code}",
    "en_more": "",
    "source": "QĐ 5",
    "action": "propose",
}


def proposal(**typed):
    day = timezone.localdate() + timedelta(days=1)
    parts = (day.day, day.month, day.year)
    days = dict(zip((f"valid_from_{n}" for n in range(3)), parts, strict=True))
    return TYPED | days | typed


@pytest.fixture
def administrator(client):
    user = make_staff(make_root(), "administrator", full_name="Quản Trị Một")
    client.force_login(user)
    return user


def page(name, *args):
    return reverse(f"oversight:{name}", args=args)


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def told(at):
    """Return the text message about a report that is sent at an instant."""
    site = make_organization()
    case = only_complaint(submit(missing_dose(site), at=at))
    drain_all(at)
    row = Message.objects.get(event__complaint=case, event__move="submit")
    return crypto.unseal(row.text_sealed, bound_to=f"message:{row.event_id}")


def test_the_built_in_words_pass_their_own_checks():
    make_product()
    ProductAlias.objects.create(
        product=make_product(), name="AstraZeneca", folded="astrazeneca"
    )
    for key, words in WORDS.items():
        assert texts.problems(key, words) == [], key


def test_new_words_are_seen_first_and_proposed_as_they_were_seen(client, administrator):
    form = client.get(page("text_new", "submit"))
    assert "Đã nhận phản ánh {code}" in form.content.decode()

    seen = client.post(page("text_new", "submit"), proposal(action="look"))
    assert seen.status_code == 200
    assert "Chung toi da nhan phan anh 4829 1736 52-1" in text(seen)
    assert "You hear from us by 14:30 24/11/2026" in text(seen)
    assert not RuleDraft.objects.exists()

    done = client.post(page("text_new", "submit"), proposal(), follow=True)
    assert "Chung toi da nhan phan anh" in text(done)
    assert RuleDraft.objects.get().content["vi"]["sms"] == [NEW]


def test_two_people_publish_words_and_one_goes_back(client, administrator):
    client.post(page("text_new", "submit"), proposal())
    own = page("text_draft", RuleDraft.objects.get().ref)
    assert client.post(own, {"action": "confirm"}).status_code == 422
    client.force_login(make_staff(make_root(), "administrator"))
    client.post(own, {"action": "confirm"})

    row = Wording.objects.get()
    today, tomorrow = timezone.now(), timezone.now() + timedelta(days=1)
    with scope.system():
        assert "Da nhan phan anh" in told(today)
        assert "Chung toi da nhan phan anh" in told(tomorrow)

    client.post(page("text_end", row.pk))
    with scope.system():
        assert "Da nhan phan anh" in told(tomorrow + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"vi_sms": ""}, "vi_sms", ""),
        ({"vi_sms": "Đã nhận, trả lời trước {due}."}, "vi_sms", "{code}"),
        ({"vi_sms": "Đã nhận {code}, gửi {phone} {due}."}, "vi_sms", "{days}"),
        ({"vi_sms": "Đã nhận {code trước {due}."}, "vi_sms", ""),
        ({"vi_sms": "Đã nhận {code:>99999999} {due}."}, "vi_sms", ""),
        ({"vi_sms": "Đã nhận {code.__class__} {due}."}, "vi_sms", ""),
        ({"en_sms": "We have {code} {due}, see http://x.io"}, "en_sms", ""),
        ({"en_sms": "We have {code} {due}. Call 0901234567."}, "en_sms", ""),
        ({"vi_sms": "Đã nhận {code} {due} mũi AstraZeneca."}, "vi_sms", ""),
        ({"vi_sms": "Đã nhận {code} {due} 👍"}, "vi_sms", ""),
        ({"en_sms": "We have {code} {due}. " + "Please wait. " * 12}, "en_sms", "2"),
        ({"vi_subject": "Đã nhận"}, "vi_subject", "{code}"),
        ({"source": ""}, "source", ""),
        ({"valid_from_2": "2020"}, "valid_from", ""),
    ],
)
def test_words_that_may_not_be_told_are_refused_beside_their_field(
    client, administrator, typed, field, words
):
    ProductAlias.objects.create(
        product=make_product(), name="AstraZeneca", folded="astrazeneca"
    )
    answer = client.post(page("text_new", "submit"), proposal(**typed))
    assert answer.status_code == 422
    found = re.search(f'id="id_{field}_error">(.*?)</p>', answer.content.decode(), re.S)
    assert found, text(answer)
    assert words in found[1]
    assert not RuleDraft.objects.exists()


def test_a_step_without_words_of_its_own_has_no_page(client, administrator):
    assert client.get(page("text_new", "note")).status_code == 404
