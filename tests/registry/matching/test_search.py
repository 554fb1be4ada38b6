"""Candidates from the real tables: each block, sets of questions, other index keys."""

from datetime import date

import pytest

from portal.common.forms import PartialDate
from portal.registry import corrections
from portal.registry.matching.blocks import Question, candidates, search
from portal.registry.matching.facts import Facts, Place
from portal.registry.models import UnitSuccession
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_unit,
)

pytestmark = pytest.mark.usefixtures("all_rows")

BORN = PartialDate(1958, 3, 8)


@pytest.fixture
def hoa():
    return make_person("Nguyễn Thị Hoa")


def ask(by, *facts):
    return candidates([Question(each) for each in facts], **by)


def found(by, facts):
    (people,) = ask(by, facts)
    return [(c.person_id, c.judgement.grade) for c in people]


@pytest.mark.parametrize(
    ("way", "facts"),
    [
        ("number", {"numbers": ("079158012345",)}),
        ("number without its zero", {"numbers": ("79158012345",)}),
        ("telephone", {"phones": frozenset({"+84900000215"})}),
        ("name without accents and year", {"born": PartialDate(1958)}),
        ("name and swapped date", {"born": PartialDate(1958, 8, 3)}),
    ],
)
def test_each_block_finds_the_person(hoa, way, facts):
    question = Question(Facts(full_name="NGUYEN THI HOA", **facts))

    assert search([question]) == [{hoa.pk}], way


def test_an_abbreviated_name_or_one_in_foreign_order_finds_the_person(hoa):
    for name in ("Ng. T. Hoa", "Hoa Nguyễn Thị"):
        assert search([Question(Facts(full_name=name, born=BORN))]) == [{hoa.pk}]


def test_birth_date_and_commune_find_a_misspelt_person_across_the_merger(by):
    old = make_unit("07901", parent=make_unit("79", epoch="old"), epoch="old")
    new = make_unit("N1", parent=make_unit("N79"))
    UnitSuccession.objects.create(
        old=old, new=new, is_default=True, valid_from=date(2025, 7, 1)
    )
    person = make_person("Nguyễn Thị Hoa", residence=old)
    today = Place(frozenset({"N1"}), frozenset({"N79"}))

    people = found(by, Facts(full_name="Nguyễn Thị Hao", born=BORN, place=today))

    assert [pk for pk, _ in people] == [person.pk]


def test_a_session_finds_who_was_there_that_day(hoa):
    site = make_organization()
    make_dose(hoa, site, given_on="2021-08-12")
    session = {"site_id": site.pk, "given_on": date(2021, 8, 12)}
    who = Facts(full_name="Nguyễn Thị Hao", born=BORN)

    assert search([Question(who)]) == [set()]
    assert search([Question(who, **session)]) == [{hoa.pk}]


def test_a_full_match_is_certain_and_a_stranger_is_not_shown(by, hoa):
    stranger = Facts(full_name="Trần Văn Sơn", phones=frozenset({"+84900000215"}))

    assert found(
        by, Facts(full_name=hoa.full_name, born=BORN, numbers=("079158012345",))
    ) == [(hoa.pk, "certain")]
    assert not found(by, stranger)


def test_two_records_that_fit_alike_are_never_certain(by, hoa):
    make_person("Nguyễn Thị Hoa")
    facts = Facts(full_name=hoa.full_name, born=BORN, numbers=("079158012345",))

    (people,) = ask(by, facts)

    assert [c.judgement.grade for c in people] == ["probable", "probable"]
    assert all("not_ahead" in c.judgement.doubts for c in people)


def test_a_number_under_an_older_index_key_is_found_after_a_new_one(by, settings):
    settings.INDEX_KEYS = {1: b"o" * 32}
    person = make_person("Nguyễn Thị Hoa")
    settings.INDEX_KEYS = {1: b"o" * 32, 2: b"n" * 32}
    renewed = make_person(
        "Trần Văn Sơn",
        sex="M",
        born_on="1960-02-03",
        national_id="079060054321",
        phone="+84900000216",
    )

    for who, number, phone in (
        (person, "079158012345", "+84900000215"),
        (renewed, "079060054321", "+84900000216"),
    ):
        name = who.full_name
        assert found(by, Facts(full_name=name, numbers=(number,)))
        assert found(by, Facts(full_name=name, phones=frozenset({phone})))


def test_a_number_under_a_dropped_index_key_is_no_longer_found(by, settings):
    settings.INDEX_KEYS = {1: b"o" * 32}
    make_person("Nguyễn Thị Hoa")
    settings.INDEX_KEYS = {2: b"n" * 32}

    assert not found(by, Facts(full_name="Nguyễn Hoa", numbers=("079158012345",)))


def test_many_questions_cost_as_many_statements_as_one(
    by, hoa, django_assert_num_queries
):
    others = [
        make_person(
            f"Lê Thị {name}", national_id=f"07915800{n:04}", phone=f"+8490000{n:04}"
        )
        for n, name in enumerate(("Mai", "Lan", "Cúc", "Trúc"))
    ]
    asked = [
        Facts(full_name=p.full_name, born=BORN, numbers=(p.documents.get().number,))
        for p in [hoa, *others]
    ]
    ask(by, asked[0])

    with django_assert_num_queries(2):
        one = ask(by, asked[0])
    with django_assert_num_queries(2):
        all_of_them = ask(by, *asked)

    assert one[0] == all_of_them[0]
    assert [people[0].person_id for people in all_of_them] == [
        p.pk for p in [hoa, *others]
    ]


def test_the_order_of_questions_changes_no_answer(by, hoa):
    questions = [
        Facts(full_name="Nguyễn Thị Hoa", born=BORN),
        Facts(full_name="Ai Đó"),
        Facts(full_name="Hoa", phones=frozenset({"+84900000215"})),
    ]

    assert ask(by, *questions) == ask(by, *questions[::-1])[::-1]


def test_no_question_and_an_empty_one_find_nobody(by, hoa):
    assert ask(by) == []
    assert ask(by, Facts()) == [[]]


def test_a_joined_record_is_found_by_both_names_and_numbers_as_one_person(by):
    kept = make_person("Nguyễn Thị Hoa", phone="+84900000216")
    gone = make_person("Nguyễn Thị Huệ", national_id="", phone="+84900000217")
    corrections.merge(gone.pk, into=kept.pk, warrant=TEST_WARRANT, at=NOON)

    for who in (
        Facts(full_name="Nguyễn Thị Huệ", born=BORN, numbers=("079158012345",)),
        Facts(
            full_name="Nguyễn Thị Hoa", born=BORN, phones=frozenset({"+84900000217"})
        ),
    ):
        assert found(by, who) == [(kept.pk, "certain")]


def test_a_name_that_was_corrected_still_finds_the_person(by, hoa):
    corrections.add_alias(
        hoa.pk, full_name="Nguyễn Thị Huệ", warrant=TEST_WARRANT, at=NOON
    )

    people = found(
        by, Facts(full_name="NGUYEN THI HUE", born=BORN, numbers=("079158012345",))
    )

    assert people == [(hoa.pk, "certain")]
