"""Accounts of a unit: made by who is above, opened by a link, posted, ended, lent."""

import re
import secrets
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints import permissions
from portal.accounts import factors, invitations, staffing
from portal.accounts.models import Invitation, Posting, User
from portal.audit.models import Entry
from portal.common import outbox, scope
from tests.pages.cases import (
    PASSWORD,
    make_case,
    make_organization,
    make_root,
    make_staff,
    make_submission,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_limits")]
NEW = "năm từ khác hẳn 8042"


class World:
    """A department with a station below and one beside, and who manages them."""

    def __init__(self):
        self.department = make_organization("SYT-1")
        self.station = make_organization("TYT-1", parent=self.department)
        self.beside = make_organization("TYT-2")
        self.chief = make_staff(self.department, role="lead")
        self.lead = make_staff(self.station, role="lead")
        self.nurse = make_staff(self.station)
        self.administrator = make_staff(make_root(), role="administrator")


@pytest.fixture
def world():
    return World()


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def name():
    return f"mai.{secrets.token_hex(4)}"


def days(field, day):
    return dict(zip((f"{field}_{n}" for n in range(3)), _parts(day), strict=True))


def _parts(day):
    return (day.day, day.month, day.year)


def facts(unit, *, role="staff", first=None, last=None, **more):
    today = timezone.localdate()
    return {
        "organization": unit,
        "role": role,
        **days("valid_from", first or today),
        **(days("valid_to", last) if last else {}),
        **more,
    }


def make(client, unit, **more):
    username = more.pop("username", name())
    typed = facts(unit, full_name="Trần Thị Mai", username=username, **more)
    return client.post(reverse("accounts:new_account"), typed), username


def change(client, user, step, **typed):
    address = reverse("accounts:account", args=[user.ref])
    return client.post(address, {"step": step, **typed})


def details(user):
    rows = Entry.objects.filter(subject="accounts.user", subject_id=user.pk)
    return [row.detail for row in rows.order_by("pk")]


def test_from_the_invitation_to_the_first_sign_in(world, settings):
    settings.EMAIL_URL, settings.PRODUCTION = "", True
    lead = client_of(world.lead)
    made, username = make(lead, "tyt-1")
    page = lead.get(made["Location"]).content.decode()
    link = re.search(r'class="token">([^<]+)<', page)[1]
    path = "/" + link.split("/", 3)[3]
    lead.post(made["Location"], {"step": "handed"})
    after = lead.get(made["Location"]).content.decode()

    mai = Client()
    opened = mai.get(path)
    weak = mai.post(path, {"new": "12345678", "again": "12345678"})
    chosen = mai.post(path, {"new": NEW, "again": NEW})
    inside = mai.post(
        reverse("accounts:login"), {"username": username, "password": NEW}
    )

    assert made.status_code == 303
    assert 'class="token"' not in after
    assert username in opened.content.decode()
    assert (weak.status_code, chosen.status_code) == (422, 303)
    assert inside["Location"] == reverse("casework:queue")
    assert mai.get(inside["Location"]).status_code == 200
    assert mai.get(path).status_code == 404
    assert mai.post(path, {"new": PASSWORD, "again": PASSWORD}).status_code == 404
    user = User.objects.get(username=username)
    assert user.check_password(NEW)
    assert details(user)[:3] == [
        "account created",
        f"posting {user.postings.get().pk} given",
        "invitation issued",
    ]
    assert "invitation used" in details(user)


def test_whoever_opens_an_invitation_is_asked_whose_cases_are_their_own(world):
    at = timezone.now()

    def case_of(phone):
        sent = make_submission(at=at, phone=phone)
        return make_case(world.station, sent=at, submission=sent)

    row = invitations.issue(user=world.nurse, language="vi", by=world.lead, at=at)
    path = "/" + invitations._address(row, world.nurse).split("/", 3)[3]
    lead = client_of(world.lead)
    listed = reverse("accounts:accounts")
    assert "Chưa biết điện thoại riêng" in lead.get(listed).content.decode()
    own = case_of("+84900777111")
    assert permissions.moves_for(world.nurse, own, at=at)

    typed = {"new": NEW, "again": NEW, "phone": "0900 777 111"}
    client = Client()
    assert 'name="phone"' in client.get(path).content.decode()
    assert client.post(path, typed).status_code == 303

    nurse = User.objects.get(pk=world.nurse.pk)
    assert permissions.offered(nurse, own, at=at)[0] == []
    assert permissions.moves_for(nurse, case_of("+84900777222"), at=at)
    assert "own telephone and number" in details(nurse)
    page = lead.get(reverse("accounts:account", args=[nurse.ref])).content.decode()
    assert "0900" not in page
    assert "777111" not in page
    # A later link, for a lost password, forgets nothing that is left empty.
    row = invitations.issue(user=nurse, language="vi", by=world.lead, at=at)
    path = "/" + invitations._address(row, nurse).split("/", 3)[3]
    assert client.post(path, {"new": PASSWORD, "again": PASSWORD}).status_code == 303
    nurse.refresh_from_db()
    assert permissions.concerns(nurse, own)


def test_a_later_link_replaces_no_number_that_keeps_its_owner_from_a_case(world):
    at = timezone.now()
    sent = make_submission(at=at, phone="+84900777111")
    own = make_case(world.station, sent=at, submission=sent)
    known = {"phone": "+84900777111", "national_id": ""}
    postings = list(world.lead.current_postings(at=at))
    staffing.know(user=world.nurse, by=world.lead, postings=postings, at=at, **known)
    row = invitations.issue(user=world.nurse, language="vi", by=world.lead, at=at)
    path = "/" + invitations._address(row, world.nurse).split("/", 3)[3]
    typed = {"new": NEW, "again": NEW, "phone": "0900 777 222"}

    chosen = Client().post(path, typed, follow=True)

    nurse = User.objects.get(pk=world.nurse.pk)
    assert permissions.concerns(nurse, own)
    # The owner, who may have a new telephone, and who manages the account are told.
    assert "khác với số đang lưu" in chosen.content.decode()
    pages = (
        reverse("accounts:accounts"),
        reverse("accounts:account", args=[nurse.ref]),
    )
    lead = client_of(world.lead)
    for page in pages:
        assert "đã nhập số khác" in lead.get(page).content.decode()
    staffing.know(user=nurse, by=world.lead, postings=postings, at=at, **known)
    for page in pages:
        assert "đã nhập số khác" not in lead.get(page).content.decode()


def test_the_table_holds_no_token_and_a_link_ends_after_a_week(world):
    at = timezone.now()
    row = invitations.issue(user=world.nurse, language="vi", by=world.lead, at=at)
    world.nurse.email = ""
    token = re.search(r"/loi-moi/([^/]+)/", invitations._address(row, world.nurse))[1]
    assert token.encode() not in bytes(row.token_sealed) + bytes(row.token_digest)
    invitations.find(token, at=at + timedelta(days=7, seconds=-1))
    with pytest.raises(invitations.Ended):
        invitations.find(token, at=at + timedelta(days=7))


def test_the_link_goes_out_by_mail_once_and_its_token_is_forgotten(world):
    client = client_of(world.lead)
    made, username = make(client, "TYT-1", email="mai@example.vn")
    with scope.system():
        for _ in range(2):
            outbox.drain(queue="notify", at=timezone.now())
    answer = client.post("/demo/messages.json", {"email": "mai@example.vn"})
    row = Invitation.objects.get(user__username=username)
    assert row.token_sealed is None
    assert 'class="token"' not in client.get(made["Location"]).content.decode()
    assert answer.status_code in (200, 422)


def test_a_new_link_makes_the_old_one_worthless(world):
    at = timezone.now()
    facts = {"user": world.nurse, "language": "vi", "by": world.lead, "at": at}
    old = invitations._address(invitations.issue(**facts), world.nurse)
    new = invitations._address(invitations.issue(**facts), world.nurse)
    client = Client()
    assert client.get("/" + old.split("/", 3)[3]).status_code == 404
    assert client.get("/" + new.split("/", 3)[3]).status_code == 200


@pytest.mark.parametrize(
    ("giver", "unit", "role", "works"),
    [
        ("lead", "TYT-1", "clerk", True),
        ("lead", "TYT-1", "lead", True),
        ("lead", "TYT-1", "overseer", False),
        ("lead", "TYT-1", "administrator", False),
        ("lead", "SYT-1", "staff", False),
        ("lead", "TYT-2", "staff", False),
        ("chief", "TYT-1", "staff", True),
        ("chief", "TYT-2", "staff", False),
        ("administrator", "SYT-1", "overseer", True),
        ("administrator", "TYT-2", "administrator", True),
    ],
)
def test_nobody_gives_more_than_the_own_reach_and_role(world, giver, unit, role, works):
    answer, username = make(client_of(getattr(world, giver)), unit, role=role)
    assert answer.status_code == (303 if works else 422)
    assert User.objects.filter(username=username).exists() == works


def test_who_manages_nothing_finds_no_page(world):
    for address in ("accounts:accounts", "accounts:new_account"):
        assert client_of(world.nurse).get(reverse(address)).status_code == 404


def test_an_account_out_of_reach_is_not_there(world):
    stranger = make_staff(world.beside)
    page = client_of(world.lead).get(reverse("accounts:accounts")).content.decode()
    assert world.nurse.username in page
    assert stranger.username not in page
    assert change(client_of(world.lead), stranger, "invite").status_code == 404


def test_nobody_changes_the_own_account(world):
    client = client_of(world.lead)
    typed = facts("TYT-1", role="clerk", last=timezone.localdate())
    assert change(client, world.lead, "post", **typed).status_code == 422
    own = world.lead.postings.get()
    change(client, world.lead, "end", posting=own.pk)
    own.refresh_from_db()
    assert own.valid_to is None


def test_an_account_that_works_beyond_ones_unit_is_not_opened_by_its_lead(world):
    Posting.objects.create(
        user=world.nurse,
        organization=world.beside,
        role="staff",
        valid_from=timezone.now() - timedelta(days=1),
    )
    factors.keep(world.nurse, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    client = client_of(world.lead)
    for step in ("invite", "factor"):
        change(client, world.nurse, step)
    assert not Invitation.objects.exists()
    assert factors.is_on(world.nurse)
    change(client_of(world.administrator), world.nurse, "factor")
    assert not factors.is_on(world.nurse)


def test_a_second_step_taken_off_ends_the_sessions(world):
    nurse = Client()
    nurse.post(
        reverse("accounts:login"),
        {"username": world.nurse.username, "password": PASSWORD},
    )
    change(client_of(world.lead), world.nurse, "factor")
    assert nurse.get(reverse("casework:queue")).status_code == 302
    assert "second factor removed" in details(world.nurse)


def test_a_posting_that_is_ended_closes_the_door_at_once(world):
    nurse, posting = client_of(world.nurse), world.nurse.postings.get()
    assert nurse.get(reverse("casework:queue")).status_code == 200
    answer = change(client_of(world.lead), world.nurse, "end", posting=posting.pk)
    assert answer.status_code == 303
    assert nurse.get(reverse("casework:queue")).status_code == 404
    assert details(world.nurse) == ["posting ended"]


def test_a_last_day_is_set_and_counts_whole(world):
    posting, today = world.nurse.postings.get(), timezone.localdate()
    client = client_of(world.lead)
    typed = {"posting": posting.pk, **days("valid_to", today + timedelta(days=3))}
    assert change(client, world.nurse, "extend", **typed).status_code == 303
    posting.refresh_from_db()
    assert timezone.localtime(posting.valid_to).date() == today + timedelta(days=4)
    over = {"posting": posting.pk, **days("valid_to", today - timedelta(days=1))}
    assert change(client, world.nurse, "extend", **over).status_code == 422


def test_a_deputy_has_the_same_posting_for_the_time_of_the_leave(world):
    deputy, today = make_staff(world.station, role="clerk"), timezone.localdate()
    client, posting = client_of(world.chief), world.lead.postings.get()
    answer = change(
        client,
        world.lead,
        "leave",
        posting=posting.pk,
        deputy=deputy.username,
        **days("valid_from", today),
        **days("valid_to", today + timedelta(days=6)),
    )
    row = deputy.postings.get(deputy_for=posting)
    assert answer.status_code == 303
    assert (row.role, row.organization) == ("lead", world.station)
    assert details(deputy) == [f"deputy for posting {posting.pk}"]
    assert client_of(deputy).get(reverse("accounts:accounts")).status_code == 200
    change(client, world.lead, "end", posting=posting.pk)
    assert client_of(deputy).get(reverse("accounts:accounts")).status_code == 404


def test_a_lead_cannot_lend_the_own_posting_to_oneself_or_from_above(world):
    today = timezone.localdate()
    span = {**days("valid_from", today), **days("valid_to", today)}
    above = world.chief.postings.get()
    with pytest.raises(staffing.NotYours):
        staffing.deputise(
            posting=above,
            deputy=world.nurse,
            valid_from=timezone.now(),
            valid_to=timezone.now() + timedelta(days=1),
            by=world.lead,
            postings=list(world.lead.postings.all()),
            at=timezone.now(),
        )
    answer = change(
        client_of(world.lead),
        world.nurse,
        "leave",
        posting=world.nurse.postings.get().pk,
        deputy=world.nurse.username,
        **span,
    )
    assert answer.status_code == 422


def test_who_works_as_one_posting_sees_and_does_only_that(world):
    Posting.objects.create(
        user=world.nurse,
        organization=world.beside,
        role="lead",
        valid_from=timezone.now() - timedelta(days=1),
    )
    first = world.nurse.postings.get(role="staff")
    client, page = client_of(world.nurse), reverse("accounts:postings")
    before = client.get(reverse("accounts:accounts")).status_code
    chosen = client.post(page, {"posting": first.pk})
    queue = client.get(reverse("casework:queue")).content.decode()
    after = client.get(reverse("accounts:accounts")).status_code
    foreign = client.post(page, {"posting": world.lead.postings.get().pk})
    client.post(page)

    assert chosen.status_code == 303
    assert (before, after) == (200, 404)
    assert "Trạm Y tế TYT-1" in queue
    assert foreign.status_code == 404
    assert client.get(reverse("accounts:accounts")).status_code == 200


def test_a_list_of_any_length_takes_as_many_statements(
    world, django_assert_max_num_queries
):
    for _ in range(60):
        make_staff(world.station)
    client = client_of(world.lead)
    address = reverse("accounts:accounts")
    client.get(address)
    with django_assert_max_num_queries(9):
        page = client.get(address).content.decode()
    more = re.search(r'href="(\?after=[^"]+)"', page)[1]
    rest = client.get(address + more).content.decode()
    assert page.count("<tr>") == 51
    assert rest.count("<tr>") == 13
