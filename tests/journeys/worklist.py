"""A station's list of work, in every state that its staff meet.

`python -m tests.journeys.worklist CODE` in the surroundings of a running portal lays it
for that station and prints, as JSON, where its cases and its incident stand.
"""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()

# The app registry has to be ready before models can be imported.
# ruff: noqa: E402
from django.utils import timezone

from complaints.actions import casework, gathering, intake
from complaints.choices import Channel, Field, Kind
from complaints.models import Complaint, Incident
from portal.accounts.models import Posting, User
from portal.common import outbox, scope
from portal.registry.models import Organization
from tests.factories import (
    make_dose,
    make_person,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.journeys.visitor import wait_until

WRONG, MISSING = 7, 3
DAY = "2021-11-27"


def laid(code: str) -> dict[str, list[str]]:
    """File reports of every kind; ask about one, propose one, end one."""
    with scope.system():
        station = Organization.objects.get(code=code)
        nurse = User.objects.filter(
            postings__organization=station, postings__role=Posting.Role.STAFF
        ).first()
        people = [_person(place, station) for place in range(WRONG + MISSING + 3)]
        wrong = [_wrong(person, station) for person in people[:WRONG]]
        missing = [
            _sent(missing_dose(station, given_on=DAY, product="vaxzevria"), person)
            for person in people[WRONG : WRONG + MISSING]
        ]
        asked, proposed, ended = people[-3:]
        asked = _wrong(asked, station, phone="", channel=Channel.COUNTER)
        proposed = _sent(
            intake.Matter(
                Kind.NOT_MINE,
                {str(Field.DOSE): "void"},
                dose_id=_dose(proposed, station).pk,
            ),
            proposed,
        )
        ended = _wrong(ended, station)
        all_of_them = [*wrong, *missing, asked, proposed, ended]
        wait_until(lambda: _routed(all_of_them))
        at = timezone.now()
        casework.ask(complaint_id=asked.pk, reasons=["slip"], by=nurse, at=at)
        for case, verdict in (
            (proposed, ("upheld", "")),
            (ended, ("kept", "unreadable")),
        ):
            casework.resolve(
                complaint_id=case.pk,
                verdicts=dict.fromkeys(
                    case.claims.values_list("pk", flat=True), verdict
                ),
                note="Sổ của trạm ghi như vậy.",
                by=nurse,
                at=at,
            )
        gathering.run(at=at)
        incident = Incident.objects.filter(site=station).latest("pk")
    return {
        "nurse": nurse.username,
        "wrong": [_address(case) for case in wrong],
        "missing": [_address(case) for case in missing],
        "asked": _address(asked),
        "proposed": _address(proposed),
        "ended": _address(ended),
        "incident": f"/lam-viec/su-co/{incident.ref}/",
    }


def _person(place: int, station: Organization):
    return make_person(
        f"Nguyễn Thị Việc {'ABCDEGHIKLMNOPQ'[place]}",
        national_id=f"0311581{place:05}",
        phone=f"+8490011{place:04}",
        residence=station.commune,
    )


def _dose(person, station: Organization):
    return make_dose(person, station, product=_Product("vaxzevria"), lot="ABX4471")


class _Product:
    """A vaccine of the demo by its code."""

    def __init__(self, code: str) -> None:
        self.code = code


def _wrong(person, station: Organization, **facts) -> Complaint:
    dose = _dose(person, station)
    matter = intake.Matter(
        Kind.WRONG_DOSE, {str(Field.LOT): "ABX4417"}, dose_id=dose.pk
    )
    return _sent(matter, person, **facts)


def _sent(matter: intake.Matter, person, **facts) -> Complaint:
    sender = sender_for(person, **facts)
    return only_complaint(submit(matter, sender=sender, at=timezone.now()))


def _routed(cases: list[Complaint]) -> bool:
    for queue in ("route", "population"):
        outbox.drain(queue=queue, at=timezone.now())
    keys = [case.pk for case in cases]
    return not Complaint.objects.filter(pk__in=keys, routed_at=None).exists()


def _address(case: Complaint) -> str:
    return f"/lam-viec/ho-so/{case.reference}/"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(laid(sys.argv[1])))
