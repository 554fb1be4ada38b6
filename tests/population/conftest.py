"""A simulator in a process of its own, on the database of the running test."""

import base64
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from random import Random
from uuid import uuid4

import pytest
import urllib3
from django.db import connection
from django.utils import timezone

from portal.common.breaker import Breaker
from portal.env import BASE_DIR
from portal.registry.population import protocol
from portal.registry.population.client import Client, Policy
from portal.registry.population.simulator import CONTROL, Faults

KEY = b"k" * 32
_count = itertools.count()


@dataclass
class Simulator:
    """A running simulator: its address, its process, its faults."""

    url: str
    process: subprocess.Popen

    def set(self, **faults) -> dict:
        """Change what goes wrong from now on; return all of it."""
        body = json.dumps(faults).encode()
        batch, time = uuid4(), timezone.now().isoformat()
        signature = protocol.sign_request(KEY, batch=batch, time=time, body=body)
        response = urllib3.request(
            "POST",
            f"{self.url}{CONTROL}",
            body=body,
            headers={
                protocol.BATCH: str(batch),
                protocol.TIME: time,
                protocol.KEY: "1",
                protocol.SIGNATURE: signature,
            },
            timeout=10,
            retries=False,
        )
        assert response.status == 200
        return response.json()


def keys_text() -> str:
    """Return the shared key as the environment holds it."""
    return f"1:{base64.b64encode(KEY).decode()}"


def start_simulator(*words: str) -> Simulator:
    """Start the command and wait for the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "population_simulator", *words],
        cwd=BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FAULTS_DATABASE": connection.settings_dict["NAME"],
            "POPULATION_KEYS": keys_text(),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return Simulator(json.loads(process.stdout.readline())["url"], process)


@pytest.fixture(scope="session")
def _process(django_db_setup) -> Iterator[Simulator]:
    """Hold one process for all tests; it keeps nothing outside the database."""
    running = start_simulator()
    yield running
    running.process.terminate()
    assert running.process.wait(20) == 0
    running.process.stdout.close()


@pytest.fixture
def simulator(transactional_db, _process) -> Simulator:
    """Return the simulator without faults."""
    _process.set(**asdict(Faults()))
    return _process


@pytest.fixture
def pauses() -> list[float]:
    """Return the back-off that a client asked for, in seconds; nobody waits for it."""
    return []


@pytest.fixture
def client_of(pauses):
    """Return how a client of an address is made: quick limits, a breaker of its own."""

    def make(url, **facts):
        policy = Policy(
            **{"connect": 1.0, "read": 5.0, "per_second": 10_000}
            | facts.pop("policy", {})
        )
        usual = {
            "keys": {1: KEY},
            "policy": policy,
            "breaker": Breaker(),
            "pause": pauses.append,
            "chance": Random(1),
        }
        return Client(url, **usual | facts)

    return make


@pytest.fixture
def through(settings, simulator):
    """Let the portal's own handlers ask the simulator; return it."""
    settings.POPULATION_URL = simulator.url
    settings.POPULATION_KEYS = {1: KEY}
    # A client of its own, so that no other test's failures count in its breaker.
    settings.POPULATION_RATE = 10_000 + next(_count)
    return simulator
