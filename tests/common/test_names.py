import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common import names

LETTERS = (
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmn"
    "oòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
)
anything = st.text(max_size=40)
vietnamese = st.text(alphabet=LETTERS + LETTERS.upper() + " '-", max_size=40)


def nfd(text):
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("full_name", "shown"),
    [
        ("Nguyễn Thị Hường", "Nguyễn T. H."),
        (nfd("Nguyễn Thị Ơn"), "Nguyễn T. Ơ."),
        ("  Lê   đạt ", "Lê Đ."),
        ("Y", "Y"),
        ("", ""),
    ],
)
def test_a_list_shows_the_first_word_and_letters(full_name, shown):
    assert names.initials(full_name) == shown


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Nguyễn Thị Hòa", "nguyen thi hoa"),
        (nfd("Nguyễn Thị Hường"), "nguyen thi huong"),
        ("ĐẶNG  Đình\tĐức ", "dang dinh duc"),
        ("\u00d0ặng \u0189ình \u00f0ức \u0256ạo", "dang dinh duc dao"),
        ("H'Mông Y-Krông", "h mong y krong"),
        ("TP.HCM, P.7", "tp hcm p 7"),
        ("Ｎｇｕｙễｎ\u00a0Văn\u200b", "nguyen van"),
        ("...", ""),
        ("", ""),
    ],
)
def test_folding_leaves_small_plain_letters_and_digits(text, folded):
    assert names.fold(text) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa", "Hoà"),
        ("Thúy", "Thuý"),
        ("HÒA", "hoà"),
        ("Nguyễn Thị Hường", nfd("Nguyễn Thị Hường")),
        ("Đức", "\u00d0ức"),
        ("Đức", "\u0189ức"),
        ("đức", "\u0256ức"),
        ("Trần  Văn Tuấn", "Trần Văn Tuấn "),
        ("Tuâ\u0301n", "Tu\u0061\u0301\u0302n"),
        ("H’Mông", "H'Mông"),
    ],
)
def test_spellings_of_one_name_share_their_tone_key(one, other):
    assert names.tone_key(one) == names.tone_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tùng", "Tứng"),
        ("Tùng", "Túng"),
        ("Hòa", "Hóa"),
        ("Hoa", "Hòa"),
        ("Lê", "Le"),
        ("Tâm", "Tăm"),
        ("Sơn", "Son"),
        ("Đung", "Dung"),
        ("Quý", "Quí"),
        ("Hoàng", "Huỳnh"),
        ("Phường 5", "Phường 4"),
        ("Phường 10", "Phường 1"),
    ],
)
def test_different_names_keep_different_tone_keys(one, other):
    assert names.tone_key(one) != names.tone_key(other)


@pytest.mark.parametrize(
    ("typed", "tidied"),
    [
        ("  Nguyễn   Thị Hoà ", "Nguyễn Thị Hòa"),
        ("HOÀ", "HÒA"),
        ("Thuý", "Thúy"),
        ("Thuỷ", "Thủy"),
        ("Qúy", "Quý"),
        ("Qùynh", "Quỳnh"),
        ("Nguỹên", "Nguyễn"),
        ("Gìa", "Già"),
        ("Gìn", "Gìn"),
        ("Gì", "Gì"),
        ("Hoàn", "Hoàn"),
        ("Hòan", "Hoàn"),
        ("Ngòai", "Ngoài"),
        ("Khủyu", "Khuỷu"),
        ("Mùôn", "Muồn"),
        ("Hường", "Hường"),
        ("Khoẻ", "Khỏe"),
        ("Mía", "Mía"),
        (nfd("Hường"), "Hường"),
        ("\u00d0ức \u0189ạt \u00f0ỗ \u0256ỗ", "Đức Đạt đỗ đỗ"),
        ("H’Mông", "H'Mông"),
        ("Y Blŏ Niê", "Y Blŏ Niê"),
        ("José Muñoz", "José Muñoz"),
        ("bà Trần Thị Bé", "bà Trần Thị Bé"),
    ],
)
def test_tidying_changes_the_spelling_only(typed, tidied):
    assert names.tidy(typed) == tidied
    assert names.tone_key(tidied) == names.tone_key(typed)


