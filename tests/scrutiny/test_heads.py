"""Heads that somebody outside keeps: what the owner of the database cannot hide.

Each tampering is done as the owner, with triggers off; first clumsily, then with every
seal and leaf in the database made anew, so that the database agrees with itself.
"""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from complaints import integrity
from complaints.actions import escalation
from complaints.models import Event
from portal.audit import record, seals
from portal.audit.models import Entry, Leaves, Seal
from tests.factories import (
    NOON,
    make_organization,
    missing_dose,
    only_complaint,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")

DAY = timedelta(days=1)


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def looks(at, n):
    for number in range(n):
        record.look_up(
            at=at + timedelta(minutes=number),
            actor="staff",
            actor_id=7,
            person_id=100 + number,
            subject="complaints.complaint",
        )


@pytest.fixture
def days():
    """Three days with five looks each, all sealed; return their keys by day."""
    keys = []
    for number in range(3):
        at = NOON + number * DAY
        first = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        looks(at, 5)
        keys.append(
            list(
                Entry.objects.filter(pk__gt=first)
                .order_by("pk")
                .values_list("pk", flat=True)
            )
        )
        integrity.seal_days(at=at + DAY)
    return keys


@pytest.fixture
def kept(days, tmp_path):
    """Return the file of heads as somebody outside has it."""
    path = tmp_path / "heads.csv"
    call_command("export_heads", str(path), "--rows")
    return path


def verify(*options):
    said = StringIO()
    try:
        call_command("verify_audit", "--json", *options, stdout=said)
    except SystemExit as ended:
        return ended.code, json.loads(said.getvalue())["broken"]
    return 0, json.loads(said.getvalue())["broken"]


def off(table):
    run(f"ALTER TABLE {table} DISABLE TRIGGER append_only")


def seal_anew():
    """Make seals and leaves from the rows as they are now, as an owner could."""
    made = list(Seal.objects.order_by("day").values_list("day", flat=True).distinct())
    off("audit_seal")
    off("audit_leaves")
    run("DELETE FROM audit_seal")
    run("DELETE FROM audit_leaves")
    for day in made:
        integrity.seal_days(at=NOON + DAY + (day - NOON.date()))


def change(key):
    off("audit_entry")
    run("UPDATE audit_entry SET actor_id = 8 WHERE id = %s", key)


def take_out(key):
    off("audit_entry")
    run("DELETE FROM audit_entry WHERE id = %s", key)


def test_an_untouched_log_agrees_with_what_was_kept(kept):
    assert verify("--heads", str(kept)) == (0, [])
    looks(NOON + 3 * DAY, 2)
    integrity.seal_days(at=NOON + 4 * DAY)
    # A newer day than the file knows of is checked by its own seal.
    assert verify("--heads", str(kept)) == (0, [])


@pytest.mark.parametrize(("place", "what"), [(0, "changed"), (3, "changed")])
def test_a_changed_row_is_named(days, place, what):
    change(days[1][place])
    assert verify() == (
        1,
        [
            {
                "kind": "seal of entry",
                "day": "2026-11-03",
                "what": what,
                "row": days[1][place],
            }
        ],
    )


def test_of_two_changed_rows_the_first_is_named(days):
    change(days[1][3])
    change(days[1][1])
    assert [row["row"] for row in verify()[1]] == [days[1][1]]


def test_a_row_that_was_taken_out_is_named_by_the_one_before(days):
    take_out(days[1][2])
    (found,) = verify()[1]
    assert (found["what"], found["row"]) == ("taken out", days[1][1])


def test_a_tail_that_was_cut_off_is_named_by_what_is_left(days):
    take_out(days[2][4])
    (found,) = verify()[1]
    assert (found["day"], found["what"], found["row"]) == (
        "2026-11-04",
        "taken out",
        days[2][3],
    )


def test_a_row_that_was_put_in_is_named(days):
    take_out(days[1][2])
    seal_anew()
    run(
        "INSERT INTO audit_entry (id, at, verb, actor, actor_id, subject, detail)"
        " VALUES (%s, %s, 'look_up', 'staff', 1, 'x', '')",
        days[1][2],
        NOON + DAY,
    )
    (found,) = verify()[1]
    assert (found["what"], found["row"]) == ("put in", days[1][2])


@pytest.mark.parametrize("tamper", [change, take_out])
def test_an_owner_who_seals_all_anew_is_found_by_the_heads_outside(days, kept, tamper):
    tamper(days[1][2])
    seal_anew()

    # The database agrees with itself again.
    assert verify() == (0, [])
    code, broken = verify("--heads", str(kept))

    assert code == 1
    assert broken[0] == {
        "kind": "seal of entry",
        "day": "2026-11-03",
        "what": {change: "changed", take_out: "taken out"}[tamper],
        "row": days[1][{change: 2, take_out: 1}[tamper]],
        "by": "heads kept outside",
    }


def test_without_the_rows_the_file_still_names_the_day(days, tmp_path):
    path = tmp_path / "heads.csv"
    call_command("export_heads", str(path))
    change(days[0][0])
    seal_anew()
    code, broken = verify("--heads", str(path))
    assert (code, broken[0]["day"], "row" in broken[0]) == (1, "2026-11-02", False)


def test_whole_days_that_were_cut_off_with_their_seals_are_found(days, kept):
    for table in ("audit_entry", "audit_seal", "audit_leaves"):
        off(table)
    run("DELETE FROM audit_entry WHERE id >= %s", days[1][0])
    run("DELETE FROM audit_seal WHERE day > '2026-11-02'")
    run("DELETE FROM audit_leaves WHERE day > '2026-11-02'")

    assert verify() == (0, [])
    broken = verify("--heads", str(kept))[1]
    assert {(row["day"], row["what"]) for row in broken} == {
        ("2026-11-03", "seal taken out"),
        ("2026-11-04", "seal taken out"),
    }


def test_a_head_that_was_changed_is_found(days, kept):
    off("audit_seal")
    run("UPDATE audit_seal SET digest = sha256('x') WHERE day = '2026-11-03'")
    assert verify()[0] == 1
    assert {row["what"] for row in verify("--heads", str(kept))[1]} == {"seal changed"}


def test_the_first_broken_event_of_a_case_is_named():
    case = only_complaint(submit(missing_dose(make_organization())))
    submit(missing_dose(case.site))
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE complaints_event DISABLE TRIGGER append_only")
    run(
        "UPDATE complaints_event SET holder_id = holder_id, at = at + interval '1 day'"
        " WHERE complaint_id = %s AND seq = 2",
        case.pk,
    )
    (found,) = verify()[1]
    assert (found["complaint"], found["seq"]) == (case.pk, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line"),
        ("day,head\n", "first line"),
        ("of,day,last_id,head,rows\nentry,2026-13-01,1,00,\n", "line 2"),
        ("of,day,last_id,head,rows\nother,2026-11-02,1," + "0" * 64 + ",\n", "line 2"),
        (
            "of,day,last_id,head,rows\n"
            f"entry,2026-11-02,1,{'0' * 64},\nentry,2026-11-02,1,{'1' * 64},\n",
            "line 3",
        ),
    ],
)
def test_a_file_that_holds_no_heads_is_refused_with_its_line(db, tmp_path, text, words):
    path = tmp_path / "heads.csv"
    path.write_text(text)
    with pytest.raises(CommandError, match=words):
        verify("--heads", str(path))


