"""The feed of corrections over HTTP: by token, in order, confirmed by complaint."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.actions import campaigns, casework
from complaints.models import CampaignBatch, Complaint
from complaints.views import progress
from portal import checks
from portal.audit.models import Entry
from portal.common import outbox, scope
from portal.registry import corrections
from portal.registry.models import Person
from portal.registry.platform_simulator import Follower, Refused
from tests.factories import (
    NOON,
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import text_of

# Long and of many signs, as a random one is; the same in every process of a run.
TOKEN = base64.b64encode(bytes(range(7, 250, 5))).decode()
READ, CONFIRM = "/api/corrections/", "/api/corrections/confirmed/"


@pytest.fixture
def platform(db, settings):
    settings.FEED_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture
def case(db):
    with scope.system():
        site, person = make_organization(), make_person()
        make_product()
        nurse = make_staff(site)
        case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
        outbox.drain(queue="route", at=NOON)
        casework.resolve(
            complaint_id=case.pk,
            verdicts={claim.pk: ("upheld", "") for claim in case.claims.all()},
            proof="slip_seen",
            by=nurse,
            at=NOON,
        )
    return case


def test_the_platform_reads_on_from_its_cursor_and_every_page_is_logged(platform, case):
    first = platform.get(READ, {"limit": 1}).json()
    second = platform.get(READ, {"after": first["after"]}).json()
    end = platform.get(READ, {"after": second["after"]})

    (person,), (dose,) = first["corrections"], second["corrections"]
    assert [person["operation"], dose["operation"]] == ["add", "add"]
    assert dose["after"]["person"] == person["target_ref"]
    assert dose["source"] == "slip_seen"
    assert end.json() == {"corrections": [], "after": second["after"]}
    assert "no-store" in end["Cache-Control"]
    looks = Entry.objects.filter(subject="registry.feed").order_by("pk")
    assert [look.detail for look in looks] == ["1-1", "2-2"]


def test_a_complaint_is_confirmed_upstream_when_its_corrections_are(platform, case):
    after = platform.get(READ).json()["after"]

    early = platform.post(CONFIRM, {"up_to": after - 1})
    done = platform.post(CONFIRM, {"up_to": after})
    again = platform.post(CONFIRM, {"up_to": after})

    counts = [response.json()["complaints"] for response in (early, done, again)]
    assert counts == [0, 1, 0]
    with scope.system():
        case.refresh_from_db()
    assert case.confirmed_upstream_at is not None


@pytest.mark.parametrize("url", [READ, CONFIRM])
@pytest.mark.parametrize(
    "sent",
    ["", "Bearer ", f"Bearer {TOKEN}x", TOKEN, "Bearer ă"],
    ids=["none", "empty", "longer", "without its kind", "not ASCII"],
)
def test_nobody_without_the_token_reads_or_confirms(platform, case, url, sent):
    stranger = Client(headers={"Authorization": sent} if sent else {})
    response = stranger.get(url) if url == READ else stranger.post(url, {"up_to": "1"})
    assert response.status_code == 401
    assert response.content == b""


def test_without_a_token_set_there_is_no_feed(platform, settings):
    settings.FEED_TOKEN = ""
    assert platform.get(READ).status_code == 404
    assert Client(headers={"Authorization": "Bearer "}).get(READ).status_code == 404


@pytest.mark.parametrize(
    "query", [{"after": "-1"}, {"after": "x"}, {"limit": "0"}, {"after": "9" * 30}]
)
def test_a_cursor_that_is_none_is_refused_with_a_reason(platform, query):
    response = platform.get(READ, query)
    assert response.status_code == 422
    assert "after" in response.json()["error"]


def test_a_confirmation_needs_a_position(platform):
    assert platform.post(CONFIRM, {"up_to": ""}).status_code == 422
    assert reverse("api:confirmed") == CONFIRM


@pytest.mark.parametrize(
    ("token", "found"),
    [("geheim", 1), (TOKEN, 0), ("", 0)],
    ids=["weak", "sound", "none"],
)
def test_a_weak_token_is_refused_at_start(settings, token, found):
    settings.FEED_TOKEN = token
    assert len(checks.feed(None)) == found


def test_what_is_not_confirmed_in_time_is_listed_and_the_citizen_knows(
    platform, case, client
):
    lead = make_staff(case.holder, "lead")
    client.force_login(lead)
    url = reverse("oversight:platform")
    late = Complaint.objects.filter(pk=case.pk)
    with scope.system():
        # Of several claims some were upheld: those the platform has to hold as well.
        late.update(
            ended_at=timezone.now() - timedelta(hours=25), outcome="partly_corrected"
        )

    listed = client.get(url).content.decode()
    platform.post(CONFIRM, {"up_to": platform.get(READ).json()["after"]})
    over = client.get(url).content.decode()

    assert case.pretty_reference in listed
    assert case.pretty_reference not in over
    with scope.system():
        case.refresh_from_db()
    assert "từ" in progress.upstream(case)


def test_what_a_campaign_corrected_without_a_report_is_listed_too(
    platform, case, client
):
    """By batch, in counts; who it was the page does not say."""
    begun = timezone.now() - timedelta(hours=30)
    with scope.system():
        station = case.holder
        person = make_person("Trần Thị Hòa", national_id=None, phone=None)
        with corrections.writing("imports"):
            Person.objects.filter(pk=person.pk).update(full_name="Trần Thị  Hòa")
        # What came before is held upstream.
        platform.post(CONFIRM, {"up_to": platform.get(READ).json()["after"]})
        by = make_staff(station, "administrator")
        campaigns.start(rules=["A1"], cap=10, by=by, at=begun)
        outbox.drain(queue="report", at=begun)
        batch = CampaignBatch.objects.get()
        assert batch.changed == 1
    client.force_login(make_staff(station, "overseer"))
    url = reverse("oversight:platform")

    listed = text_of(client.get(url))
    platform.post(CONFIRM, {"up_to": platform.get(READ).json()["after"]})
    over = text_of(client.get(url))

    assert f"lô {batch.pk} 1 " in listed
    assert "Trần Thị" not in listed
    assert f"lô {batch.pk}" not in over


def test_another_place_does_not_see_it_listed(platform, case, client):
    with scope.system():
        Complaint.objects.update(ended_at=timezone.now() - timedelta(hours=25))
    client.force_login(make_staff(make_organization(), "lead"))

    assert (
        case.pretty_reference
        not in client.get(reverse("oversight:platform")).content.decode()
    )


@pytest.fixture
def served(platform, case, settings):
    """Hold the portal's two machine pages behind a socket; yield their address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._pass_on(platform.get(self.path))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = "application/x-www-form-urlencoded"
            self._pass_on(platform.post(self.path, body, content_type=kind))

        def _pass_on(self, answer):
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *words):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.timeout = 20
        yield server


