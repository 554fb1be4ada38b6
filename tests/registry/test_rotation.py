"""After a change of index keys every lasting digest can be made anew, and found."""

import json
import secrets
import uuid
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection

from complaints import permissions
from complaints.actions import (
    addresses,
    citizen,
    intake,
    moving,
    rotation,
    verdicts,
)
from complaints.choices import Kind, Status
from complaints.models import Complaint, Submission
from complaints.rules.refused import Refused
from portal.accounts import staffing
from portal.accounts.models import User
from portal.common import crypto, scope
from portal.common.forms import PartialDate
from portal.registry import corrections, identity
from portal.registry.corrections import digests
from portal.registry.models import IdentityDocument, MatchChange, QualityChange
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_organization,
    make_person,
    make_staff,
    missing_dose,
    only_complaint,
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
        "complaints_complaint": 1,
        "accounts_user": 0,
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


def keys_of(settings):
    """Leave the newest key alone, as somebody does who drops the old one."""
    settings.INDEX_KEYS = dict([max(settings.INDEX_KEYS.items())])


def test_a_matter_reported_again_joins_the_first_before_and_after_the_old_key_is_gone(
    settings, person
):
    case = Complaint.objects.get()
    site, sender = case.site, sender_for(person)
    with_new_key(settings)

    during = submit(missing_dose(site), sender=sender)
    rotate()
    keys_of(settings)
    after = submit(missing_dose(site), sender=sender)

    assert [[one.pk for one in sent.joined] for sent in (during, after)] == (
        [[case.pk], [case.pk]]
    )
    assert Complaint.objects.count() == 1


def test_a_report_without_a_record_and_one_of_a_detail_keep_their_keys_too(settings):
    site = make_organization()
    stranger = sender_for(full_name="Lê Thị Lạ")
    owner = make_person("Phạm Văn Chủ", national_id="079058012399")
    detail = intake.Matter(Kind.WRONG_PERSON, {"full_name": "Phạm Văn Chú"})
    submit(missing_dose(site), sender=stranger)
    submit(detail, sender=sender_for(owner))
    with_new_key(settings)

    told, code = rotate()
    keys_of(settings)

    assert (told["complaints_complaint"]["changed"], code) == (2, 0)
    assert submit(missing_dose(site), sender=stranger).joined
    assert submit(detail, sender=sender_for(owner)).joined


def test_what_staff_filled_in_meanwhile_does_not_hide_what_was_sent(settings, person):
    case = Complaint.objects.get()
    claims = list(case.claims.all())
    verdicts.fill_in(case, claims, {"lot": "ABX1", "product": "AZ"})
    with_new_key(settings)

    told, code = rotate()

    assert (told["complaints_complaint"]["changed"], code) == (1, 0)


def test_the_link_in_an_email_works_after_the_old_key_is_gone(settings, person):
    row = addresses.ask(Submission.objects.get(), "thu@example.vn", at=NOON)
    with_new_key(settings)

    rotate()
    keys_of(settings)

    assert addresses.by_token(row.token, at=NOON) == row


def staff_with_own(person, *, phone="+84900000215"):
    """Return a member of staff who has given their own telephone and number."""
    unit = make_organization("TYT-OWN")
    boss = make_staff(unit, "administrator")
    user = make_staff(unit)
    staffing.know(
        user=user,
        phone=phone,
        national_id="079158012345",
        by=boss,
        postings=list(boss.current_postings(at=NOON)),
        at=NOON,
    )
    return user


def test_nobody_may_decide_their_own_case_while_keys_change_nor_after(settings, person):
    user = staff_with_own(person)
    case = Complaint.objects.get()
    with_new_key(settings)
    later = only_complaint(
        submit(
            missing_dose(case.site, given_on="2021-12-01"), sender=sender_for(person)
        )
    )

    during = [permissions.concerns(user, one) for one in (case, later)]
    rotate()
    keys_of(settings)
    user = User.objects.get(pk=user.pk)
    case, later = Complaint.objects.order_by("pk")

    assert during == [True, True]
    assert [permissions.concerns(user, one) for one in (case, later)] == [True, True]
    assert permissions.concerns_record(user, [person.pk])