def test_a_long_day_is_kept_and_read_in_parts():
    looks(NOON, 3)
    Entry.objects.bulk_create(
        Entry(at=NOON, verb="look_up", actor="citizen", person=n, subject="person")
        for n in range(2 * seals.BLOCK)
    )
    integrity.seal_days(at=NOON + DAY)
    assert Leaves.objects.filter(of="entry").count() == 3
    key = Entry.objects.order_by("pk")[seals.BLOCK + 5].pk
    change(key)
    assert verify()[1][0]["row"] == key


def test_a_day_of_a_million_rows_is_one_long_line():
    leaves = "00112233" * 1_000_000
    line = f"entry,2026-11-02,7,{'0' * 64},{leaves}\n"
    head = seals.read(["of,day,last_id,head,rows\n", line])["entry"][NOON.date()]
    assert len(head.leaves) == 4_000_000


def test_what_was_dated_back_is_no_end_of_the_day_that_it_is_dated(all_rows):
    """After a night without workers: late ones of yesterday, while a case is sent.

    The case's event had its number before theirs, and is committed after the seal.
    """
    late, fresh = (
        only_complaint(submit(missing_dose(make_organization()), at=NOON))
        for _ in range(2)
    )
    newest = Event.objects.latest("pk").pk
    run("SELECT setval('complaints_event_id_seq', %s)", newest + 10)
    escalation.mark_overdue(at=NOON + 3 * DAY)
    assert Event.objects.filter(move="overdue", complaint=late).exists()

    integrity.seal_days(at=NOON + 3 * DAY)
    noted = {
        "complaint": fresh,
        "move": "note",
        "actor": "citizen",
        "status": fresh.status,
        "round": 1,
        "holder": fresh.holder,
    }
    Event.objects.create(pk=newest + 5, at=NOON + 3 * DAY, **noted)

    assert Seal.objects.get(of="event").last_id == newest
    assert verify() == (0, [])
    last = Event.objects.create(at=NOON + 3 * DAY, **noted)
    integrity.seal_days(at=NOON + 4 * DAY)
    assert Seal.objects.filter(of="event").latest("day").last_id == last.pk
    assert verify() == (0, [])
