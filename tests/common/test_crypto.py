import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from portal.common import crypto

# The keys are the same for every example.
_same_keys = effort(suppress_health_check=[HealthCheck.function_scoped_fixture])
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.FIELD_KEYS = {1: OLD, 2: NEW}
    settings.INDEX_KEYS = {1: OLD, 2: NEW}


def test_a_sealed_text_is_read_at_its_own_place():
    blob = crypto.seal("079190001234", bound_to="person:1:national_id")

    assert blob[0] == 2
    assert b"079190001234" not in blob
    assert crypto.unseal(blob, bound_to="person:1:national_id") == "079190001234"


def test_the_same_text_never_seals_to_the_same_bytes():
    assert crypto.seal("a", bound_to="x") != crypto.seal("a", bound_to="x")


def test_a_sealed_text_moved_to_another_row_is_unreadable():
    blob = crypto.seal("079190001234", bound_to="person:1")

    with pytest.raises(crypto.Unreadable):
        crypto.unseal(blob, bound_to="person:2")


def test_every_altered_byte_makes_it_unreadable():
    blob = crypto.seal("Hòa", bound_to="x")

    for at in range(len(blob)):
        altered = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with pytest.raises(crypto.Unreadable):
            crypto.unseal(altered, bound_to="x")


@pytest.mark.parametrize("blob", [b"", b"\x02", b"\x09" * 40])
def test_what_was_never_sealed_is_unreadable(blob):
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(blob, bound_to="x")


def test_values_under_an_old_key_stay_readable_after_a_new_one(settings):
    settings.FIELD_KEYS = {1: OLD}
    blob = crypto.seal("a", bound_to="x")
    settings.FIELD_KEYS = {1: OLD, 2: NEW}

    assert crypto.unseal(blob, bound_to="x") == "a"
    assert crypto.seal("a", bound_to="x")[0] == 2


def test_a_database_gives_bytes_as_memoryview():
    blob = memoryview(crypto.seal("a", bound_to="x"))

    assert crypto.unseal(blob, bound_to="x") == "a"


def test_a_structure_comes_back_as_it_was():
    value = {"name": "Hòa", "doses": [1, None, True]}

    assert (
        crypto.unseal_json(crypto.seal_json(value, bound_to="x"), bound_to="x") == value
    )


def test_a_digest_depends_on_purpose_text_and_key():
    made = {
        crypto.digest("phone", "1"),
        crypto.digest("phone", "2"),
        crypto.digest("national_id", "1"),
        crypto.digest("phone1", ""),
    }

    assert len(made) == 4
    assert {len(digest) for digest in made} == {32}


def test_a_look_up_tries_every_key_newest_first(settings):
    newest, oldest = crypto.digests("phone", "1")

    assert newest == crypto.digest("phone", "1")
    settings.INDEX_KEYS = {1: OLD}
    assert oldest == crypto.digest("phone", "1")


def test_a_one_time_code_matches_only_itself_at_its_place(settings):
    settings.INDEX_KEYS = {1: OLD}
    stored = crypto.code_mac("123456", bound_to="challenge:1")
    settings.INDEX_KEYS = {1: OLD, 2: NEW}

    assert crypto.code_matches(stored, "123456", bound_to="challenge:1")
    assert not crypto.code_matches(stored, "123457", bound_to="challenge:1")
    assert not crypto.code_matches(stored, "123456", bound_to="challenge:2")


@_same_keys
@given(purpose=st.text(max_size=20), text=st.text(max_size=200))
def test_a_digester_makes_the_digests_that_digest_makes(purpose, text):
    assert crypto.digester(purpose)(text) == crypto.digest(purpose, text)


@_same_keys
@given(text=st.text(max_size=50), place=st.text(max_size=30))
def test_what_a_sealer_sealed_is_read_at_its_place_only(text, place):
    blob = crypto.sealer()(text, place)

    assert blob[0] == 2
    assert crypto.unseal(blob, bound_to=place) == text
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(blob, bound_to=f"{place}.")


def test_a_sealer_never_seals_twice_to_the_same_bytes():
    seal = crypto.sealer()

    assert seal("a", "x") != seal("a", "x")
