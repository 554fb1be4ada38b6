"""The protocol against a simulator in a process of its own, with each of its faults."""

import os
import signal
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.registry.models import PopulationAnswer
from portal.registry.population.client import Conflict, Rejected, Unavailable
from portal.registry.population.protocol import Question, Reply
from tests.factories import knows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

LAN = Question("079158012345", "Nguyễn Thị Lan", "1958-03-08", "F")


@pytest.fixture
def known():
    knows(LAN.number, LAN.full_name, LAN.born, LAN.sex)


def ask(client, *questions, batch=None, at=None):
    return client.ask(batch or uuid4(), questions, at=at or timezone.now())


def many(count):
    return [
        Question(f"0791580{n:05}", f"Người Thứ {n}", "1958", "F") for n in range(count)
    ]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, ()),
        ({"number": "079158012346"}, ("national_id",)),
        ({"full_name": "NGUYỄN THỊ LAN"}, ()),
        ({"full_name": "Nguyễn Thị Lân"}, ("full_name",)),
        ({"born": "1958-08-03"}, ("born_on",)),
        ({"born": "1958-03"}, ()),
        ({"born": "1958"}, ()),
        ({"born": "1959"}, ("born_on",)),
        ({"sex": "M"}, ("sex",)),
        ({"sex": ""}, ()),
        ({"born": "1958-08-03", "sex": "M"}, ("born_on", "sex")),
    ],
    ids=[
        "all right",
        "an unknown number",
        "in capitals",
        "another tone",
        "day and month swapped",
        "known to the month",
        "known to the year",
        "another year",
        "another sex",
        "no sex on record",
        "two at once",
    ],
)
def test_each_field_is_right_or_wrong(simulator, client_of, changes, wrong):
    question = Question(**{**vars(LAN), **changes})

    answers = ask(client_of(simulator.url), question)

    assert answers.source == "simulator"
    assert answers.replies == {0: Reply(wrong)}


@pytest.mark.usefixtures("known")
def test_a_thousand_are_answered_at_once_and_in_their_places(simulator, client_of):
    questions = [*many(999), LAN]

    answers = ask(client_of(simulator.url), *questions)

    assert len(answers.replies) == 1000
    assert [n for n, reply in answers.replies.items() if reply.is_match] == [999]
    with pytest.raises(ValueError, match="1 to 1000"):
        ask(client_of(simulator.url), *many(1001))


@pytest.mark.usefixtures("known")
def test_the_same_batch_number_gets_the_same_answer_for_good(simulator, client_of):
    client, batch = client_of(simulator.url), uuid4()
    first = ask(client, LAN, batch=batch)

    simulator.set(wrong=1.0)
    again = ask(client, LAN, batch=batch)

    assert again == first
    assert ask(client, LAN).replies != first.replies
    with pytest.raises(Conflict):
        ask(client, *many(1), batch=batch)
    assert not client.breaker.is_open


@pytest.mark.usefixtures("known")
def test_a_late_answer_is_waited_for_within_the_limit(simulator, client_of):
    simulator.set(latency=0.3)

    assert ask(client_of(simulator.url), LAN).replies[0].is_match


@pytest.mark.usefixtures("known")
def test_an_error_that_passes_is_tried_again_after_growing_pauses(
    simulator, client_of, pauses
):
    simulator.set(errors_next=2)

    answers = ask(client_of(simulator.url), LAN)

    assert answers.replies[0].is_match
    assert len(pauses) == 2
    assert 0 <= pauses[0] <= 0.5
    assert 0 <= pauses[1] <= 1.0


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"errors": 1.0}, "status_503"),
        ({"timeouts": 1.0, "hang": 60.0}, "timeout"),
        ({"cuts": 1.0}, "connection"),
        ({"malformed": 1.0}, "malformed"),
        ({"forged": 1.0}, "unsigned"),
    ],
    ids=["5xx", "silence", "cut in the middle", "no JSON", "another's signature"],
)
def test_what_goes_on_failing_is_given_up_with_a_reason(
    simulator, client_of, pauses, faults, reason
):
    simulator.set(**faults)
    client = client_of(simulator.url, policy={"read": 0.3})

    with pytest.raises(Unavailable) as given_up:
        ask(client, LAN)

    assert given_up.value.reason == reason
    assert len(pauses) == client.policy.tries - 1
    # The error's text may reach a log.
    assert LAN.number not in str(given_up.value)


def test_nobody_at_the_address_is_a_refused_connection(client_of):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(Unavailable) as given_up:
            ask(client_of(url), LAN)

    assert given_up.value.reason == "connection"


