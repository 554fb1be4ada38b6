"""The pages of pairs: what staff of a unit see, decide and take back, step by step."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.actions import switches
from portal.audit.models import Entry
from portal.common import crypto, outbox, scope
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.models import Correction, Dose, Person, Proposal
from portal.registry.proposals import finding
from tests.factories import (
    NOON,
    make_dose,
    make_organization,
    make_orphan,
    make_pair,
    make_person,
    make_staff,
    make_unit,
    missing_dose,
    sender_for,
    submit,
)
from tests.pages.test_quality import statements as statements_of

pytestmark = pytest.mark.django_db


class Place:
    """A station of a commune whose people and doses stand twice on record."""

    def __init__(self):
        commune = make_unit("N1", parent=make_unit())
        self.centre = make_organization(kind="district_centre")
        self.site = make_organization(commune=commune, parent=self.centre)
        self.elsewhere = make_organization(parent=self.centre)
        self.owner = make_person(
            "Nghiêm Xuân Bách",
            born_on="1970-02-03",
            sex="M",
            national_id="079070011345",
            phone="+84900000777",
            residence=commune,
        )
        make_dose(self.owner, self.site, given_on="2021-07-20")
        self.orphan = make_orphan("NGHIEM XUAN BACH", self.site)
        self.twins = (
            make_person(
                "Quách Thị Thoa", national_id="001158077777", residence=commune
            ),
            make_person("QUACH THI THOA", national_id="079158012345", phone=""),
        )
        make_dose(self.twins[1], self.site)
        finding.run(at=NOON)


@pytest.fixture
def place(db):
    with scope.system():
        return Place()


def sign_in(organization, role="staff"):
    client = Client()
    with scope.system():
        client.force_login(make_staff(organization, role))
    return client


def listed(client, **query):
    return client.get(reverse("casework:quality_pairs"), query)


def pair_of(kind, **about):
    with scope.system():
        return Proposal.objects.get(kind=kind, is_leading=True, **about)


def address(pair, step=""):
    if step:
        return reverse("casework:quality_pair_decide", args=[pair.ref, step])
    return reverse("casework:quality_pair", args=[pair.ref])


def seen(client, pair):
    """Return the version that the page of a pair shows."""
    text = client.get(address(pair)).content.decode()
    return re.search(r'name="seen" value="(\d+)"', text)[1]


def send(client, pair, step, **fields):
    fields.setdefault("seen", seen(client, pair))
    return client.post(address(pair, step), fields)


def test_staff_see_the_pairs_of_their_own_unit_masked(place):
    mine = listed(sign_in(place.site), kind="owner").content.decode()
    others = listed(sign_in(place.elsewhere), kind="owner").content.decode()

    ref = str(pair_of("owner").ref)
    assert ref in mine
    assert ref not in others
    assert "Bách" not in mine
    assert "N• X• B•" in mine


def test_a_pair_shows_both_sides_and_the_evidence_and_the_look_is_written(place):
    client, pair = sign_in(place.site), pair_of("owner")
    before = Entry.objects.filter(verb="look_up").count()

    text = client.get(address(pair)).content.decode()

    assert "Nghiêm Xuân Bách" in text
    assert "NGHIEM XUAN BACH" in text
    assert "079••••••345" in text
    assert "079158012345" not in text
    entry = Entry.objects.filter(verb="look_up").latest("pk")
    assert Entry.objects.filter(verb="look_up").count() == before + 1
    assert (entry.person, entry.subject) == (place.owner.pk, "registry.proposal")


def test_strangers_and_administrators_get_nothing(place):
    pair = pair_of("owner")
    for client in (
        sign_in(place.elsewhere),
        sign_in(place.centre.parent, "administrator"),
    ):
        assert client.get(address(pair)).status_code == 404
        assert client.post(address(pair, "dung"), {"seen": 1}).status_code == 404
    clerk = sign_in(place.site, "clerk")
    assert clerk.get(address(pair)).status_code == 200
    assert clerk.post(address(pair, "dung"), {"seen": 1}).status_code == 404


def test_an_orphan_is_given_to_its_owner_and_taken_back(place):
    client, pair = sign_in(place.site), pair_of("owner")

    done = send(client, pair, "dung")

    assert done.status_code == 303
    with scope.system():
        assert Dose.objects.get(pk=place.orphan.pk).person_id == place.owner.pk
    assert str(pair.ref) in listed(client, state="decided").content.decode()

    assert send(client, pair, "hoan-tac").status_code == 303
    with scope.system():
        assert Dose.objects.get(pk=place.orphan.pk).person_id is None


def told(kind):
    """Return to how many telephones it was said, whoever of them had what."""
    outbox.drain(queue="notify", at=timezone.now())
    return sorted(
        crypto.unseal(row.to_sealed, bound_to=f"demo:{row.provider_key}")
        for row in DemoMessage.objects.filter(provider_key__startswith=f"{kind}:")
    )


def test_whoever_a_decision_concerns_is_told_of_it_and_of_its_taking_back(place):
    client, pair = sign_in(place.site), pair_of("owner")

    send(client, pair, "dung")
    assert told("pair_done") == ["+84900000777"]
    assert told("pair_undone") == []
    send(client, pair, "hoan-tac")

    assert told("pair_undone") == ["+84900000777"]
    assert told("pair_done") == ["+84900000777"]


def test_both_of_two_joined_records_are_told_and_one_telephone_once(place):
    pair = pair_of("people")
    first, second = sign_in(place.site), sign_in(place.site)
    with scope.system():
        phones = {
            corrections.read_person(one, "phone")
            for one in place.twins
            if corrections.read_person(one, "phone")
        }

    send(first, pair, "dung", choice="first")
    assert told("pair_done") == [], "a second person has not signed yet"
    send(second, pair, "ky")

    assert set(told("pair_done")) == phones
    assert len(told("pair_done")) == len(phones)


@pytest.mark.parametrize("step", ["dung", "khong-phai", "ky", "hoan-tac"])
def test_nobody_decides_about_the_own_record(place, step):
    pair = pair_of("owner")
    client = Client()
    with scope.system():
        own = make_staff(place.site)
        own.phone_digest = crypto.digest("phone", "+84900000777")
        own.save(update_fields=["phone_digest"])
        client.force_login(own)
    other = sign_in(place.site)
    if step == "hoan-tac":
        send(other, pair, "dung")
    with scope.system():
        before = Proposal.objects.values_list("state", "version").get(pk=pair.pk)

    refused = send(client, pair, step, seen=before[1])

    assert refused.status_code == 422
    assert "Người khác" in refused.content.decode()
    with scope.system():
        after = Proposal.objects.values_list("state", "version").get(pk=pair.pk)
    assert after == before


@pytest.mark.parametrize(("kind", "rule"), [("owner", "B5"), ("people", "B7")])
def test_a_pair_of_a_rule_that_is_off_is_not_recorded_by_a_click(place, kind, rule):
    pair = pair_of(kind)
    with scope.system():
        boss = make_staff(place.site, "administrator")
        switches.switch(rule, is_on=False, reason="Thử", by=boss, at=timezone.now())
    choice = {"choice": "first"} if kind == "people" else {}

    refused = send(sign_in(place.site), pair, "dung", **choice)

    assert refused.status_code == 422
    assert "đang tắt" in refused.content.decode()
    with scope.system():
        pair.refresh_from_db()
    assert (pair.state, pair.correction) == ("open", None)


def test_two_people_with_two_numbers_are_joined_by_two_members_of_staff(place):
    pair = pair_of("people")
    first, second = sign_in(place.site), sign_in(place.site)

    assert send(first, pair, "dung", choice="first").status_code == 303
    own = first.get(address(pair)).content.decode()
    assert address(pair, "ky") not in own
    assert (
        str(pair.ref) in listed(second, kind="people", state="signing").content.decode()
    )
    assert send(second, pair, "ky").status_code == 303

    with scope.system():
        joined = Person.objects.get(pk=pair.other_person_id)
        made = Correction.objects.get(reason_ref=str(pair.ref), part_of=None)
    assert joined.merged_into_id == pair.person_id
    assert made.needs_second


def test_which_record_stays_has_to_be_said(place):
    client, pair = sign_in(place.site), pair_of("people")

    response = send(client, pair, "dung", concerns_oneself="on")

    assert response.status_code == 422
    text = response.content.decode()
    assert 'href="#id_choice' in text
    assert re.search(r'name="concerns_oneself"[^>]*checked', text)


def test_a_refused_pair_leaves_the_list_and_stays_with_the_decided(place):
    client, pair = sign_in(place.site), pair_of("people")

    send(client, pair, "khong-phai")
    with scope.system():
        finding.run(at=NOON, is_full=True)

    assert str(pair.ref) not in listed(client, kind="people").content.decode()
    decided = listed(client, kind="people", state="decided").content.decode()
    assert str(pair.ref) in decided


def test_a_decision_on_an_older_page_is_a_conflict_and_nothing_changes(place):
    client, pair = sign_in(place.site), pair_of("owner")
    old = seen(client, pair)
    send(client, pair, "khong-phai")

    response = send(client, pair, "dung", seen=old)

    assert response.status_code == 409
    with scope.system():
        assert Dose.objects.get(pk=place.orphan.pk).person_id is None


def test_an_orphan_of_nobody_is_shown_and_nothing_can_be_decided(place):
    with scope.system():
        make_orphan("Lạ Hoắc Lạ Huơ", place.site)
        finding.run(at=NOON)
    pair = pair_of("owner", person=None)
    client = sign_in(place.site)

    assert str(pair.ref) in listed(client, kind="owner").content.decode()
    assert client.get(address(pair)).status_code == 200
    assert send_blind(client, pair, "dung").status_code == 422


def send_blind(client, pair, step):
    return client.post(address(pair, step), {"seen": pair.version})


def test_the_quality_page_and_the_case_lead_to_the_pairs(place):
    client = sign_in(place.site)
    with scope.system():
        sent = submit(missing_dose(place.site), sender=sender_for(place.owner))
        case = sent.submission.complaints.get()
        type(case).objects.filter(pk=case.pk).update(holder=place.site)

    overview = client.get(reverse("casework:quality")).content.decode()
    shown = client.get(
        reverse("casework:case", args=[int(sent.submission.code), 1])
    ).content.decode()

    assert reverse("casework:quality_pairs") in overview
    assert address(pair_of("owner")) in shown


@pytest.mark.parametrize("state", ["open", "decided", "signing"])
def test_the_list_goes_on_page_by_page(place, state):
    client = sign_in(place.site)
    facts = {
        "open": {},
        "decided": {"state": "refused", "decided_at": NOON},
        "signing": {"state": "signing"},
    }[state]
    with scope.system():
        by = make_staff(place.site)
        facts |= {"decided_by": by} if state == "decided" else {}
        facts |= {"proposed_by": by} if state == "signing" else {}
        base = make_person(national_id="", phone="")
        for n in range(60):
            make_pair(
                base,
                place.site,
                kind="doses",
                strength=1 + n % 3,
                dose=make_orphan("A", place.site),
                evidence={"level": "near"},
                other_dose=place.orphan,
                **facts,
            )

    first = listed(client, kind="doses", state=state)
    second = client.get(reverse("casework:quality_pairs") + first.context["next_url"])

    urls = [
        row["url"] for page in (first, second) for row in page.context["table"]["rows"]
    ]
    assert len(urls) == len(set(urls)) == 60
    assert not second.context["next_url"]


def test_a_place_that_makes_no_sense_is_the_first_page(place):
    client = sign_in(place.site)
    for after in ("x", "a,b,1", "1,2", "2021-01-01,7", f"{'9' * 40}"):
        for state in ("open", "decided", "signing"):
            response = listed(client, kind="owner", state=state, after=after)
            assert response.status_code == 200, (after, state)


def test_pages_take_few_statements_whatever_they_show(place):
    client = sign_in(place.site)
    pair = pair_of("people")
    listed(client)

    with_few = statements_of(client, "quality_pairs", kind="owner")
    of_a_pair = statements_of(client, "quality_pair", pair.ref)
    with scope.system():
        for _ in range(20):
            make_orphan("Lạ Hoắc Lạ Huơ", place.site)
        finding.run(at=NOON)
    with_many = statements_of(client, "quality_pairs", kind="owner")

    assert len(with_few) == len(with_many) <= 6
    # Session, user, postings, the pair, numbers, doses, and a line for each person.
    assert len(of_a_pair) <= 8
