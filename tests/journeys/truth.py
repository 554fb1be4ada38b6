"""What the portal's own database says, recounted plainly: the other side of a walk.

`python -m tests.journeys.truth before | late | after | people` in the surroundings of a
running portal prints one JSON document. Nothing here uses the kept figures' own code.
"""

import json
import sys
import uuid
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import django

if __name__ == "__main__":
    django.setup()

# The app registry has to be ready before models can be imported.
# ruff: noqa: E402
from django.conf import settings
from django.utils import timezone

from bench import alike
from complaints import integrity, rollups, tasks
from complaints.actions import casework, intake, routing
from complaints.choices import Kind
from complaints.models import Event, Figure
from portal.accounts.models import Posting, User
from portal.common import outbox, scope
from portal.registry import countries
from portal.registry.identity import number_digests
from portal.registry.models import Organization
from tests import plain_times

ENDED = ("resolved", "withdrawn", "lapsed")
# Where the old cases lie, in the demo's smallest province.
STATION = "TYT-N10507"
OLD_PHONE = "+84900077701"


def before() -> dict:
    """Return who works here, after sending three reports that grew old unanswered."""
    now = timezone.now()
    with scope.system():
        last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        old = [
            _sent("Trần Văn Lâu", now - timedelta(hours=50), asked=False),
            _sent("Trần Văn Chờ", now - timedelta(days=5), asked=True),
            _sent("Trần Văn Quên", now - timedelta(days=13), asked=True),
        ]
        staff = [
            {"username": p.user.username, "role": p.role, "holder": p.organization.name}
            # Who has a second factor is walked with elsewhere.
            for p in Posting.objects.filter(user__authenticator=None).select_related(
                "user", "organization"
            )
        ]
    return {"last_event": last, "old": old, "staff": staff}


def _sent(name: str, at: datetime, *, asked: bool) -> dict:
    """Send a report at an earlier instant, routed then, and asked about if wanted."""
    site = Organization.objects.get(code=STATION)
    matter = intake.Matter(
        kind=Kind.MISSING_DOSE,
        claims={"given_on": "2021-10-07", "product": "vaxzevria", "site": site.code},
        site_id=site.pk,
        given_on=date(2021, 10, 7),
    )
    sender = intake.Sender(name, None, "M", "", OLD_PHONE)
    sent = intake.submit(key=uuid.uuid4(), sender=sender, matters=[matter], at=at)
    case = sent.submission.complaints.get()
    routing.route([case.pk], at=at)
    if asked:
        nurse = User.objects.filter(
            postings__organization=site, postings__role="staff"
        ).first()
        assert nurse is not None
        casework.ask(
            complaint_id=case.pk,
            reasons=["slip"],
            by=nurse,
            at=at + timedelta(hours=1),
        )
    return {"code": sent.submission.code, "last4": OLD_PHONE[-4:]}


def people() -> dict:
    """Return number, birth date and name of those whom a look-up finds."""
    return {"people": alike.known_people()}


def late() -> dict:
    """Do what beat does every minute: mark what is overdue, end what waits too long."""
    tasks.escalate_overdue()
    return {}


def after(last_event: int, numbers: list[str]) -> dict:
    """Finish all work that is owed, then recount everything."""
    # Past every lease and the half minute in which a decision can be taken back.
    at = timezone.now() + timedelta(minutes=2)
    for _ in range(4):
        for queue in sorted({queue for queue, _ in settings.OUTBOX.values()}):
            outbox.drain(queue=queue, at=at)
    rollups.rebuild_changed(at=at)
    broken = {name: rows for name, rows in integrity.check(at=at).items() if rows}
    with scope.system():
        lives = plain_times.lives()
        return {
            "broken": broken | _told_otherwise_than_once(last_event),
            "wrong": _wrong_figures(lives, at=at),
            "moves": dict(
                Counter(
                    Event.objects.filter(pk__gt=last_event).values_list(
                        "move", flat=True
                    )
                )
            ),
            "by_rule": Event.objects.filter(
                pk__gt=last_event, move="resolve", actor="system"
            ).count(),
            "matters": _matters(lives),
            "doses": {number: _doses(number) for number in numbers},
        }