def test_a_frozen_neighbour_costs_the_limit_and_no_more(simulator, client_of):
    client = client_of(simulator.url, policy={"read": 0.3, "tries": 1})
    os.kill(simulator.process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable) as given_up:
            ask(client, LAN)
    finally:
        os.kill(simulator.process.pid, signal.SIGCONT)
    assert given_up.value.reason == "timeout"


@contextmanager
def dripping(parts):
    """Hold a neighbour that sends these parts of an answer, one each time it is asked
    for the next by the event in it, and never ends."""
    server = socket.create_server(("127.0.0.1", 0))
    gone = threading.Event()

    def serve():
        peer, _ = server.accept()
        with peer:
            peer.recv(65_536)
            for part in parts:
                if gone.wait(0.02):
                    return
                try:
                    peer.sendall(part)
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    gone.set()
    thread.join(10)
    server.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"


def test_a_neighbour_that_drips_is_cut_off_at_the_end_of_the_time(client_of):
    with dripping([HEAD, *[b"x"] * 500]) as url:
        client = client_of(url, policy={"total": 0.2, "tries": 1})

        with pytest.raises(Unavailable) as given_up:
            ask(client, LAN)

    assert given_up.value.reason == "timeout"


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 90],
        [b"H", *[b" "] * 500],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"0"] * 500],
    ],
    ids=["headers", "a first line", "the size of a part"],
)
def test_a_neighbour_that_drips_what_is_no_answer_yet_is_cut_off_too(client_of, parts):
    with dripping(parts) as url:
        client = client_of(url, policy={"total": 0.2, "tries": 1})
        with pytest.raises(Unavailable) as given_up:
            ask(client, LAN)

    # Who waits for the end of the drip hears that the neighbour hung up.
    assert given_up.value.reason == "timeout"


def test_an_answer_without_end_is_cut_off_at_a_megabyte(client_of):
    with (
        dripping([HEAD, *[b"x" * 100_000] * 40]) as url,
        pytest.raises(Unavailable) as given_up,
    ):
        ask(client_of(url, policy={"tries": 1}), LAN)

    assert given_up.value.reason == "too_long"


@pytest.mark.parametrize(
    ("facts", "minutes"),
    [({"keys": {1: b"x" * 32}}, 0), ({"keys": {2: b"k" * 32}}, 0), ({}, -6), ({}, 6)],
    ids=["another key", "an unknown key", "an old message", "one from the future"],
)
def test_a_wrong_signature_is_refused_and_not_tried_again(
    simulator, client_of, pauses, facts, minutes
):
    client = client_of(simulator.url, **facts)
    with pytest.raises(Rejected) as refused:
        ask(client, LAN, at=timezone.now() + timedelta(minutes=minutes))

    assert refused.value.reason == "status_401"
    assert pauses == []
    assert not PopulationAnswer.objects.exists()


def test_half_an_answer_says_nothing_about_the_other_half(simulator, client_of):
    simulator.set(half=1.0)

    answers = ask(client_of(simulator.url), *many(9))

    assert sorted(answers.replies) == [0, 1, 2, 3, 4]


def test_silence_and_lies_come_at_the_stated_rates_whatever_the_batch(
    simulator, client_of
):
    simulator.set(silent=0.1, wrong=0.05)
    client = client_of(simulator.url)

    answers, again = (ask(client, *many(1000)).replies for _ in range(2))

    assert answers == again
    assert 70 <= 1000 - len(answers) <= 130
    # Nobody of them is known: a lie says that all is right.
    assert 25 <= sum(reply.is_match for reply in answers.values()) <= 75


def test_a_rate_holds_callers_back_without_opening_the_breaker(simulator, client_of):
    client = client_of(simulator.url, policy={"per_second": 2})
    # A second of its own: what other tests asked the same simulator does not count.
    at = timezone.now().replace(microsecond=0) + timedelta(minutes=1)
    for _ in range(2):
        ask(client, LAN, at=at)

    with pytest.raises(Unavailable) as held:
        ask(client, LAN, at=at)

    assert held.value.reason == "busy"
    assert held.value.retry_after == 1
    assert not client.breaker.is_open
    ask(client, LAN, at=at + timedelta(seconds=1))


def test_the_breaker_keeps_a_dead_neighbour_from_being_asked(simulator, client_of):
    now = [0.0]
    client = client_of(simulator.url, clock=lambda: now[0])
    simulator.set(errors=1.0)
    for _ in range(2):
        with pytest.raises(Unavailable):
            ask(client, LAN)
    assert client.breaker.is_open

    with pytest.raises(Unavailable) as held:
        ask(client, LAN)
    assert (held.value.reason, held.value.retry_after) == ("open", 5.0)

    simulator.set(errors=0.0)
    now[0] = 5.1
    assert not ask(client, LAN).replies[0].is_match
    assert not client.breaker.is_open