def test_the_demos_platform_reads_confirms_later_and_goes_on_after_a_stop(
    served, case, tmp_path
):
    base = f"http://127.0.0.1:{served.server_port}"
    cursor = tmp_path / "cursor"

    def follow(follower, now, requests):
        # The test's connection belongs to its own thread, so the portal answers there.
        with ThreadPoolExecutor() as beside:
            done = beside.submit(follower.follow, now=now)
            for _ in range(requests):
                served.handle_request()
            return done.result()

    first = Follower(base, TOKEN, cursor, late=20)
    assert follow(first, 0.0, 2) == 2
    with scope.system():
        case.refresh_from_db()
    assert case.confirmed_upstream_at is None
    again = Follower(base, TOKEN, cursor, late=20)
    assert follow(again, 5.0, 2) == 0
    with scope.system():
        case.refresh_from_db()
    assert case.confirmed_upstream_at is not None


def test_a_platform_without_the_right_token_is_told_so(served, settings, tmp_path):
    settings.FEED_TOKEN = TOKEN[::-1]
    follower = Follower(
        f"http://127.0.0.1:{served.server_port}", TOKEN, tmp_path / "cursor"
    )
    with ThreadPoolExecutor() as beside:
        done = beside.submit(follower.follow, now=0.0)
        served.handle_request()
        with pytest.raises(Refused, match="401"):
            done.result()
