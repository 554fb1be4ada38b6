"""Whose record was put right sees what, since when, and where to say it is wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from complaints.actions import campaigns, intake, prepared, selfcorrection, selfnotices
from complaints.models import Campaign, Prepared, SelfCorrection
from complaints.rules.selfcorrection.table import RULES
from portal.common import crypto, outbox, scope, sms
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.models import Person
from tests.actions.test_prepared import contradicted
from tests.actions.test_selfcorrection import clone
from tests.factories import (
    TEST_WARRANT,
    knows,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
    missing_dose,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import NUMBER, open_record, text_of

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
TITLE = "Vừa được sửa"
NAME = "Nguyễn Thị Thử"


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def boss(station):
    return make_staff(station, "administrator")


def untidy(station):
    """Make somebody whose tone mark stands where old typewriters put it."""
    person = make_person(residence=station.commune)
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(full_name="Nguyễn Thị Hoà")
    return person


def walk(*rules, boss, at=None):
    at = at or timezone.now()
    campaigns.start(rules=rules, cap=100, by=boss, at=at)
    for queue in ("report", "population") * 4:
        outbox.drain(queue=queue, at=at)


def shown(client, **typed):
    page = open_record(client, **typed)
    assert page.status_code == 200
    return page, text_of(page)


def test_what_a_campaign_changed_stands_on_the_record_with_its_past(
    client, station, boss
):
    untidy(station)
    walk("A1", boss=boss)

    page, words = shown(client)

    today = timezone.localdate().strftime("%d/%m/%Y")
    assert f"Được tự động sửa ngày {today}." in words
    with translation.override("vi"):
        assert str(RULES["A1"].citizen) in words
    assert "trước đây: Nguyễn Thị Hoà" in words
    assert "nay là: Nguyễn Thị Hòa" in words
    at = page.content.decode().index("nay là: Nguyễn Thị Hòa")
    link = page.content.decode()[at : at + 200]
    assert "/bao-sai/?kind=wrong_person#id_full_name" in link
    assert "Sai?" in link


def test_what_was_taken_back_is_shown_no_more(client, station, boss):
    untidy(station)
    walk("A1", boss=boss)
    with scope.system():
        ref = SelfCorrection.objects.get().ref
    selfcorrection.undo(ref, by=make_staff(station, "overseer"), at=timezone.now())

    _page, words = shown(client)

    assert TITLE not in words
    assert "Nguyễn Thị Hoà" in words


def test_what_was_changed_again_since_is_shown_no_more(client, station, boss):
    person = untidy(station)
    walk("A1", boss=boss)
    corrections.correct_person(
        person.pk,
        {"full_name": "Nguyễn Thị Hóa"},
        warrant=TEST_WARRANT,
        at=timezone.now(),
    )

    assert TITLE not in shown(client)[1]


@pytest.mark.parametrize(("days", "is_shown"), [(89, True), (91, False)])
def test_it_is_shown_for_a_quarter_of_a_year(client, station, boss, days, is_shown):
    untidy(station)
    walk("A1", boss=boss, at=timezone.now() - timedelta(days=days))

    assert (TITLE in shown(client)[1]) == is_shown


def test_a_record_that_nothing_was_changed_on_says_nothing(client, station):
    make_dose(make_person(residence=station.commune), station)

    assert TITLE not in shown(client)[1]


def test_a_number_that_got_its_zero_back_is_masked_and_told_by_its_length(
    client, station
):
    knows(NUMBER, NAME, "1958-03-08", "F")
    person = make_person(national_id=NUMBER[1:], residence=station.commune)
    matter = intake.Matter("wrong_person", {"national_id": NUMBER})
    submit(matter, sender=sender_for(person), at=timezone.now())
    for queue in ("route", "population") * 3:
        outbox.drain(queue=queue, at=timezone.now())

    page, words = shown(client)

    assert "(11 chữ số)" in words
    assert "(12 chữ số)" in words
    assert NUMBER[1:] not in page.content.decode()
    assert "kind=wrong_person#id_national_id" in page.content.decode()


def test_a_dose_that_counts_no_more_is_named_with_the_way_to_miss_it(
    client, station, boss
):
    person = make_person(residence=station.commune)
    clone(make_dose(person, station))
    walk("A6", boss=boss)

    page, words = shown(client)

    assert "Mũi tiêm ngày 12/08/2021, AstraZeneca" in words
    assert "Không tính nữa, vẫn lưu là ghi nhầm" in words
    assert page.content.decode().count("kind=missing_dose") >= 2


def doubled_numbers(station):
    """Return the second dose of somebody both of whose doses are the first."""
    person = make_person(residence=station.commune)
    others = [
        make_person(f"Trần Văn {n}", national_id=None, phone=None) for n in range(2)
    ]
    for one in (person, *others):
        make_dose(one, station)
        number = "1" if one == person else "2"
        make_dose(one, station, given_on="2021-09-12", dose_number=number)
    return person.doses.get(given_on="2021-09-12")


def test_the_number_of_a_dose_is_named_with_its_dose(client, station, boss):
    second = doubled_numbers(station)
    walk("A5", boss=boss)

    page, words = shown(client)

    assert "Mũi thứ, mũi tiêm ngày 12/09/2021" in words
    assert "trước đây: 1" in words
    assert f"dose={second.ref}#id_dose_number" in page.content.decode()


def test_what_staff_recorded_from_what_a_rule_found_is_shown_as_theirs(
    client, station, boss
):
    dose = contradicted(station)
    walk("B1", boss=boss)
    ref = Prepared.objects.get().ref
    prepared.accept(ref, by=make_staff(station), at=timezone.now())

    page, words = shown(client)

    assert "Được cơ sở y tế sửa ngày" in words
    assert "nay là: Spikevax" in words
    assert f"dose={dose.ref}#id_product" in page.content.decode()


def test_two_records_that_a_click_joined_are_told(client, station):
    person = make_person(residence=station.commune)
    other = make_person(NAME, national_id=None, phone=None)
    by = corrections.Warrant("review", "thử")
    corrections.merge(other.pk, into=person.pk, warrant=by, at=timezone.now())

    assert str(RULES["B7"].citizen) in shown(client)[1]


LINKED = [selfnotices.DONE, selfnotices.PREPARED, *selfnotices.INVITED.values()]
OTHERS = [
    selfnotices.UNDONE,
    selfnotices.PUT_BACK,
    selfnotices.RENEWED,
    selfnotices.REVOKED,
]
PRESS = {"vi": "bam", "en": "press"}


@pytest.mark.parametrize("language", PRESS)
@pytest.mark.parametrize("texts", LINKED)
def test_the_message_names_the_link_as_the_page_does(texts, language):
    with translation.override(language):
        link = translation.gettext("Wrong?")

    assert f"{PRESS[language]} {link}" in texts[language]


@pytest.mark.parametrize("texts", [*LINKED, *OTHERS])
def test_a_message_is_one_segment_in_either_language(texts):
    told = [text.format(help="1900 0000 999") for text in texts.values()]

    assert set(texts) == {"vi", "en"}
    assert [(sms.size(t).is_gsm, sms.size(t).segments) for t in told] == [(True, 1)] * 2


@pytest.mark.parametrize(
    ("spoken", "words"),
    [([], "vua duoc tu sua"), (["en", "vi"], "vua duoc tu sua"), (["vi", "en"], "put")],
)
def test_who_reported_in_english_is_told_in_english_without_a_report_too(
    station, boss, spoken, words
):
    person = untidy(station)
    for day, language in enumerate(spoken, start=1):
        sender = replace(sender_for(person), language=language)
        matter = missing_dose(station, given_on=f"2021-08-0{day}")
        submit(matter, sender=sender, at=timezone.now())
    walk("A1", boss=boss)

    before = set(DemoMessage.objects.values_list("pk", flat=True))
    done = list(SelfCorrection.objects.values_list("pk", flat=True))
    selfnotices.tell_done(done, at=timezone.now())

    told = DemoMessage.objects.exclude(pk__in=before).get()
    text = crypto.unseal(told.text_sealed, bound_to=f"demo:{told.provider_key}")
    assert words in text


def test_nobody_but_whose_record_it_is_is_shown_it(client, station, boss):
    other = make_person("Lê Văn Khác", national_id=None, phone="+84900000999")
    with corrections.writing("imports"):
        Person.objects.filter(pk=other.pk).update(full_name="Lê Văn Hoà")
    make_person(residence=station.commune)
    walk("A1", boss=boss)

    assert Campaign.objects.get().changed == 1
    assert TITLE not in shown(client)[1]
