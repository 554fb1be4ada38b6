"""After a change of index keys every lasting digest can be made anew, and found."""

import json
import secrets
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection

from portal.common import crypto
from portal.common.forms import PartialDate
from portal.registry import identity
from portal.registry.corrections import digests
from portal.registry.models import IdentityDocument, MatchChange, QualityChange
from tests.factories import (
    make_organization,
    make_person,
    missing_dose,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")
BORN = PartialDate(1958, 3, 8)


@pytest.fixture
def person():
    """Somebody recorded, with a report, under the key of before."""
    made = make_person()
    submit(missing_dose(make_organization()), sender=sender_for(made))
    return made


def rotate():
    out, err = StringIO(), StringIO()
    try:
        call_command("rotate_digests", "--json", stdout=out, stderr=err)
    except SystemExit as ended:
        return json.loads(out.getvalue()), ended.code
    return json.loads(out.getvalue()), 0


def with_new_key(settings):
    keys = dict(django_settings.INDEX_KEYS)
    settings.INDEX_KEYS = keys | {max(keys) + 1: secrets.token_bytes(32)}


def found():
    return identity.find(national_id="079158012345", full_name="", born=BORN)


def test_who_was_recorded_under_the_old_key_is_found_under_the_new_one_alone(
    settings, person
):
    with_new_key(settings)
    assert [one.pk for one in found()] == [person.pk]

    told, code = rotate()
    settings.INDEX_KEYS = dict([max(settings.INDEX_KEYS.items())])

    assert code == 0
    assert {name: one["changed"] for name, one in told.items()} == {
        "registry_identitydocument": 1,
        "registry_telephone": 1,
        "complaints_submission": 1,
    }
    assert [one.pk for one in found()] == [person.pk]
    assert [one.pk for one in identity.sharing("+84900000215")] == [person.pk]


def test_begun_again_it_passes_over_what_is_done(settings, person):
    with_new_key(settings)
    rotate()

    told, _code = rotate()

    assert {one["changed"] for one in told.values()} == {0}


def test_stopped_in_the_middle_it_goes_on_with_the_rest(settings, person, monkeypatch):
    other = make_person("Trần Văn Hai", national_id="079058012346", phone="")
    with_new_key(settings)
    monkeypatch.setattr(digests, "BATCH", 1)
    next(digests.numbers())

    newest = crypto.digest("national_id", "079158012345")
    assert bytes(person.documents.get().number_digest) == newest
    older = crypto.digests("national_id", "079058012346")[1]
    assert bytes(other.documents.get().number_digest) == older
    told, _code = rotate()
    assert told["registry_identitydocument"]["changed"] == 1


def test_the_same_number_under_another_key_is_no_change_to_look_at(settings, person):
    with_new_key(settings)
    QualityChange.objects.all().delete()
    MatchChange.objects.all().delete()

    rotate()

    assert not QualityChange.objects.exists()
    assert not MatchChange.objects.exists()


def test_a_digest_of_no_known_key_is_left_and_told(settings, person):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.registry_writer', 'test', true)")
        cursor.execute(
            "UPDATE registry_identitydocument SET number_digest = %s", [b"x" * 32]
        )
    with_new_key(settings)

    told, code = rotate()

    assert (told["registry_identitydocument"]["unknown"], code) == (1, 1)
    assert bytes(IdentityDocument.objects.get().number_digest) == b"x" * 32
