"""What every step says: in one segment, in both languages, without health data."""

import re

import pytest

from complaints.choices import Move, Outcome
from complaints.notifications import composing
from complaints.notifications.address_words import ADDED, RETURNED
from complaints.notifications.sending import DECISIONS
from complaints.notifications.words import WORDS
from portal.common import sms

LONGEST = composing.Facts(
    code="4829 1736 52-10",
    due="14:30 24/11/2026",
    holder="Trung tâm Kiểm soát bệnh tật thành phố Hồ Chí Minh, cơ sở Bà Rịa",
    plain_code="4829173652",
    help="1900 0000 999",
)
SHORT = composing.Facts(
    code="4829 1736 52-1",
    due="14:30 24/11/2026",
    holder="TYT An Phú",
    plain_code="4829173652",
    help="1900 9095",
)
EACH = [(key, language) for key in WORDS for language in ("vi", "en")]


@pytest.fixture(autouse=True)
def _long_address(settings):
    settings.BASE_URL = "https://phananhtiemchung.moh.gov.vn"


@pytest.mark.parametrize(("key", "language"), EACH)
def test_every_step_fits_into_one_segment_without_marks(key, language):
    for facts in (LONGEST, SHORT):
        text = composing.sms(key, facts, language=language, accents=False)
        size = sms.size(text)
        assert (size.is_gsm, size.segments) == (True, 1), text
        assert facts.code in text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("words", [ADDED, RETURNED], ids=["added", "returned"])
def test_what_is_said_of_addresses_fits_into_one_segment_too(words, language):
    for accents, most in ((False, 1), (True, 2)):
        text = composing.sms(
            "", LONGEST, language=language, accents=accents, words=words[language]
        )
        assert sms.size(text).segments <= most, text
        assert LONGEST.code in text


@pytest.mark.parametrize(("key", "language"), EACH)
def test_with_marks_two_segments_at_most(key, language):
    text = composing.sms(key, LONGEST, language=language, accents=True)
    assert sms.size(text).segments <= 2, text
    assert LONGEST.code in text


def test_a_step_says_where_to_look_and_whom_to_ask_where_there_is_room():
    text = composing.sms(Move.SUBMIT, SHORT, language="vi", accents=False)

    assert text == (
        "[TIEM CHUNG] Da nhan phan anh 4829 1736 52-1. Ket qua truoc 14:30 24/11/2026."
        " Ban khong phai gui lai. Xem phananhtiemchung.moh.gov.vn/t/4829173652"
    )


def test_a_long_name_gives_way_to_the_plain_sentence():
    short = composing.sms(Move.ROUTE, SHORT, language="vi", accents=False)
    long = composing.sms(Move.ROUTE, LONGEST, language="en", accents=False)

    assert "TYT An Phu" in short
    assert "now with" in long


def test_a_link_opens_the_page_in_the_language_of_the_message(settings):
    settings.BASE_URL = "https://dumui.vn"
    vietnamese = composing.sms(Move.SUBMIT, SHORT, language="vi", accents=False)
    english = composing.sms(Move.SUBMIT, SHORT, language="en", accents=False)

    assert " Xem dumui.vn/t/4829173652 Hoi: 1900 9095." in vietnamese
    assert " See dumui.vn/en/t/4829173652" in english


@pytest.mark.parametrize(("key", "language"), EACH)
def test_an_e_mail_says_the_same_as_text_and_as_html(key, language):
    letter = composing.letter(
        key, LONGEST, language=language, stop="https://dumui.vn/thu/abc/"
    )

    assert LONGEST.code in letter.subject
    assert "\n" not in letter.subject
    assert "https://dumui.vn/thu/abc/" in letter.text
    for paragraph in letter.paragraphs:
        first = paragraph.split(" ")[0]
        assert first in letter.html
    assert f'<html lang="{language}">' in letter.html
    assert not re.search(r"style=|<script|<img", letter.html)


def test_words_hold_neither_vaccine_nor_day_nor_name():
    known = {"code", "due", "holder", "help", "days"}
    for by_language in WORDS.values():
        for words in by_language.values():
            for text in (*words.sms, words.subject, words.more):
                assert set(re.findall(r"{(\w+)}", text)) <= known


def test_every_outcome_has_words():
    assert set(Outcome.values) <= WORDS.keys()
    assert not set(DECISIONS) & WORDS.keys()