def test_staff_whose_own_telephone_nobody_else_bears_are_named(settings, person):
    user = staff_with_own(person, phone="+84900009999")
    with_new_key(settings)
    out, err = StringIO(), StringIO()

    with pytest.raises(SystemExit):
        call_command("rotate_digests", stdout=out, stderr=err)

    assert user.username in err.getvalue()
    assert "+84900009999" not in out.getvalue() + err.getvalue()


def test_a_number_made_anew_while_it_is_corrected_stays_so(settings, person):
    """The correction read the row before, and writes what it changes of it alone."""
    with_new_key(settings)
    newest = crypto.digest("national_id", "079158012345")
    meanwhile = []

    def rotate_in_between(execute, sql, *rest):
        if sql.startswith('UPDATE "registry_identitydocument"') and not meanwhile:
            meanwhile.append(sql)
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE registry_identitydocument SET number_digest = %s", [newest]
                )
        return execute(sql, *rest)

    with connection.execute_wrapper(rotate_in_between):
        corrections.correct_person(
            person.pk, {"national_id": "079158012346"}, warrant=TEST_WARRANT, at=NOON
        )

    assert meanwhile
    old = person.documents.get(is_current=False)
    assert bytes(old.number_digest) == newest


def filed_by_a_process_that_knows_the_new_key_alone(settings, person, site):
    keys = settings.INDEX_KEYS
    keys_of(settings)
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    settings.INDEX_KEYS = keys
    return case


def test_two_open_reports_of_one_matter_are_told_and_the_rest_is_done(settings, person):
    first = Complaint.objects.get()
    with_new_key(settings)
    second = filed_by_a_process_that_knows_the_new_key_alone(
        settings, person, first.site
    )
    other = make_person("Lê Thị Khác", national_id="079058012377")
    with_old = {1: settings.INDEX_KEYS[1]}
    settings.INDEX_KEYS, both = with_old, settings.INDEX_KEYS
    submit(missing_dose(first.site), sender=sender_for(other))
    settings.INDEX_KEYS = both

    told, code = rotate()

    counted = told["complaints_complaint"]
    assert (counted["changed"], counted["twice"], code) == (1, 1, 1)
    joined = submit(missing_dose(first.site), sender=sender_for(person)).joined
    assert len(joined) == 1
    citizen.withdraw(complaint_id=second.pk, at=NOON)
    told, code = rotate()
    counted = told["complaints_complaint"]
    assert (counted["changed"], counted["twice"], code) == (1, 0, 0)


def test_half_way_nobody_opens_again_what_is_open_under_another_key(
    settings, person, monkeypatch
):
    first = Complaint.objects.get()
    lapse(first)
    again = only_complaint(submit(missing_dose(first.site), sender=sender_for(person)))
    with_new_key(settings)
    monkeypatch.setattr(rotation, "BATCH", 1)
    next(rotation.complaints())

    with pytest.raises(Refused, match="already|rồi"):
        citizen.disagree(complaint_id=first.pk, note="Vẫn sai", at=NOON)

    assert Complaint.objects.open().get() == again


def lapse(case):
    """End a case as one that its sender never answered."""
    with scope.system():
        locked = moving.lock(case.pk)
        locked.status, locked.ended_at = Status.LAPSED, NOON
        locked.save()


def test_an_ended_matter_that_is_reported_again_under_a_new_key_is_known(
    settings, person
):
    first = Complaint.objects.get()
    citizen.withdraw(complaint_id=first.pk, at=NOON)
    with_new_key(settings)

    again = only_complaint(submit(missing_dose(first.site), sender=sender_for(person)))

    first.refresh_from_db()
    assert bytes(first.subject_key) == bytes(again.subject_key)


def test_a_second_try_across_the_switch_is_the_same_report(settings, person):
    key, site = uuid.uuid4(), make_organization("TYT-2")
    sender = sender_for(person)
    submit(missing_dose(site), sender=sender, key=key)
    with_new_key(settings)

    same = submit(missing_dose(site), sender=sender, key=key)
    another = submit(missing_dose(site, given_on="2021-12-24"), sender=sender, key=key)

    assert (same.is_repeat, same.differs) == (True, False)
    assert (another.is_repeat, another.differs) == (True, True)
