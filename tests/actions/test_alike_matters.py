"""What counts as one matter: of two doses that look alike neither is lost."""

from dataclasses import replace
from datetime import date

import pytest

from complaints.actions import joining, rotation
from complaints.actions.reported import Held, Matter, Urgent
from complaints.choices import Field, Kind
from complaints.models import Complaint, Joining
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    missing_dose,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")


@pytest.fixture
def site():
    make_product()
    return make_organization()


def of_the_year(site, number="", story=""):
    """Return a missing dose of which the year is known, and perhaps its number."""
    matter = missing_dose(site, given_on="2021-01-01", product="", story=story)
    claims = {Field.GIVEN_ON.value: "2021", Field.SITE.value: site.code}
    if number:
        claims[Field.DOSE_NUMBER.value] = number
    return replace(matter, claims=claims)


def stories():
    return [case.story for case in Complaint.objects.order_by("pk")]


def test_two_doses_of_one_year_in_one_report_are_two_matters(site):
    submit(of_the_year(site, story="mũi đầu"), of_the_year(site, story="mũi sau"))

    assert stories() == ["mũi đầu", "mũi sau"]


def test_even_if_not_a_word_tells_them_apart(site):
    submit(of_the_year(site), of_the_year(site))

    assert Complaint.objects.count() == 2


def test_reported_again_each_of_them_is_joined(site):
    two = (of_the_year(site), of_the_year(site))
    first = submit(*two)

    again = submit(*two)

    assert {case.pk for case in again.joined} == set(
        first.submission.complaints.values_list("pk", flat=True)
    )
    assert len(joining.already_open(sender_for(), two)) == 2


def test_dose_one_and_dose_two_sent_apart_are_two_matters(site):
    submit(of_the_year(site, "1"))

    second = submit(of_the_year(site, "2"))
    first_again = submit(of_the_year(site, "1"))

    assert not second.joined
    assert [case.pk for case in first_again.joined] == [Complaint.objects.first().pk]


def test_the_same_said_twice_of_a_dose_on_record_is_one_matter(site):
    person = make_person()
    dose = make_dose(person, site)
    lot = missing_dose(site, dose_id=dose.pk)
    lot = replace(lot, kind=Kind.WRONG_DOSE, claims={"lot": "ABX1"})
    other = replace(lot, claims={"lot": "ABX2"})

    submit(lot, lot, other, sender=sender_for(person))

    claimed = [case.claims.get().claimed for case in Complaint.objects.order_by("pk")]
    assert claimed == ["ABX1", "ABX2"]


def test_told_in_other_words_it_is_one_matter_with_the_words_of_both(site):
    person = make_person()
    dose = make_dose(person, site)
    held = [Held("lot_unknown", reason="Giấy ghi rõ"), Held("paper_form")]
    first = Matter(
        kind=Kind.NOT_MINE,
        claims={"dose": "void"},
        dose_id=dose.pk,
        story="Tôi ở quê",
        held=(held[0],),
    )
    other = replace(first, story="Tôi tiêm nơi khác", held=(held[1],))

    submit(first, other, replace(first, story=""), sender=sender_for(person))

    case = Complaint.objects.get()
    assert case.story == "Tôi ở quê\nTôi tiêm nơi khác"
    assert {row.check_name for row in case.caveats.all()} == {
        "lot_unknown",
        "paper_form",
    }


def test_a_change_of_keys_finds_the_second_of_two_alike(site, settings):
    submit(of_the_year(site, "1"), of_the_year(site, "1"))
    settings.INDEX_KEYS = settings.INDEX_KEYS | {9: b"9" * 32}

    (told,) = [done for done in rotation.complaints() if done.rows][-1:]

    assert (told.changed, told.unknown) == (2, 0)
    assert len(submit(of_the_year(site, "1"), of_the_year(site, "1")).joined) == 2


@pytest.mark.parametrize(
    ("facts", "is_one"),
    [
        # Whole birth date: one person, from whatever telephone.
        ({}, True),
        # The year alone, and no number: one person only at one telephone.
        ({"is_born_partly": True}, False),
        ({"is_born_partly": True, "phone": "+84900000215"}, True),
        ({"is_born_partly": True, "national_id": "079158012345"}, True),
    ],
)
def test_namesakes_are_one_person_only_where_something_else_agrees(site, facts, is_one):
    first = {"full_name": "Nguyễn Thị Hoà", "born_on": date(1960, 1, 1)}
    submit(missing_dose(site), sender=sender_for(**(first | facts)))
    other = {"full_name": "Nguyễn Thị Hoa", "phone": "+84900000999"}

    again = submit(missing_dose(site), sender=sender_for(**(first | other | facts)))

    assert bool(again.joined) is is_one


def test_what_becomes_urgent_later_is_urgent_for_the_case(site):
    submit(missing_dose(site))
    in_december, in_november = date(2026, 12, 2), date(2026, 11, 30)
    held = Held("lot_unknown", reason="Giấy ghi rõ")

    submit(missing_dose(site, held=(held,)), urgent=Urgent(in_december, "travel"))
    submit(missing_dose(site), urgent=Urgent(in_november, "school"))
    submit(missing_dose(site), urgent=Urgent(in_december, "work"))

    case = Complaint.objects.get()
    assert (case.urgent_on, case.urgent_reason) == (in_november, "school")
    said = [row.said for row in Joining.objects.order_by("pk")]
    assert [one["urgent"]["reason"] for one in said] == ["travel", "school", "work"]
    assert said[0]["held"] == [
        {"check": "lot_unknown", "said": "", "reason": "Giấy ghi rõ"}
    ]
