"""Whatever happens while tables stand bare, they end with all they had."""

import pytest
from django.db import IntegrityError, connection, transaction

from complaints.demo import bare
from portal.registry import corrections
from portal.registry.models import Person, QualityChange
from tests.factories import make_person

pytestmark = pytest.mark.django_db

_DEFINITIONS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
FROM pg_constraint WHERE contype <> 'n'
UNION ALL
SELECT indrelid::regclass::text, indexrelid::regclass::text,
       pg_get_indexdef(indexrelid), indisvalid
FROM pg_index
WHERE indrelid::regclass::text LIKE 'registry%%'
UNION ALL
SELECT tgrelid::regclass::text, tgname, tgenabled::text, true
FROM pg_trigger WHERE NOT tgisinternal
"""


def definitions():
    with connection.cursor() as cursor:
        cursor.execute(_DEFINITIONS)
        return sorted(cursor.fetchall())


def indexes_of(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename = %s", [table])
        return cursor.fetchone()[0]


def add(ref, full_name="Nguyễn Thị Thử", residence=None):
    with corrections.writing("imports"):
        Person.objects.create(
            ref=ref, full_name=full_name, born_on="1958-03-08", residence_id=residence
        )


REF = "00000000-0000-4000-8000-000000000001"


def test_indexes_and_references_go_and_come_back_as_they_were():
    before = definitions()

    with transaction.atomic(), bare.bared():
        assert not any(map(indexes_of, bare.TABLES))
        add(REF)

    assert definitions() == before
    assert Person.objects.get(ref=REF).full_name == "Nguyễn Thị Thử"


def test_the_quality_rules_look_at_everything_that_was_written():
    QualityChange.objects.all().delete()

    with transaction.atomic(), bare.bared():
        add(REF)

    assert list(QualityChange.objects.values_list("kind", flat=True)) == ["all"]


def test_somebody_recorded_at_the_last_moment_stays():
    before = definitions()
    person = make_person()

    def empty_them():
        with transaction.atomic(), bare.bared():
            pass

    with pytest.raises(bare.NotEmpty):
        empty_them()

    assert definitions() == before
    assert Person.objects.get() == person


def test_a_failure_in_the_middle_takes_nothing_off():
    before = definitions()

    def fail():
        with transaction.atomic(), bare.bared():
            add(REF)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert definitions() == before
    assert not Person.objects.exists()


@pytest.mark.parametrize("broken", ["unique", "reference"])
def test_rows_that_break_a_constraint_are_refused_at_the_end(broken):
    before = definitions()

    def break_it():
        with transaction.atomic(), bare.bared():
            add(REF, residence=-1 if broken == "reference" else None)
            if broken == "unique":
                add(REF)

    with pytest.raises(IntegrityError):
        break_it()

    assert definitions() == before
    assert not Person.objects.exists()


def test_only_empty_tables_can_be_bared():
    assert bare.can_be_bared()
    make_person()
    assert not bare.can_be_bared()
