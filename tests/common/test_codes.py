import pytest

from portal.common import codes


def test_a_new_code_is_valid_and_never_starts_with_zero():
    made = {codes.new_code() for _ in range(500)}

    assert len(made) == 500
    assert all(codes.is_valid(code) and code[0] != "0" for code in made)


def test_the_check_digit_is_the_published_one():
    """Damm's own example: 572 is completed by 4."""
    assert codes.check_digit("572") == "4"


def test_every_single_wrong_digit_is_found():
    code = codes.new_code()
    wrong = {
        code[:at] + digit + code[at + 1 :]
        for at in range(10)
        for digit in "0123456789"
        if digit != code[at]
    }

    assert len(wrong) == 90
    assert not any(codes.is_valid(text) for text in wrong)


def test_every_swap_of_neighbours_is_found():
    for _ in range(100):
        code = codes.new_code()
        for at in range(9):
            swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
            assert swapped == code or not codes.is_valid(swapped)


@pytest.mark.parametrize("text", ["", "123", "0000000000", "12345678901", "12345abcde"])
def test_what_is_not_ten_digits_is_no_code(text):
    assert not codes.is_valid(text)


@pytest.mark.parametrize(
    "typed",
    ["4829 1736 52", " 4829.1736.52", "4829-1736-52", "４８２９173652", "4829173652"],
)
def test_a_typed_code_is_cleaned(typed):
    assert codes.clean(typed) == "4829173652"


def test_a_code_is_shown_in_groups():
    assert codes.pretty("4829173652") == "4829 1736 52"


@pytest.mark.parametrize(
    "typed",
    [
        "4829173652",
        " 4829 1736 52 ",
        "4829-1736-52",
        "4829.1736.52",
        "4829 1736 52-1",
        "４８２９１７３６５２",
        "48Z9 I736 S2",
        "https://dumui.vn/t/4829173652",
        "dumui.vn/T/4829173652/",
        "localhost:8000/en/theo-doi/4829173652/",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed):
    assert codes.read(typed) == "4829173652"
