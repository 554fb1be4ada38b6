"""Who tries what is not theirs, as stories: each says what must not happen.

Through the pages and the real actions, with workers and the population database.
"""

import cbor2
import pytest
from django.utils import timezone

from complaints.actions import intake, preparing
from complaints.choices import Kind, Status
from complaints.models import Complaint, Prepared, SelfCorrection
from portal.common import crypto, outbox
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.certificates import hc1, issuing
from portal.registry.models import Lot, LotAllocation, Person
from tests.actions.test_prepared import session
from tests.factories import (
    TEST_WARRANT,
    knows,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_unit,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import BORN, NUMBER, look_up, text_of
from tests.pages.test_at_once import send, to_check

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")

NAME, FAMILY_PHONE = "Nguyễn Thị Thử", "+84900000215"
SONS_NUMBER, STRANGERS_PHONE = "079088004455", "+84900000777"


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        name="Trạm Y tế Phường Thử",
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def mother(station):
    """Return somebody whose number lost its zero; the register knows her."""
    knows(NUMBER, NAME, "1958-03-08", "F")
    return make_person(national_id=NUMBER[1:], residence=station.commune)


def record_of(person):
    person = Person.objects.get(pk=person.pk)
    return [
        corrections.read_person(person, name)
        for name in ("full_name", "born_on", "sex", "national_id", "phone")
    ]


def messages_to(phone):
    outbox.drain(queue="notify", at=timezone.now())
    return DemoMessage.objects.filter(to_digest=crypto.digest("phone", phone)).count()


def everything():
    for _ in range(3):
        for queue in ("route", "population", "report"):
            outbox.drain(queue=queue, at=timezone.now())


def test_a_relative_with_the_family_telephone_cannot_put_his_number_on_her_record(
    client, mother
):
    """Nor does any page tell him that somebody has that number, or who."""
    knows(SONS_NUMBER, "Nguyễn Văn Con", "1988-02-02", "M")
    make_person("Nguyễn Văn Con", born_on="1988-02-02", sex="M", national_id=None)
    before = record_of(mother)

    check = to_check(client, national_id=SONS_NUMBER)
    sent = send(client, check)
    everything()

    assert "Có thể sửa ngay" not in text_of(check)
    assert "Nguyễn Văn Con" not in text_of(check) + text_of(sent)
    assert record_of(mother) == before
    assert not SelfCorrection.objects.exists()
    assert Complaint.objects.get().status == Status.RECEIVED


def test_a_namesake_of_one_birthday_does_not_get_the_others_number(client, mother):
    """The register confirms every word of the claim, and it is another person's."""
    namesakes = "079158077777"
    knows(namesakes, NAME, "1958-03-08", "F")
    other = make_person(national_id=namesakes, phone="+84900000888")
    before = record_of(mother), record_of(other)

    check = to_check(client, national_id=namesakes)
    send(client, check)
    everything()

    assert "Có thể sửa ngay" not in text_of(check)
    assert (record_of(mother), record_of(other)) == before
    assert not SelfCorrection.objects.exists()


def test_a_twin_does_not_become_her_sister_by_an_accent(client, station):
    """One birthday, one telephone, numbers in a row, a list without accents."""
    sisters = "079158012346"
    knows(NUMBER, "Nguyễn Thị Thử", "1958-03-08", "F")
    knows(sisters, "Nguyễn Thị Thứ", "1958-03-08", "F")
    twin = make_person("Nguyen Thi Thu", residence=station.commune)
    sister = make_person("Nguyễn Thị Thứ", national_id=sisters)
    before = record_of(twin), record_of(sister)

    check = to_check(client, full_name="Nguyễn Thị Thứ")
    send(client, check)
    everything()

    assert "Có thể sửa ngay" not in text_of(check)
    assert (record_of(twin), record_of(sister)) == before
    assert not SelfCorrection.objects.exists()


def test_with_a_stolen_number_and_ones_own_telephone_nothing_opens(client, mother):
    """The code goes to the telephone on record; the thief's gets nothing at all."""
    page = look_up(client)
    stolen = client.post(
        "/tra-cuu/", {"national_id": NUMBER, "phone": "0900 000 777"} | BORN
    )
    guessed = client.post("/tra-cuu/xac-thuc/", {"code": "000000"}, follow=True)

    assert messages_to(STRANGERS_PHONE) == 0
    assert messages_to(FAMILY_PHONE) >= 1
    for shown in (page, stolen, guessed):
        assert NAME not in text_of(shown)
    assert "person" not in client.session


def test_what_is_reported_with_a_stolen_number_is_never_automatic(station, mother):
    """Not even what the register would confirm: the sender proved no record."""
    before = record_of(mother)
    thief = sender_for(
        full_name=NAME,
        born_on=mother.born_on,
        sex="F",
        national_id=NUMBER,
        phone=STRANGERS_PHONE,
    )
    matter = intake.Matter(Kind.WRONG_PERSON, {"national_id": NUMBER})

    case = only_complaint(submit(matter, sender=thief, at=timezone.now()))
    everything()

    case.refresh_from_db()
    assert case.status == Status.RECEIVED
    assert case.routed_at is not None, "a person has it"
    assert record_of(mother) == before
    assert not SelfCorrection.objects.exists()
    assert not Prepared.objects.exists()


def certificate_of(person, station):
    make_dose(person, station, product=make_product("comirnaty", "Comirnaty"))
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(
            population="matched", certificate_stale_since=None
        )
    return issuing.issue(person.pk, at=timezone.now())


def test_the_real_one_is_called_genuine(client, mother, station):
    text = certificate_of(mother, station).text
    assert put_together(taken_apart(text)) == text

    page = client.post("/chung-nhan/kiem-tra/", {"text": text})

    assert 'class="note ok"' in page.content.decode()


def taken_apart(text):
    message = cbor2.loads(hc1.unpacked(text))
    return list(message.value)


def put_together(parts):
    return hc1.packed(cbor2.dumps(cbor2.CBORTag(18, parts)))


def another_name(parts):
    claims = cbor2.loads(parts[2])
    claims[-260][1]["nam"]["fn"] = "Kẻ Gian"
    return [parts[0], parts[1], cbor2.dumps(claims), parts[3]]


def signed_by_somebody_else(parts):
    """Return the same under the forger's key, which calls itself by our key's id."""
    forger = hc1.private_key(b"f" * 32)
    return [*parts[:3], hc1.signed(forger, parts[0], parts[2])]


def without_an_algorithm(parts):
    header = cbor2.loads(parts[0])
    return [cbor2.dumps({4: header[4]}), {1: None}, parts[2], parts[3]]


@pytest.mark.parametrize(
    "forged",
    [
        another_name,
        signed_by_somebody_else,
        without_an_algorithm,
        lambda parts: [*parts[:3], bytes(64)],
        lambda parts: [*parts[:3], b""],
    ],
)
def test_a_forged_code_is_never_called_genuine(client, mother, station, forged):
    parts = taken_apart(certificate_of(mother, station).text)

    page = client.post("/chung-nhan/kiem-tra/", {"text": put_together(forged(parts))})

    assert 'class="note ok"' not in page.content.decode()
    assert 'class="note bad"' in page.content.decode()


def test_a_key_of_ones_own_is_nobodys_word(client, mother, station):
    """Somebody who signs well, but is nobody: it cannot be told, it is not genuine."""
    ours = issuing.read(certificate_of(mother, station).text)
    text = hc1.write(
        ours.content,
        key=hc1.private_key(b"f" * 32),
        issuer="VN",
        issued_at=ours.issued_at,
        expires_at=ours.expires_at,
    )

    page = client.post("/chung-nhan/kiem-tra/", {"text": text})

    assert 'class="note warn"' in page.content.decode()


def test_a_code_from_before_a_correction_is_shown_as_revoked(client, mother, station):
    old = certificate_of(mother, station)
    corrections.correct_dose(
        old.dose_id, {"given_on": "2021-08-13"}, warrant=TEST_WARRANT, at=timezone.now()
    )
    before = client.post("/chung-nhan/kiem-tra/", {"text": old.text})
    assert 'class="note warn"' in before.content.decode()
    issuing.renew(at=timezone.now())

    page = client.post("/chung-nhan/kiem-tra/", {"text": old.text})

    assert 'class="note bad"' in page.content.decode()


def lying_lot(station, *, came, others):
    """Return a dose of AstraZeneca whose lot the ledger calls Spikevax's."""
    if others:
        session(station, people=others)
    else:
        product = make_product("spikevax", "Spikevax")
        lot = Lot.objects.create(number="MOD12", product=product)
        if came:
            LotAllocation.objects.create(
                lot=lot,
                organization=station,
                doses=100,
                received_on="2021-08-01",
            )
    person = make_person(residence=station.commune)
    dose = make_dose(person, station, lot="MOD12")
    return dose


@pytest.mark.parametrize(
    ("came", "others", "also"),
    [
        # Somebody mistyped the lot, and it happens to be another vaccine's.
        (False, 0, 0),
        (True, 0, 0),
        # Four say so, who may share one mistake.
        (True, 4, 0),
        # Others had the lot as this vaccine: then the ledger may lie.
        (True, 5, 2),
    ],
)
def test_a_lot_that_lies_changes_nothing_and_persuades_nobody(
    station, came, others, also
):
    dose = lying_lot(station, came=came, others=others)
    for n in range(also):
        other = make_person(f"Bùi Văn {n}", national_id=None, phone=None)
        make_dose(other, station, lot="MOD12")
    matter = intake.Matter(Kind.WRONG_DOSE, {"product": "spikevax"}, dose_id=dose.pk)

    submit(matter, sender=sender_for(dose.person), at=timezone.now())
    everything()

    assert not Prepared.objects.exists()
    assert not SelfCorrection.objects.exists()
    assert preparing.decided() == {}
    dose.refresh_from_db()
    assert dose.product.code == "AZ"
