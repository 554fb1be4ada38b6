"""Whatever the reader says has words, and names the cell it speaks of."""

import random
import re
from contextlib import suppress
from pathlib import Path

import pytest
from django.utils import translation

from portal.registry import imports
from portal.registry.imports import reading, reasons
from portal.registry.imports.exceptions import CannotRead
from tests.registry.imports.conftest import DATA, TODAY

HERE = Path(imports.__file__).parent
READER = ("cells", "people", "whose", "which", "line", "normalising", "reading")
# Worded where the list is compared with the registry, which says them as well.
SHARED = {"missing", "in_the_future", "before_birth", "same_as_row"}


def codes_in(name: str) -> set[str]:
    """Return the codes that a module writes out."""
    text = (HERE / f"{name}.py").read_text("utf-8")
    said = re.findall(
        r'"((?:id|phone|name|sex|born|given|product|lot|dose|note|formula)_[a-z_]+)"',
        text,
    )
    return set(said) - {"product_mark", "id_number", "id_old", "id_new", "id_kind"}


def test_every_code_that_the_reader_writes_has_words():
    roles = {"born_on", "born_male", "born_female", "born_day", "born_month"}
    roles |= {"born_year", "given_on", "given_name", "dose_number", "sex_male"}
    roles |= {"sex_female", "lot_number"}
    said = set().union(*map(codes_in, READER)) - roles

    assert len(said) > 40
    assert said <= reasons.WORDS.keys()


def test_what_stops_a_row_has_words():
    wordless = reasons.ERRORS - reasons.WORDS.keys() - SHARED
    assert not wordless


@pytest.mark.parametrize("language", ["vi", "en"])
def test_words_take_their_detail(language):
    with translation.override(language):
        for code, words in reasons.WORDS.items():
            assert str(words) % {"detail": "7", "column": "x"}, code


def test_a_spoilt_file_is_read_or_refused_and_never_anything_else(vocabulary):
    """Bytes changed here and there in real files of each kind."""
    chance = random.Random(7)
    for path in sorted(DATA.glob("long-binh-*")) + sorted(DATA.glob("*.csv")):
        for changes in (1, 3, 30):
            content = bytearray(path.read_bytes())
            for _ in range(changes):
                content[chance.randrange(len(content))] = chance.randrange(256)
            with suppress(CannotRead):
                list(reading.read(bytes(content), vocabulary=vocabulary, on=TODAY))
