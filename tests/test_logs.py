"""A canary through every form: nothing that people type reaches a log."""

import io
import logging
import secrets

import pytest
from django.test import Client

from portal.common import outbox, scope
from portal.common.logs import JsonLines
from tests.factories import NOON
from tests.test_access import ACTORS, World, table

NUMBER, NAME, PHONE = "079158424242", "Chim Hoàng Yến Thử", "0900424242"
STORY, PASSWORD, LOT = "chuyện riêng của hoàng yến", "mật khẩu hoàng yến", "YEN4242"
CANARIES = (NUMBER, NAME, PHONE, "900424242", STORY, PASSWORD, LOT, "hoang yen")

SHUT = {"302", "404", "405"}
TYPED = {
    "national_id": NUMBER,
    "full_name": NAME,
    "phone": PHONE,
    "phone_last4": "4242",
    "born_on_0": "8",
    "born_on_1": "3",
    "born_on_2": "1958",
    "given_on_0": "12",
    "given_on_1": "8",
    "given_on_2": "2021",
    "code": "424242",
    "site_text": STORY,
    "story": STORY,
    "note": STORY,
    "answer": STORY,
    "reason": STORY,
    "lot": LOT,
    "username": NAME,
    "password": PASSWORD,
    "old_password": PASSWORD,
    "new_password1": PASSWORD,
    "new_password2": PASSWORD,
    "q": NAME,
    "kind": "missing_dose",
    "relation": "self",
    "action": "go",
}


@pytest.fixture
def log():
    """Collect the lines as the portal writes them."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # The driver of the database tells each statement here, with its values, at DEBUG
    # only; the portal never logs at that level.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)
    logging.getLogger("django.db.backends").setLevel(logging.NOTSET)


def assert_silent(lines, *more):
    text = lines.getvalue().casefold()
    assert text
    for canary in (*CANARIES, *more):
        assert canary.casefold() not in text, canary
        assert canary.encode("unicode_escape").decode().casefold() not in text, canary


@pytest.fixture
def world(db, settings):
    settings.INDEX_KEYS = {1: secrets.token_bytes(32)}
    with scope.system():
        return World()


def test_no_form_lets_what_was_typed_into_the_log(world, log):
    code = world.case.submission.code
    for row in table():
        for actor in ACTORS:
            # Who is not let in tells the log no more than anybody from outside.
            if actor == "anonymous" or row[actor] not in SHUT:
                address, method = world.address(row["name"]), row["method"].lower()
                getattr(world.client(actor), method)(address, TYPED)
    for queue in ("notify", "route", "import"):
        outbox.drain(queue=queue)

    assert "request" in log.getvalue()
    assert_silent(log, code)


def test_a_look_up_that_succeeds_leaves_no_trace_of_whom(world, log):
    person = world.citizens["citizen_a"]["person"]
    client = Client()
    client.post(
        "/tra-cuu/",
        TYPED | {"national_id": "079158012345", "full_name": person.full_name},
    )
    client.post("/tra-cuu/dien-thoai/", TYPED | {"phone": "0900000215"})
    outbox.drain(queue="notify")

    assert_silent(log, "079158012345", person.full_name, "900000215")


def test_an_unknown_address_is_not_repeated_in_the_log(db, log):
    Client().get(f"/theo-doi/khong-co/{NUMBER}/{NAME}/")
    assert_silent(log)


def test_work_that_fails_tells_its_place_and_not_its_words(db, settings, log):
    settings.OUTBOX = settings.OUTBOX | {"probe": ("probe", "tests.test_logs.fail")}
    with scope.system():
        outbox.add("probe", [1], at=NOON)

    outbox.drain(queue="probe", at=NOON)

    assert "outbox.failed" in log.getvalue()
    assert "ValueError" in log.getvalue()
    assert_silent(log)


def fail(subjects, *, at):
    """Fail with what somebody typed in the error's text."""
    raise ValueError(f"{NAME} {NUMBER} {PHONE}")
