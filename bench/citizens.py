"""Citizens with a proved telephone, and the requests that their browsers would send."""

import itertools
import secrets
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from bench.client import request
from complaints.actions import drafts
from complaints.choices import Kind, Relation
from complaints.models import Draft
from portal.accounts import codes
from portal.accounts.models import OneTimeCode
from portal.common import scope
from portal.registry.models import Organization, Person, Product

PHONE: Final = "+84900000999"
_FIRST_DAY: Final = date(2021, 3, 8)
_TOKEN: Final = "b" * 32


def people(limit: int) -> list[int]:
    """Return people who have a number and a telephone on record."""
    found = Person.objects.filter(
        documents__is_current=True, telephones__is_contact=True
    )
    return list(found.order_by("pk").values_list("pk", flat=True).distinct()[:limit])


def prove(*, at: datetime) -> int:
    """Return a one-time code that was proved, which drafts point to."""
    with scope.system():
        code = codes.issue(
            purpose=OneTimeCode.Purpose.TELEPHONE,
            subject=PHONE,
            person_id=None,
            telephone=PHONE,
            language="vi",
            at=at,
        )
    return code.pk


def look_ups(persons: list[int], *, at: datetime) -> list[bytes]:
    """Return a request for the record page of each person, signed in."""
    path = path_of("citizen:record")
    keys = sessions([proved(person, at) for person in persons], at=at)
    return [request(path, cookies=_cookies(key)) for key in keys]


class Reports:
    """Makes requests that send a report: no two are of the same matter."""

    def __init__(self, persons: list[int], *, proof: int) -> None:
        self._persons = persons
        self._proof = proof
        self._serial = itertools.count()
        self._product = Product.objects.order_by("pk")[0].code
        self._sites = list(
            Organization.objects.filter(gives_doses=True, closed_on=None)
            .order_by("pk")
            .values_list("code", flat=True)[:500]
        )

    def make(self, count: int, *, at: datetime) -> list[bytes]:
        """Store so many complete drafts and return the requests that send them."""
        rows, contents = [], []
        for number in itertools.islice(self._serial, count):
            person = self._persons[number % len(self._persons)]
            row = Draft(created_at=at, expires_at=at + drafts.LIFETIME)
            row.answers = self._answers(number, person)
            rows.append((row, row.answers["key"]))
            contents.append(proved(person, at) | {"drafts": [str(row.key)]})
        Draft.objects.bulk_create(row for row, _ in rows)
        keys = sessions(contents, at=at)
        return [
            request(
                path_of("citizen:report_check", row.key),
                cookies=_cookies(key),
                form={"csrfmiddlewaretoken": _TOKEN, "key": submission},
            )
            for (row, submission), key in zip(rows, keys, strict=True)
        ]

    def _answers(self, number: int, person: int) -> dict[str, Any]:
        day = _FIRST_DAY + timedelta(days=number // len(self._persons) % 600)
        claims = {
            "given_on": day.isoformat(),
            "product": self._product,
            "site": self._sites[number % len(self._sites)],
        }
        return {
            "key": str(uuid.uuid4()),
            "relation": Relation.SELF.value,
            "person": person,
            "matters": [
                {
                    "kind": Kind.MISSING_DOSE.value,
                    "dose": None,
                    "claims": claims,
                    "done": True,
                }
            ],
            "contact": {},
            "proof": self._proof,
        }


def bare_look_ups(people: int, count: int) -> Iterator[bytes]:
    """Return requests of the floor's look-up page."""
    cookies = {"csrf": _TOKEN}
    for number in range(count):
        person = 1 + number * 7919 % people
        born_on = date(1930, 1, 1) + timedelta(days=person * 7919 % 33000)
        form = {
            "csrfmiddlewaretoken": _TOKEN,
            "national_id": f"{person:012}",
            "born_on": born_on.isoformat(),
        }
        yield request("/look-up", cookies=cookies, form=form)


def bare_reports(people: int, count: int) -> Iterator[bytes]:
    """Return requests that file a complaint on the floor."""
    cookies = {"csrf": _TOKEN}
    for number in range(count):
        form = {
            "csrfmiddlewaretoken": _TOKEN,
            "person": str(1 + number * 7919 % people),
            "kind": "1",
            "body": "The second dose is missing from my record",
        }
        yield request("/complain", cookies=cookies, form=form)


def sessions(contents: list[dict[str, Any]], *, at: datetime) -> list[str]:
    """Store sessions with these contents and return their keys."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    keys = [secrets.token_hex(16) for _ in contents]
    Session.objects.bulk_create(
        Session(
            session_key=key,
            session_data=store.encode(content),
            expire_date=at + timedelta(hours=12),
        )
        for key, content in zip(keys, contents, strict=True)
    )
    return keys


def statements(path: str, key: str) -> int:
    """Count the statements of a page, those of session and scope included."""
    client = Client(SERVER_NAME="localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return sum(
        query["sql"] not in ("BEGIN", "COMMIT") for query in queries.captured_queries
    )


def proved(person: int, at: datetime) -> dict[str, Any]:
    """Return the session of somebody who opened this person's record."""
    instant = at.isoformat()
    return {
        "person": person,
        "proved_at": instant,
        "seen_at": instant,
        "submissions": [],
    }


def _cookies(key: str) -> dict[str, str]:
    return {
        settings.SESSION_COOKIE_NAME: key,
        settings.CSRF_COOKIE_NAME: _TOKEN,
    }


def path_of(name: str, *args: object) -> str:
    """Return the Vietnamese address of a page."""
    with translation.override("vi"):
        return reverse(name, args=args)