@pytest.mark.parametrize(
    ("typed", "stripped"),
    [
        ("Bà Trần Thị Bé", "Trần Thị Bé"),
        ("Ông Khiêm", "Ông Khiêm"),
        ("cháu Lê An", "Lê An"),
        ("Mr. John Smith", "John Smith"),
        ("Cụ Trần Thị Bé", "Trần Thị Bé"),
        ("Chú Phạm Văn Ba", "Phạm Văn Ba"),
        ("BÀ CHU THỊ HOA", "CHU THỊ HOA"),
        ("Cháu Châu Ngọc Ánh", "Châu Ngọc Ánh"),
        ("Ông Lê Lợi", "Lê Lợi"),
        ("ONG NGUYEN VAN BA", "NGUYEN VAN BA"),
        ("BA PHAM THI CHAU", "PHAM THI CHAU"),
        # Family names that look like titles once their accents are gone, or always.
        ("CHU VAN A", "CHU VAN A"),
        ("Chu Thị Hà", "Chu Thị Hà"),
        ("CHAU VAN B", "CHAU VAN B"),
        ("Châu Thị Bé", "Châu Thị Bé"),
        ("CHU LE MINH", "CHU LE MINH"),
        ("Cù Huy Cận", "Cù Huy Cận"),
        ("CU HUY CAN", "CU HUY CAN"),
        ("BAC CAM THI", "BAC CAM THI"),
        ("Ông Ích Khiêm", "Ông Ích Khiêm"),
        ("Ông Cao Thắng", "Ông Cao Thắng"),
        ("Bá Thị Hoa", "Bá Thị Hoa"),
        ("BA THI HOA", "BA THI HOA"),
        # Given names at the end are never touched.
        ("Nguyễn Văn Ba", "Nguyễn Văn Ba"),
        ("Lê Thị Bà", "Lê Thị Bà"),
    ],
)
def test_titles_go_only_when_asked_and_a_name_remains(typed, stripped):
    assert names.tidy(typed, strip_titles=True) == stripped


def test_texts_stand_in_the_order_of_the_vietnamese_alphabet():
    """The first line is PostgreSQL's own vi-x-icu order."""
    ordered = [
        *("An Giang", "Ăn", "Ân", "Cà Mau", "Cao Bằng", "Da", "Đà Nẵng", "Đắk Lắk"),
        *("Ea", "Ê", "Oa", "Ô", "Ơ", "Phường 1", "Tu", "Tù", "Tủ", "Tũ", "Tú", "Tụ"),
        *("Tu An", "Tư", "Xa", "Yên"),
    ]

    keys = [names.sort_key(text) for text in ordered]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() for key in keys)


def test_people_stand_by_given_name_then_family_name():
    ordered = [
        *("Trần Văn An", "Lê Thị Ánh", "Nguyễn Đức Bình", "Đỗ Ha", "Trần Hà"),
        *("Lê Văn Hạ", "Lê Hai", "Đặng Văn Hùng", "Nguyễn An Hùng", "Nguyễn Văn Hùng"),
    ]

    assert sorted(reversed(ordered), key=names.person_sort_key) == ordered


@pytest.mark.parametrize(
    ("recorded", "claimed", "pairs"),
    [
        (
            "Nguyễn Văn Tứng",
            "Nguyễn Văn Tùng",
            ["Nguyễn Nguyễn same", "Văn Văn same", "Tứng Tùng accent"],
        ),
        ("Lê Hóa", "Lê Hoà", ["Lê Lê same", "Hóa Hòa tone"]),
        ("Lê Bửu Lộc", "Lê Bảo Lộc", "Lê Lê same|Bửu Bảo different|Lộc Lộc same"),
        ("Le Hoa", "Lê Hòa", ["Le Lê accent", "Hoa Hòa tone"]),
        ("Trần Hùng", "Trần Văn Hùng", "Trần Trần same|- Văn different|Hùng Hùng same"),
        ("Trần Văn Hùng", "Hùng", "Trần - different|Văn - different|Hùng Hùng same"),
        (
            "Ngyễn An",
            "Nguyễn Văn An",
            "Ngyễn Nguyễn different|- Văn different|An An same",
        ),
        ("", "An", ["- An different"]),
        ("", "", []),
    ],
)
def test_two_names_are_laid_side_by_side(recorded, claimed, pairs):
    pairs = pairs.split("|") if isinstance(pairs, str) else pairs

    found = [
        f"{pair.recorded or '-'} {pair.claimed or '-'} {pair.difference}"
        for pair in names.compare(recorded, claimed)
    ]

    assert found == pairs


@given(anything)
def test_folding_twice_changes_nothing(text):
    assert names.fold(names.fold(text)) == names.fold(text)


@given(anything)
def test_composition_never_changes_a_key(text):
    assert names.fold(nfd(text)) == names.fold(text)
    assert names.tone_key(nfd(text)) == names.tone_key(text)
    assert names.sort_key(text).isascii()


@given(vietnamese)
def test_tidying_keeps_the_key_and_is_done_once(text):
    tidied = names.tidy(text)

    assert names.tone_key(tidied) == names.tone_key(text)
    assert names.tidy(tidied) == tidied
    assert unicodedata.is_normalized("NFC", tidied)


@given(anything, anything)
def test_equal_tone_keys_fold_alike(one, other):
    if names.tone_key(one) == names.tone_key(other):
        assert names.fold(one) == names.fold(other)
        assert names.sort_key(one) == names.sort_key(other)


@given(vietnamese, vietnamese)
def test_a_comparison_uses_every_syllable_once(recorded, claimed):
    pairs = names.compare(recorded, claimed)

    assert [p.recorded for p in pairs if p.recorded] == names.tidy(recorded).split()
    assert [p.claimed for p in pairs if p.claimed] == names.tidy(claimed).split()


def test_the_alphabet_is_sorted_letter_by_letter():
    alphabet = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"

    for before, after in pairwise(alphabet):
        assert names.sort_key(before + "z") < names.sort_key(after + "a")