def _matters(lives: list[dict]) -> dict[str, list[dict]]:
    """Return for each code what its status page has to say of each matter."""
    found = defaultdict(list)
    for life in sorted(lives, key=lambda life: life["number"]):
        last = life["events"][-1]
        decided = [e for e in life["events"] if "outcome" in e["data"]]
        found[life["code"]].append(
            {
                "status": last["status"],
                "outcome": decided[-1]["data"]["outcome"]
                if last["status"] == "resolved"
                else "",
                "again": last["round"] > 1,
                "holder": last["name"],
                "open": last["status"] not in ENDED,
            }
        )
    return found


def _doses(number: str) -> list[list[str]]:
    """Return day, vaccine, lot and site of each dose that counts for a number."""
    rows = plain_times.rows(
        "SELECT DISTINCT d.id, to_char(d.given_on, 'DD/MM/YYYY') AS day,"
        " p.name AS product, d.lot_number, o.name AS site, d.country"
        " FROM registry_dose d"
        " JOIN registry_identitydocument i ON i.person_id = d.person_id"
        " JOIN registry_product p ON p.id = d.product_id"
        " JOIN registry_organization o ON o.id = d.site_id"
        " WHERE i.number_digest = ANY(%s) AND d.status = 'completed'",
        number_digests(number),
    )
    return sorted([r["day"], r["product"], r["lot_number"], _where(r)] for r in rows)


def _where(dose: dict) -> str:
    return str(countries.name_of(dose["country"])) if dose["country"] else dose["site"]


def _wrong_figures(lives: list[dict], *, at: datetime) -> list[str]:
    """Return where a kept figure is not what a plain count of the events says."""
    groups = defaultdict(list)
    for life in lives:
        counted = plain_times.counted(life, at=at, others=lives)
        for cohort, when in (("opened", "sent"), ("closed", "ended")):
            if counted[when] is None:
                continue
            month = timezone.localtime(counted[when]).strftime("%Y-%m")
            for kind in (life["kind"], ""):
                groups[counted["holder"], month, kind, cohort].append(counted)
    expected = {key: plain_times.summed(members) for key, members in groups.items()}
    kept = {
        (f.organization.code, f"{f.month:%Y-%m}", f.kind, f.cohort): {
            name: getattr(f, name) for name in plain_times.summed([])
        }
        for f in Figure.objects.select_related("organization")
    }
    return [
        f"{key}: kept {kept.get(key)}, counted {expected.get(key)}"
        for key in sorted(expected.keys() | kept.keys())
        if kept.get(key) != expected.get(key)
    ]


def _told_otherwise_than_once(last_event: int) -> dict[str, list]:
    """Return the steps that citizens were told of never, or more than once."""
    telling = "('submit', 'route', 'ask', 'hand_over', 'escalate', 'extend', 'overdue',"
    telling += " 'wait', 'lapse', 'remind', 'disagree', 'revert', 'reopen', 'put_back',"
    telling += " 'resolve', 'countersign')"
    wrong = plain_times.rows(
        "SELECT e.id, e.move, count(m.id) AS sent FROM complaints_event e"
        " LEFT JOIN complaints_message m ON m.event_id = e.id AND m.state = 'sent'"
        f" WHERE e.id > %s AND e.move IN {telling}"
        # What was taken back is told to nobody.
        " AND NOT EXISTS (SELECT FROM complaints_event u WHERE u.move = 'undo'"
        " AND u.complaint_id = e.complaint_id AND u.seq = e.seq + 1)"
        " GROUP BY e.id HAVING count(m.id) <> 1",
        last_event,
    )
    lost = plain_times.rows(
        "SELECT m.id FROM complaints_message m LEFT JOIN common_demomessage d"
        " ON d.provider_key = 'message:' || m.id"
        " WHERE m.event_id > %s AND m.state = 'sent' AND d.id IS NULL",
        last_event,
    )
    found = {"each_step_is_told_once": wrong, "what_is_sent_arrives": lost}
    return {name: rows for name, rows in found.items() if rows}


if __name__ == "__main__":
    given = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    asked = {"before": before, "late": late, "after": after, "people": people}
    answer = asked[sys.argv[1]](**given)
    sys.stdout.write(json.dumps(answer, default=str))
