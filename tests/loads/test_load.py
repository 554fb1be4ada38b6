"""A country's file against a real registry."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from portal.audit.models import Entry
from portal.registry import corrections
from portal.registry.models import (
    Certificate,
    Correction,
    Dose,
    IdentityDocument,
    Load,
    LoadBlock,
    Person,
    Telephone,
)
from tests.factories import (
    LONG_AGO,
    NOON,
    make_organization,
    make_person,
)
from tests.loads.doses import counts, put_on_record
from tests.loads.test_lines import GOOD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ground")]


def test_a_person_with_two_doses_is_written_once(take_in):
    report, findings, _ = take_in({}, {"given_on": "2021-10-12", "dose_number": "2"})

    assert findings == []
    assert (report["rows"], report["people"], report["doses"]) == (2, 1, 2)
    person = Person.objects.get()
    assert (person.full_name, person.name_folded) == (
        "Nguyễn Thị Thử",
        "nguyen thi thu",
    )
    assert person.population == "not_sent"
    assert IdentityDocument.objects.get(person=person).number == "079158012345"
    assert Telephone.objects.get(person=person).number == "+84912345678"
    first, second = person.doses.order_by("given_on")
    assert (first.source, first.status, first.version) == ("upload", "completed", 1)
    assert (first.lot_number, first.dose_number) == ("FF2752", 1)
    assert second.given_on == date(2021, 10, 12)


def test_a_dose_joins_the_record_that_is_there(take_in):
    person = make_person("NGUYỄN THỊ  THỬ", phone="+84912345678")

    report, findings, _ = take_in({})

    assert findings == []
    assert (report["people"], report["doses"]) == (0, 1)
    assert person.doses.get().name_recorded == "Nguyễn Thị Thử"


def test_a_dose_that_is_on_record_is_counted_and_not_added(take_in):
    person = make_person(phone="+84912345678")
    put_on_record(person)

    report, findings, _ = take_in({}, {}, {"product": "vaxzevria"})

    assert findings == []
    assert (report["doses"], report["same"]) == (1, 2)


@pytest.mark.parametrize(
    ("on_record", "row", "column"),
    [
        ({"lot": "ZZ1"}, {}, "lot"),
        ({"lot": ""}, {}, "lot"),
        ({"dose_number": "2"}, {}, "dose_number"),
        ({}, {"lot": "", "dose_number": ""}, ""),
    ],
    ids=["another lot", "no lot on record", "another number", "silent about both"],
)
def test_a_dose_of_that_day_with_other_facts_is_said_and_not_taken_for_the_same(
    take_in, on_record, row, column
):
    put_on_record(make_person(phone="+84912345678"), **on_record)

    report, findings, _ = take_in(row)

    wanted = [(2, column, "another_on_record", "no")] if column else []
    assert findings == wanted
    assert (report["doses"], report["refused"]) == (0, len(wanted))
    assert report["same"] == 1 - len(wanted)


def test_a_dose_of_another_site_on_that_day_is_said(take_in):
    make_organization("TYT-OTHER")
    put_on_record(make_person(phone="+84912345678"))

    _, findings, _ = take_in({"site": "TYT-OTHER"})

    assert findings == [(2, "site", "another_on_record", "no")]


@pytest.mark.parametrize(
    ("phone", "kept", "reason"),
    [
        ("02438123456", [], "not_mobile"),
        ("0912345678 / 0987654321", ["+84912345678"], "several"),
        ("không có", [], "letters"),
    ],
)
def test_a_telephone_that_is_none_does_not_stop_the_dose(take_in, phone, kept, reason):
    report, findings, _ = take_in({"phone": phone})

    assert findings == [(2, "phone", reason, "yes")]
    assert (report["doses"], report["refused"]) == (1, 0)
    assert [t.number for t in Telephone.objects.all()] == kept


def test_a_box_that_was_only_filled_does_not_stop_the_dose(take_in):
    _, findings, _ = take_in({"id_number": "111111111111"})

    assert findings == [(2, "id_number", "dummy", "yes")]
    assert Telephone.objects.get().person.doses.count() == 1
    assert not IdentityDocument.objects.exists()


def test_zeros_that_were_eaten_find_the_record(take_in):
    person = make_person(phone="+84912345678")

    report, findings, _ = take_in({"id_number": "79158012345"})

    assert findings == [(2, "id_number", "zeros_eaten", "yes")]
    assert (report["people"], person.doses.count()) == (0, 1)


def test_a_newcomers_number_stands_as_the_file_has_it_until_it_is_confirmed(take_in):
    _, findings, _ = take_in({"id_number": "79158012345"}, {"given_on": "2021-10-12"})

    assert [f[1:] for f in findings] == [("id_number", "zeros_eaten", "yes")]
    document = IdentityDocument.objects.get()
    assert (document.number, document.kind) == ("79158012345", "other")
    assert document.person.doses.count() == 2


def test_a_later_file_with_the_same_orphans_adds_none_of_them_again(take_in):
    nobody = {"id_number": "", "phone": ""}
    take_in(nobody, nobody)
    assert Dose.objects.count() == 2, "namesakes of one session are two people"
    given = Dose.objects.earliest("pk")
    person = make_person("Nguyễn Thị Thử", national_id="", phone="")
    corrections.attach(
        given.pk, to=person.pk, warrant=corrections.Warrant("rule", "test"), at=NOON
    )

    report, _, _ = take_in(nobody, nobody, nobody, {**nobody, "lot": "FF9999"})

    assert (report["doses"], report["orphans"], report["same"]) == (2, 2, 2)
    assert Dose.objects.count() == 4


def test_namesakes_born_on_other_days_are_not_taken_for_one_another(take_in):
    first = {"id_number": "", "phone": ""}
    second = {**first, "born_on": "1961-05-06"}
    take_in(first, second)
    given = Dose.objects.earliest("pk")
    person = make_person("Nguyễn Thị Thử", national_id="", phone="")
    corrections.attach(
        given.pk, to=person.pk, warrant=corrections.Warrant("rule", "test"), at=NOON
    )

    report, _, _ = take_in(first, second, {**first, "lot": "FF9999"})

    assert (report["doses"], report["same"], Dose.objects.count()) == (1, 2, 3)


def test_a_dose_of_a_load_makes_the_certificate_stale(take_in):
    person = make_person(phone="+84912345678")
    dose = put_on_record(person)
    Certificate.objects.create(
        person=person,
        dose=dose,
        identifier="URN:UVCI:01:VN:1",
        revocation=b"r" * 16,
        text_sealed=b"x",
        issued_at=LONG_AGO,
        expires_at=NOON,
    )
    other = make_person("Trần Văn Khác", national_id="024618357", phone="")
    before = stale_since(other)

    take_in(
        {"given_on": "2021-10-12"},
        {"id_number": "024618357", "full_name": "Trần Văn Khác", "phone": ""},
    )

    assert stale_since(person) > NOON
    assert stale_since(other) == before


def stale_since(person):
    return Person.objects.get(pk=person.pk).certificate_stale_since


def test_a_dose_of_a_joined_record_goes_to_the_one_that_survives(take_in):
    joined = make_person(phone="+84912345678")
    surviving = make_person("Nguyễn Thị Thử", national_id="", phone="+84900000009")
    corrections.merge(
        joined.pk,
        into=surviving.pk,
        warrant=corrections.Warrant("rule", "test"),
        at=NOON,
    )

    _, findings, _ = take_in({})

    assert Dose.objects.get().person == surviving
    assert findings == [(2, "phone", "another_on_record", "yes")]


def test_another_telephone_than_the_one_on_record_is_told_and_not_taken(take_in):
    person = make_person(phone="+84900000001")

    _, findings, _ = take_in({})

    assert findings == [(2, "phone", "another_on_record", "yes")]
    assert person.doses.count() == 1
    assert Telephone.objects.get().number == "+84900000001"


@pytest.mark.parametrize("name", ["Nguyễn Văn A\\", "\\N", "Lê \\t Hai", "A\\\\B Ba"])
def test_a_backslash_in_a_name_takes_nothing_along(take_in, name):
    _, findings, _ = take_in({"full_name": name}, {"id_number": "024618357"})

    assert findings == []
    assert set(Person.objects.values_list("full_name", flat=True)) == {
        name,
        "Nguyễn Thị Thử",
    }


def test_refused_rows_stand_with_row_column_and_reason_beside_the_taken(take_in):
    report, findings, path = take_in(
        {"site": "TYT-9"}, {}, {"given_on": "2030-01-01", "id_number": ""}
    )

    assert findings == [
        (2, "site", "unknown", "no"),
        (4, "given_on", "future", "no"),
    ]
    assert (report["doses"], report["refused"], report["rows"]) == (1, 2, 3)
    told = path.with_name(f"{path.name}.findings.csv").read_text("utf-8")
    assert "Nguyễn" not in told
    assert "079158012345" not in told


def test_the_same_file_again_changes_nothing(take_in):
    report, _, path = take_in({}, {"id_number": "", "phone": ""})
    before = counts()
    told = StringIO()

    call_command("import_doses", str(path), "--processes=1", "--json", stdout=told)

    again = json.loads(told.getvalue())
    assert counts() == before
    assert again["rows_this_run"] == 0
    assert again["doses"] == report["doses"]
    assert Load.objects.get().done_at is not None


def test_the_ledger_names_every_row_that_a_block_added(take_in):
    take_in({}, {"given_on": "2021-10-12"})

    block = LoadBlock.objects.get()
    runs = block.dose_ids
    for dose in Dose.objects.all():
        assert any(first <= dose.pk <= last for first, last in runs)
    entry = Entry.objects.get(subject="registry.loadblock")
    assert (entry.subject_id, entry.detail) == (block.pk, "people=1,doses=2")
    assert not Correction.objects.exists()


def test_bytes_that_are_no_text_refuse_their_row(take_in, tmp_path):
    path = tmp_path / "raw.csv"
    head = ",".join(GOOD)
    good = ",".join(GOOD.values())
    bad = good.encode().replace("Thử".encode(), b"Th\xff")
    path.write_bytes(f"{head}\n{good}\n".encode() + bad + b"\n")

    with pytest.raises(SystemExit):
        call_command("import_doses", str(path), "--processes=1", stdout=StringIO())

    assert LoadBlock.objects.get().findings == [[3, "full_name", "encoding", False]]
    assert counts() == (1, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no rows"),
        (b"ho ten,ngay sinh\n", "name the columns"),
        (",".join(GOOD).encode() + b"\n", "no rows"),
        (b"\xff\xfe\n", "letters"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(tmp_path, content, words):
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    with translation.override("en"), pytest.raises(CommandError, match=words) as error:
        call_command("import_doses", str(path))
    assert error.value.returncode == 2


def test_while_digest_keys_are_changed_nothing_is_taken_in(tmp_path, settings):
    settings.INDEX_KEYS = {**settings.INDEX_KEYS, 9: b"n" * 32}
    path = tmp_path / "file.csv"
    path.write_text(",".join(GOOD) + "\n" + ",".join(GOOD.values()) + "\n", "utf-8")

    with pytest.raises(CommandError):
        call_command("import_doses", str(path))
    assert counts() == (0, 0)
