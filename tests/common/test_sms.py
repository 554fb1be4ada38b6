"""What a text message costs, and how its letters are made plain."""

import pytest

from portal.common import sms

SIZES = [
    ("", (True, 0, 1)),
    ("a" * 160, (True, 160, 1)),
    ("a" * 161, (True, 161, 2)),
    ("a" * 306, (True, 306, 2)),
    ("a" * 307, (True, 307, 3)),
    # Brackets take two places.
    ("[" * 80, (True, 160, 1)),
    ("[" * 81, (True, 162, 2)),
    # A sign of two places is not cut in half: 152 + 1 free place, then the bracket.
    ("a" * 152 + "[" + "a" * 152, (True, 306, 3)),
    ("đ" * 70, (False, 70, 1)),
    ("đ" * 71, (False, 71, 2)),
    ("đ" * 134, (False, 134, 2)),
    ("đ" * 135, (False, 135, 3)),
    # Outside of the basic plane a sign takes two units.
    ("😀" * 35, (False, 70, 1)),
    ("😀" * 36, (False, 72, 2)),
    ("Øé", (True, 2, 1)),
]


@pytest.mark.parametrize(("text", "expected"), SIZES)
def test_a_text_takes_so_many_segments(text, expected):
    size = sms.size(text)
    assert (size.is_gsm, size.units, size.segments) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Đã nhận phản ánh", "Da nhan phan anh"),
        ("H’Mông, Ê Đê – “Khmer”…", 'H\'Mong, E De - "Khmer"...'),
        ("Hường".encode().decode(), "Huong"),
        ("日本", "??"),
    ],
)
def test_letters_are_made_plain(text, expected):
    assert sms.plain(text) == expected
    assert sms.size(sms.plain(text)).is_gsm
