"""The pages about access: what an auditor sees, searches and leaves behind."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from complaints.models import AccessSign
from portal.audit import record
from portal.audit.models import Entry
from tests.factories import make_organization, make_person, make_root, make_staff
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")

LOG = "/quan-tri/truy-cap/"
SIGNS = "/quan-tri/truy-cap/bat-thuong/"
NUMBER = "079158012345"


@pytest.fixture
def department():
    return make_organization(kind="health_department", name="Sở Y tế Thử")


@pytest.fixture
def station(department):
    return make_organization(parent=department, name="Trạm Một")


@pytest.fixture
def elsewhere():
    return make_organization(name="Trạm Xa")


@pytest.fixture
def overseer(client, department):
    user = make_staff(department, "overseer", full_name="Giám Sát")
    client.force_login(user)
    return user


def look(user, unit, person=None, *, subject="complaints.complaint", ago=1, **facts):
    record.look_up(
        at=timezone.now() - timedelta(minutes=ago),
        actor="staff",
        actor_id=user.pk,
        person_id=person.pk if person else None,
        organization=unit.pk if unit else None,
        subject=subject,
        **facts,
    )


def search(client, **facts):
    today = timezone.localdate().isoformat()
    return client.post(LOG, {"first": today, "last": today} | facts)


def test_an_overseer_sees_what_staff_below_did_and_nobody_else(
    client, overseer, station, elsewhere
):
    person = make_person()
    look(make_staff(station, full_name="Y Tá Gần"), station, person)
    look(make_staff(elsewhere, full_name="Y Tá Xa"), elsewhere, person)

    words = text_of(client.get(LOG))

    assert "Y Tá Gần" in words
    assert "Trạm Một" in words
    assert "Y Tá Xa" not in words
    # Names of people stand on the entry's own page only.
    assert person.full_name not in words


def test_what_names_no_unit_counts_where_the_account_was_posted_then(
    client, overseer, station
):
    nurse = make_staff(station, full_name="Y Tá Sửa")
    now = timezone.now()
    record.change(
        at=now,
        actor="staff",
        actor_id=nurse.pk,
        person_id=make_person().pk,
        subject="registry.person",
        subject_id=1,
        detail="full_name",
    )
    nurse.postings.update(valid_from=now - timedelta(days=1))

    words = text_of(client.get(LOG))
    assert "Y Tá Sửa" in words
    assert "Đã sửa: Họ và tên" in words

    nurse.postings.update(valid_to=now - timedelta(hours=1))
    assert "Y Tá Sửa" not in text_of(client.get(LOG))


def test_a_number_is_found_by_its_digest_and_stands_in_no_address(
    client, overseer, station
):
    nurse = make_staff(station, full_name="Y Tá Một")
    person = make_person(national_id=NUMBER)
    look(nurse, station, person)
    look(nurse, station, make_person(national_id="", phone=""))

    for typed in (NUMBER, "0900 000 215"):
        page = client.post(
            LOG,
            {
                "number": typed,
                "purpose": "case",
                "first": timezone.localdate().isoformat(),
                "last": timezone.localdate().isoformat(),
            },
            follow=True,
        )
        address, status = page.redirect_chain[-1]
        assert status == 303
        assert NUMBER[3:] not in address
        assert "900" not in address.partition("person=")[0]
        assert [row["cells"][1] for row in page.context["table"]["rows"]] == [
            "Xử lý một phản ánh về hồ sơ"
        ]
    # The search is itself a look at that person.
    assert Entry.objects.filter(
        actor_id=overseer.pk, subject="audit.entry", person=person.pk
    ).exists()


def test_a_number_that_nobody_has_answers_as_one_that_nobody_looked_at(
    client, overseer
):
    make_person(national_id=NUMBER)
    answers = []
    for number in (NUMBER, "079158099999"):
        page = client.get(search(client, number=number)["Location"])
        answers.append((page.status_code, text_of(page)))
    assert answers[0] == answers[1]


def test_another_sessions_search_is_not_there(client, overseer, station):
    address = search(client, number=NUMBER)["Location"]
    client.force_login(make_staff(station.parent, "overseer"))
    assert client.get(address).status_code == 404


def test_by_account_by_purpose_and_by_day(client, overseer, station):
    one, other = (make_staff(station, username=name) for name in ("cb.mot", "cb.hai"))
    person = make_person()
    look(one, station, person)
    look(one, station, person, subject="registry.finding")
    look(one, station, person, ago=60 * 24 * 9)
    look(other, station, person)

    def shown(**facts):
        page = client.get(search(client, **facts)["Location"])
        return [row["cells"][4] for row in page.context["table"]["rows"]]

    assert shown(account="CB.MOT") == ["Chất lượng dữ liệu", "Xử lý phản ánh"]
    assert shown(account="cb.mot", purpose="quality") == ["Chất lượng dữ liệu"]
    assert len(shown(account="cb.mot", verb="change")) == 0
    week = (timezone.localdate() - timedelta(days=10)).isoformat()
    assert len(shown(account="cb.mot", first=week)) == 3


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"account": "khong.co"}, "Không có tài khoản nào"),
        ({"first": ""}, "từ ngày nào"),
        ({"first": "2026-01-01"}, "nhiều nhất 31 ngày"),
        ({"first": "2026-11-02", "last": "2026-11-01"}, "trước ngày đầu"),
    ],
)
def test_a_search_that_cannot_be_says_what_to_do(client, overseer, facts, words):
    page = search(client, **facts)
    assert page.status_code == 422
    assert words in text_of(page)


def test_an_account_of_elsewhere_is_as_none(client, overseer, elsewhere):
    stranger = make_staff(elsewhere, username="cb.xa")
    assert search(client, account="cb.xa").status_code == 422
    assert client.get(f"{LOG}?account={stranger.ref}").status_code == 404
    assert client.get(f"{LOG}?account=x").status_code == 404


def test_pages_follow_each_other_without_gap_or_repeat(client, overseer, station):
    nurse, person = make_staff(station), make_person()
    at = timezone.now() - timedelta(minutes=5)
    Entry.objects.bulk_create(
        Entry(
            # Three at each instant, so that the key decides as well.
            at=at - timedelta(seconds=number // 3),
            verb="look_up",
            actor="staff",
            actor_id=nurse.pk,
            organization=station.pk,
            person=person.pk,
            subject="complaints.complaint",
        )
        for number in range(120)
    )
    seen, address = [], f"{LOG}?account={nurse.ref}"
    while address:
        page = client.get(address)
        seen += [row["url"] for row in page.context["table"]["rows"]]
        address = LOG + page.context["next_url"] if page.context["next_url"] else ""
    assert len(seen) == len(set(seen)) == 120


def test_an_entry_names_the_person_and_who_else_looked(
    client, overseer, station, elsewhere
):
    person = make_person("Lê Thị Người")
    nurse = make_staff(station, full_name="Y Tá Một")
    look(nurse, station, person)
    look(make_staff(station, full_name="Y Tá Hai"), station, person, ago=30)
    look(make_staff(elsewhere, full_name="Y Tá Xa"), elsewhere, person, ago=30)
    entry = Entry.objects.filter(actor_id=nurse.pk).get()

    words = text_of(client.get(f"{LOG}{entry.pk}/"))

    assert "Lê Thị Người" in words
    assert "Y Tá Hai" in words
    assert "Y Tá Xa" not in words
    mine = Entry.objects.filter(actor_id=overseer.pk).latest("pk")
    assert (mine.subject, mine.person) == ("audit.entry", person.pk)


def test_an_entry_of_elsewhere_is_not_there(client, overseer, elsewhere):
    look(make_staff(elsewhere), elsewhere, make_person())
    assert client.get(f"{LOG}{Entry.objects.latest('pk').pk}/").status_code == 404


def test_the_countrys_auditor_sees_citizens_and_the_portal_too(client, elsewhere):
    client.force_login(make_staff(make_root(), "administrator"))
    person = make_person()
    now = timezone.now()
    for actor in ("citizen", "system"):
        record.look_up(
            at=now, actor=actor, actor_id=None, person_id=person.pk, subject="person"
        )
    look(make_staff(elsewhere, full_name="Y Tá Xa"), elsewhere, person)

    assert "Y Tá Xa" in text_of(client.get(LOG))
    everybody = text_of(client.get(f"{LOG}?actor=all"))
    assert "Cổng phản ánh" in everybody
    assert "Chính người đó" in everybody
    assert "Y Tá Xa" not in text_of(client.get(f"{LOG}?actor=citizen"))


def test_an_unusual_look_is_listed_with_its_reason_and_reviewed(
    client, overseer, station
):
    nurse = make_staff(station, full_name="Y Tá Một")
    person = make_person()
    look(nurse, station, person, ago=60 * 24)
    yesterday = timezone.now() - timedelta(days=1)
    day = timezone.localdate(yesterday)
    midnight = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    sign = AccessSign.objects.create(
        rule="own",
        tie="phone",
        user=nurse,
        person=person,
        organization=station,
        path=station.path,
        day=day,
        begins=midnight,
        ends=yesterday,
        count=2,
        found_at=yesterday,
    )
    assert "Y Tá Một" in text_of(client.get(SIGNS))

    page = client.get(f"{SIGNS}{sign.ref}/")
    words = text_of(page)
    assert "2 lần hồ sơ có số điện thoại của chính tài khoản" in words
    assert len(page.context["table"]["rows"]) == 1

    empty = client.post(f"{SIGNS}{sign.ref}/", {"outcome": "unjustified"})
    assert empty.status_code == 422
    assert "Ghi đã hỏi ai" in text_of(empty)
    done = client.post(
        f"{SIGNS}{sign.ref}/",
        {"outcome": "unjustified", "note": "Xem hộ con, không có lý do công việc."},
        follow=True,
    )
    assert done.redirect_chain[-1][1] == 303
    assert "Y Tá Một" not in text_of(client.get(SIGNS))
    assert "Y Tá Một" in text_of(client.get(f"{SIGNS}?state=all"))
    assert "Xem hộ con" in text_of(client.get(f"{SIGNS}{sign.ref}/"))
