"""A session that ends in the middle of a report: it is found again by the telephone."""

from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from complaints.models import Draft
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_root,
)
from tests.pages.citizen_steps import (
    code_sent_to,
    look_up,
    open_record,
    step,
    text_of,
)
from tests.pages.test_citizen_report import GIVEN, WHO, begin, go_to_check

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")


def rest(client, minutes=21, *, proved=True):
    """Let a session rest as long."""
    session = client.session
    session["seen_at"] = (timezone.now() - timedelta(minutes=minutes)).isoformat()
    if proved:
        session["proved_at"] = session["seen_at"]
    session.save()


def test_a_reporter_who_proved_nothing_yet_keeps_a_session_that_is_in_use(client):
    make_product()
    make_root()
    page = begin(client)
    key = client.session.session_key
    for _ in range(2):
        # Ten minutes go by; the session's own end comes as much nearer.
        session = client.session
        seen = datetime.fromisoformat(session["seen_at"])
        session["seen_at"] = (seen - timedelta(minutes=10)).isoformat()
        session.save()
        Session.objects.filter(pk=key).update(
            expire_date=timezone.now() + timedelta(minutes=20)
        )

        assert client.get(step(page, "mui")).status_code == 200

        left = Session.objects.get(pk=key).expire_date - timezone.now()
        assert left > timedelta(minutes=29)
    rest(client, proved=False)

    assert client.get(step(page, "mui")).status_code == 404


def test_who_rested_too_long_proves_the_telephone_and_goes_on(client):
    make_product()
    make_root()
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none", "story": "Ở trường học"})
    go_to_check(client, page)
    rest(client)

    ended = client.get(step(page, "kiem-tra"))
    client.post("/tiep-tuc/", {"phone": WHO["phone"]})
    code = code_sent_to("+84900000777")
    listed = client.post("/cua-toi/xac-thuc/", {"code": code}, follow=True)
    key = step(page, "").strip("/").split("/")[1]
    there = client.post(f"/tiep-tuc/{key}/", follow=True)

    assert ended.status_code == 404
    assert "/tiep-tuc/" in ended.content.decode()
    assert key in listed.content.decode()
    assert "Ở trường học" in text_of(there)


def test_who_looks_the_record_up_again_goes_on_from_there(client):
    site = make_organization()
    dose = make_dose(make_person(), site)
    open_record(client)
    page = client.get(f"/bao-sai/?kind=not_mine&dose={dose.ref}", follow=True)
    rest(client)

    ended = client.post(step(page, "mui"), {"dose": str(dose.ref)})
    record = open_record(client)
    key = step(page, "").strip("/").split("/")[1]

    assert ended.status_code == 404
    assert f"/tiep-tuc/{key}/" in record.content.decode()


def test_a_stranger_learns_how_to_go_on_and_nothing_of_the_report(client):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none", "story": "CANARY-88"})

    seen = Client().get(step(page, "mui"))

    assert seen.status_code == 404
    assert "CANARY" not in text_of(seen)


def test_who_proved_nothing_yet_finds_it_again_in_the_same_browser(client):
    make_product()
    make_root()
    client.get("/bao-sai/")
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none", "story": "Ở trường học"})
    rest(client, proved=False)

    typed = {"full_name": "Trần Văn Không", "born_on_2": "1950"}
    ended = client.post(step(page, "lien-he"), typed)
    key = step(page, "").strip("/").split("/")[1]
    client.post("/tiep-tuc/", {"phone": WHO["phone"]})
    code = code_sent_to("+84900000777")
    listed = client.post("/cua-toi/xac-thuc/", {"code": code}, follow=True)
    there = client.post(f"/tiep-tuc/{key}/", follow=True)

    assert ended.status_code == 404
    assert "trên chính thiết bị này" in text_of(ended)
    assert key in listed.content.decode()
    # What was sent into the ended session stands there to be sent again.
    assert there.request["PATH_INFO"] == step(page, "lien-he")
    assert 'value="Trần Văn Không"' in there.content.decode()
    assert "Ở trường học" in text_of(client.get(step(page, "mui")))


def test_nobody_else_finds_what_nobody_proved_and_no_page_promises_it(client):
    client.get("/bao-sai/")
    page = begin(client)
    key = step(page, "").strip("/").split("/")[1]
    other = Client()
    other.get("/bao-sai/")

    seen = other.get(step(page, "mui"))
    other.post("/tiep-tuc/", {"phone": WHO["phone"]})
    code = code_sent_to("+84900000777")
    listed = other.post("/cua-toi/xac-thuc/", {"code": code}, follow=True)

    assert seen.status_code == 404
    assert "24 giờ" not in text_of(seen)
    assert key not in listed.content.decode()
    assert other.post(f"/tiep-tuc/{key}/").status_code == 404


def test_who_logs_out_leaves_no_report_behind_in_the_browser(client):
    client.get("/bao-sai/")
    page = begin(client)
    client.post("/tra-cuu/thoat/")

    seen = client.get(step(page, "mui"))

    assert seen.status_code == 404
    assert "24 giờ" not in text_of(seen)


def test_nor_one_that_the_ended_session_had_begun(client):
    client.get("/bao-sai/")
    page = begin(client)
    rest(client, proved=False)
    ended = client.get(step(page, "mui"))
    client.post("/tra-cuu/thoat/")

    seen = client.get(step(page, "mui"))

    assert "24 giờ" in text_of(ended)
    assert "24 giờ" not in text_of(seen)


def test_a_record_opened_without_a_telephone_leads_back_to_its_report(client):
    site = make_organization()
    person = make_person()
    make_dose(person, site)
    open_record(client)
    page = client.get("/bao-sai/?kind=missing_dose", follow=True)
    # As with the e-ID: the record is open, and no telephone was proved.
    Draft.objects.update(phone_digest=None)
    rest(client)

    ended = client.get(step(page, "mui"))
    stranger = Client()
    make_person("Lê Thị Khác", national_id="079158000002", phone="+84900000777")
    open_other = {"national_id": "079158000002"}
    stranger.get(step(page, "mui"))
    key = step(page, "").strip("/").split("/")[1]
    record = open_record(client)
    there = client.post(f"/tiep-tuc/{key}/", follow=True)

    assert "mở lại hồ sơ" in text_of(ended).lower()
    assert f"/tiep-tuc/{key}/" in record.content.decode()
    assert there.status_code == 200
    look_up(stranger, **open_other)
    code = code_sent_to("+84900000777")
    theirs = stranger.post("/tra-cuu/xac-thuc/", {"code": code}, follow=True)
    assert theirs.status_code == 200
    assert key not in theirs.content.decode()
    assert stranger.post(f"/tiep-tuc/{key}/").status_code == 404
