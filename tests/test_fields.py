"""Every field of ours is public, personal or secret (fields.csv); secrets are sealed.

Secret: unreadable in a stolen database, hence bytes made by ``portal.common.crypto``.
Personal: about somebody, readable by those who may. Public: neither.
"""

import csv
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

from complaints.actions import citizen
from portal.common import outbox
from portal.common.fields import SealedTextField
from tests.factories import (
    NOON,
    make_dose,
    make_organization,
    make_person,
    missing_dose,
    sender_for,
    submit,
)

CLASSES = {"public", "personal", "secret"}
# Django's own hash of a password; not ours to seal.
HASHED = {("accounts.User", "password")}


def table():
    path = Path(__file__).with_name("fields.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["model"], row["field"]): row["class"] for row in csv.DictReader(file)
        }


def own_fields():
    return {
        (model._meta.label, field.name): field
        for model in apps.get_models()
        if model.__module__.startswith(("portal.", "complaints."))
        for field in model._meta.concrete_fields
    }


def test_every_field_is_classified_and_none_is_left_over():
    assert set(table()) == set(own_fields())
    assert set(table().values()) == CLASSES


def test_secret_fields_are_sealed_bytes_and_sealed_bytes_are_secret():
    fields = own_fields()
    for key, kind in table().items():
        if kind == "secret" and key not in HASHED:
            sealed = (models.BinaryField, SealedTextField)
            assert isinstance(fields[key], sealed), key
        if key[1].endswith(("_sealed", "_mac")):
            assert kind == "secret", key


def test_free_text_about_people_is_never_called_public():
    fields = own_fields()
    wrong = [
        key
        for key, kind in table().items()
        if isinstance(fields[key], models.TextField) and kind == "public"
    ]
    assert not wrong


def everything_stored():
    """Return all rows of all tables, as text and as the bytes behind hexadecimal."""
    parts = []
    with connection.cursor() as cursor:
        for table_name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table_name}" t')
            parts += [row[0] for row in cursor.fetchall()]
    return "\n".join(parts)


@pytest.mark.usefixtures("all_rows")
def test_a_stolen_database_shows_no_number_and_no_telephone():
    number, phone, other = "079158765432", "+84900765432", "+84911222333"
    site = make_organization()
    person = make_person("Nguyễn Thị Thử", national_id=number, phone=phone)
    make_dose(person, site)
    # People write their numbers into the words that they are asked for, too.
    words = f"Hãy gọi tôi: 0{other.removeprefix('+84')}"
    sent = submit(
        missing_dose(site, story=words),
        sender=sender_for(person, national_id=number, phone=other),
    )
    (case,) = sent.submission.complaints.all()
    citizen.tell(complaint_id=case.pk, note=words, at=NOON)
    case.refresh_from_db()
    assert (case.story, case.events.latest("seq").note) == (words, words)
    for queue in ("route", "notify"):
        outbox.drain(queue=queue, at=NOON)

    stored = everything_stored()

    assert "Nguyễn Thị Thử" in stored
    for secret in (number, phone, other):
        for form in (secret, secret.lstrip("+"), secret.removeprefix("+84")):
            assert form not in stored
            assert form.encode().hex() not in stored
