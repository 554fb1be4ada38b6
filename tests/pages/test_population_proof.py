"""What staff read beside a field about the population register's word."""

import pytest
from django.utils import translation

from complaints.casefile import population_proof
from portal.registry.models import Person

WORDS = {
    "Agrees with the population register": "agrees",
    "Does not match population register": "wrong",
    "Not yet compared with the register": "not yet",
    "The register does not know the number, so this was not compared": "not compared",
}


@pytest.mark.parametrize(
    ("status", "wrong", "field", "read"),
    [
        ("matched", "", "full_name", "agrees"),
        ("not_sent", "", "full_name", "not yet"),
        ("mismatched", "full_name", "full_name", "wrong"),
        ("mismatched", "full_name", "born_on", "agrees"),
        ("mismatched", "full_name", "national_id", "agrees"),
        ("mismatched", "full_name,sex", "sex", "wrong"),
        ("mismatched", "national_id", "national_id", "wrong"),
        ("mismatched", "national_id", "full_name", "not compared"),
        ("mismatched", "", "full_name", "wrong"),
        ("no_number", "", "national_id", "wrong"),
        ("bad_format", "", "national_id", "wrong"),
    ],
)
def test_the_word_is_about_this_field(status, wrong, field, read):
    person = Person(population=status, population_wrong=wrong)

    with translation.override("en"):
        text = population_proof(person, field)["text"]

    assert WORDS[text] == read
