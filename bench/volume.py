"""Complaints in great numbers by plain SQL: set by set, as the owner of the tables.

Only for measuring: events of closed complaints have no valid chain, and references of
closed ones are not checked while they are loaded.
"""

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from bench.citizens import PHONE
from portal.common import codes, crypto, names

# Matters of one submission, of the closed complaints: the most that one may have.
_TOGETHER: Final = 10
_KIND: Final = "(ARRAY['missing_dose', 'wrong_dose', 'not_mine', 'wrong_person'])"

_SUBMISSIONS = """
INSERT INTO complaints_submission (key, body_digest, code, person_id, channel, relation,
  language, full_name, name_folded, born_on, sex, phone_sealed, phone_digest,
  last4_digest, submitted_at)
SELECT f.key, sha256(f.key::text::bytea), f.code, f.person,
  CASE f.n % 20 WHEN 0 THEN 'counter' WHEN 1 THEN 'counter' WHEN 2 THEN 'phone'
    WHEN 3 THEN 'paper' ELSE 'self' END, 'self', 'vi',
  'Nguyễn Thị Thử', 'nguyen thi thu', date '1980-01-01', 'F', f.sealed, f.digest,
  f.digest, f.at
FROM fresh f ON CONFLICT DO NOTHING"""

_COMPLAINTS = """
INSERT INTO complaints_complaint (submission_id, number, kind, status, outcome, round,
  subject_key, given_on, site_id, site_text, story, holder_id, holder_path,
  submitted_at, routed_at, touched_at, round_started_at, due_at, ended_at,
  reported_again, version)
SELECT s.id, f.number, f.kind, f.status, f.outcome, f.round,
  sha256((f.key::text || f.number)::bytea), f.given_on, f.site, f.site_text, '',
  f.holder, o.path, f.at, f.routed_at, f.ended_at, f.begun,
  f.begun + interval '48 hours', f.ended_at, 0, 1
FROM matters f JOIN complaints_submission s ON s.key = f.key
JOIN registry_organization o ON o.id = f.holder"""

_SENT = """
INSERT INTO complaints_event (complaint_id, seq, move, at, actor, status, round,
  holder_id, data, note, note_salt)
SELECT c.id, 1, 'submit', c.submitted_at, 'citizen', 'received', 1, {holder}, '{{}}',
  '', gen_random_uuid()
FROM complaints_complaint c JOIN complaints_submission s ON s.id = c.submission_id
JOIN fresh f ON f.key = s.key"""


# Of a matter in its second round, how long before the end the citizen disagreed.
_AGAIN: Final = "20 hours"
# What was done with one after it was sent: move, by whom, state after it, in which
# round, how long before the end, with which. The first round of those with a second one
# lies a day before. Sequence numbers have gaps, as the chain is not kept.
_DECIDED: Final = "c.ended_at IS NOT NULL"
_LIFE: Final = (
    ("route", "system", "received", 1, "500 hours", "true"),
    ("accept", "staff", "in_review", 1, "50 minutes", "c.status <> 'received'"),
    (
        "ask",
        "staff",
        "waiting_citizen",
        1,
        "40 minutes",
        f"{_DECIDED} AND c.id % 20 = 1",
    ),
    (
        "answer",
        "citizen",
        "in_review",
        1,
        "30 minutes",
        f"{_DECIDED} AND c.id % 20 = 1",
    ),
    (
        "hand_over",
        "staff",
        "received",
        1,
        "20 minutes",
        f"{_DECIDED} AND c.id % 20 = 2",
    ),
    ("resolve", "staff", "resolved", 1, "0 minutes", _DECIDED),
    ("disagree", "citizen", "received", 2, _AGAIN, "c.round = 2"),
    ("accept", "staff", "in_review", 2, "50 minutes", "c.round = 2"),
    ("resolve", "staff", "resolved", 2, "0 minutes", "c.round = 2"),
)


def waiting(owner: psycopg.Connection, *, count: int) -> None:
    """Add complaints that were sent and wait for routing, with their waiting work.

    Nine of ten name a site of the campaign, some type a place, some are about personal
    details and go by residence.
    """
    _fresh(owner, count=count, each=1)
    with owner.transaction():
        owner.execute("SET LOCAL app.scope = 'system'")
        owner.execute(_SUBMISSIONS)
        owner.execute(
            """
            CREATE TEMP TABLE matters ON COMMIT DROP AS
            WITH sites AS (
              SELECT array_agg(id ORDER BY id) AS ids FROM registry_organization
              WHERE gives_doses
            ), units AS (
              SELECT array_agg(name ORDER BY id) AS names FROM (
                SELECT id, name FROM registry_administrativeunit
                WHERE level = 'commune' ORDER BY id LIMIT 50) u
            )
            SELECT f.key, 1 AS number, f.at, 1 AS round, f.at AS begun,
              NULL::timestamptz AS routed_at, NULL::timestamptz AS ended_at,
              'received' AS status, '' AS outcome,
              CASE f.n % 20 WHEN 0 THEN 'wrong_person' ELSE 'missing_dose' END
                AS kind,
              date '2021-03-08' + (f.n % 600)::int AS given_on,
              CASE WHEN f.n % 20 > 1 THEN
                sites.ids[1 + f.n * 7919 % cardinality(sites.ids)] END AS site,
              CASE WHEN f.n % 20 = 1 THEN
                units.names[1 + f.n % cardinality(units.names)] ELSE '' END
                AS site_text,
              root.id AS holder
            FROM fresh f, sites, units, registry_organization root
            WHERE root.parent_id IS NULL"""
        )
        owner.execute(_COMPLAINTS)
        owner.execute(
            "WITH told AS ("
            + _SENT.format(holder="c.holder_id")
            + " RETURNING id, at) INSERT INTO common_outbox"
            " (kind, subject, next_at, attempts, last_error)"
            " SELECT 'event', id, at, 0, '' FROM told"
        )
    tidy(owner)


def held(owner: psycopg.Connection, *, count: int, holders: int) -> None:
    """Add open complaints that were routed to so many organizations."""
    _fresh(owner, count=count, each=1)
    with owner.transaction(), _unchecked(owner):
        _store(owner, holders, ended="NULL::timestamptz")
    tidy(owner)


def varied(owner: psycopg.Connection, *, seldom: str) -> None:
    """Give six of ten open cases a photo, and one of a thousand a name of its own."""
    with owner.transaction():
        owner.execute("SET LOCAL app.scope = 'system'")
        owner.execute(
            """
            INSERT INTO complaints_evidence (ref, submission_id, media_type, sha256,
              bytes, pages, state, refusal, warning, uploaded_at)
            SELECT gen_random_uuid(), s.id, 'image/jpeg', sha256(s.key::text::bytea),
              1, 1, 'checked', '', '', s.submitted_at
            FROM complaints_submission s
            WHERE s.id % 10 < 6 AND EXISTS (SELECT FROM complaints_complaint c
              WHERE c.submission_id = s.id AND c.ended_at IS NULL)
            AND NOT EXISTS (SELECT FROM complaints_evidence e
              WHERE e.submission_id = s.id)
            """
        )
        owner.execute(
            "UPDATE complaints_submission SET full_name = %s, name_folded = %s"
            " WHERE id %% 1000 = 7",
            [seldom, names.fold(seldom)],
        )
    owner.execute("VACUUM (ANALYZE) complaints_evidence")
    tidy(owner)


def lives(owner: psycopg.Connection, *, count: int, holders: int, days: int) -> None:
    """Add complaints of the last days with their events, skewed over holders.

    One of five is open, most of them of the last months, and of these one of three
    untouched; one of twenty-five of the others was decided twice. More holders than
    are open today: those that closed since, too. Staff decided the rest, one of five
    to keep the record; of one in twenty the citizen was asked before, of another one
    the level above had it first.
    """
    _fresh(owner, count=count, each=_TOGETHER, days=days)
    with owner.transaction(), _unchecked(owner):
        # The integral of four fifths of the third power is a fifth.
        recency = f"(1 - extract(epoch FROM now() - f.at) / {days * 86_400})"
        _store(
            owner,
            holders,
            ended=f"CASE WHEN random() >= 0.8 * power(greatest({recency}, 0), 3)"
            " THEN f.at + interval '1 hour' * (1 + 400 * power(random(), 2)) END",
            open_as="CASE WHEN random() < 0.33 THEN 'received' ELSE 'in_review' END",
            twice=0.04,
        )
        for seq, (move, actor, status, number, before, which) in enumerate(
            _LIFE, start=2
        ):
            earlier = f"interval '{before}'"
            if number == 1:
                earlier += " + CASE c.round WHEN 2 THEN interval '1 day'"
                earlier += " ELSE interval '0' END"
            owner.execute(
                f"""
                INSERT INTO complaints_event (complaint_id, seq, move, at, actor, by_id,
                  status, round, holder_id, data, note, note_salt)
                SELECT c.id, {seq}, '{move}',
                  greatest(c.routed_at, CASE WHEN c.ended_at IS NULL
                    AND '{actor}' = 'staff' THEN least(now(), c.routed_at
                    + interval '1 hour' * (1 + 60 * random()))
                    ELSE c.ended_at - ({earlier}) END), '{actor}',
                  CASE '{actor}' WHEN 'staff' THEN staff.ids[1 + c.holder_id
                    % cardinality(staff.ids)] END,
                  '{status}', {number},
                  CASE WHEN c.id % 20 = 2 AND {seq} < 6 AND {_DECIDED}
                    THEN coalesce(o.parent_id, c.holder_id) ELSE c.holder_id END,
                  CASE '{move}' WHEN 'resolve' THEN jsonb_build_object('outcome',
                    CASE WHEN c.id % 5 = 0 THEN 'kept' ELSE 'corrected' END)
                    ELSE '{{}}' END,
                  '', gen_random_uuid()
                FROM complaints_complaint c
                JOIN complaints_submission s ON s.id = c.submission_id
                JOIN fresh f ON f.key = s.key
                JOIN registry_organization o ON o.id = c.holder_id
                CROSS JOIN (SELECT array_agg(id) AS ids FROM accounts_user) staff
                WHERE {which}"""
            )
    tidy(owner)


def reopen(owner: psycopg.Connection, *, count: int) -> int:
    """Let one citizen disagree at each of so many organizations; return how many did.

    Scattered over the holders, so over busy and quiet ones; each time others of the
    newest matters.
    """
    with owner.transaction():
        owner.execute("SET LOCAL app.scope = 'system'")
        done = owner.execute(
            """
            WITH holders AS (
              SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS them
              FROM (SELECT DISTINCT holder_id AS id FROM complaints_measure) h
            ), chosen AS (
              SELECT c.id FROM holders h CROSS JOIN LATERAL (
                SELECT id FROM complaints_complaint
                WHERE holder_id = h.id AND status = 'resolved' AND ended_at < now()
                ORDER BY submitted_at DESC LIMIT 1) c
              WHERE h.n %% greatest(h.them / %s::int, 1) = 0 LIMIT %s
            ), told AS (
              INSERT INTO complaints_event (complaint_id, seq, move, at, actor, status,
                round, holder_id, data, note, note_salt)
              SELECT c.id, 0, 'disagree', now(), 'citizen', 'received', c.round + 1,
                c.holder_id, '{}', '', gen_random_uuid()
              FROM complaints_complaint c JOIN chosen USING (id)
            )
            UPDATE complaints_complaint c SET status = 'received', outcome = '',
              round = c.round + 1, ended_at = NULL, round_started_at = now(),
              due_at = now() + interval '48 hours'
            FROM chosen WHERE c.id = chosen.id""",
            [count, count],
        )
    return done.rowcount


def tidy(owner: psycopg.Connection) -> None:
    """Do what autovacuum would have done by the time."""
    for table in (
        "submission",
        "complaint",
        "event",
        "measure",
        "figure",
        "subtreefigure",
    ):
        owner.execute(f"VACUUM (ANALYZE) complaints_{table}")
    owner.execute("VACUUM (ANALYZE) common_outbox")


def _store(
    owner: psycopg.Connection,
    holders: int,
    *,
    ended: str,
    open_as: str = "'received'",
    twice: float = 0,
) -> None:
    """Store the matters of the senders; what would end in the future is open.

    ``twice``: the share of the ended ones that is in its second round.
    """
    owner.execute(_SUBMISSIONS)
    owner.execute(
        f"""
        CREATE TEMP TABLE matters ON COMMIT DROP AS
        WITH chosen AS (
          SELECT array_agg(id) AS ids FROM (
            SELECT id FROM registry_organization
            WHERE parent_id IS NOT NULL
            ORDER BY closed_on IS NOT NULL, kind = 'mobile_point', id
            LIMIT {holders}) o
        ), drawn AS MATERIALIZED (
          SELECT f.key, m.number, f.at, {ended} AS would_end, random() AS dice,
            {_KIND}[1 + (f.n + m.number) % 4] AS kind,
            ids[1 + floor(cardinality(ids) * power(random(), 1.4))::int
              % cardinality(ids)] AS holder
          FROM fresh f, chosen, generate_series(1, f.matters) AS m (number)
        ), lived AS (
          SELECT *, CASE WHEN would_end < now() THEN would_end END AS ended_at,
            would_end < now() AND dice < {twice} AS is_twice
          FROM drawn
        )
        SELECT key, number, at, at + interval '1 minute' AS routed_at, ended_at, kind,
          holder, date '2021-08-01' AS given_on, NULL::bigint AS site, '' AS site_text,
          CASE WHEN ended_at IS NULL THEN {open_as} ELSE 'resolved' END AS status,
          CASE WHEN ended_at IS NULL THEN '' ELSE 'corrected' END AS outcome,
          CASE WHEN is_twice THEN 2 ELSE 1 END AS round,
          CASE WHEN is_twice THEN greatest(ended_at - interval '{_AGAIN}',
            at + interval '1 minute') ELSE at END AS begun
        FROM lived"""
    )
    owner.execute(_COMPLAINTS)
    owner.execute(_SENT.format(holder="c.holder_id"))


def _fresh(
    owner: psycopg.Connection, *, count: int, each: int, days: int = 180
) -> None:
    """Make the temporary table of senders, whose telephones are sealed for them."""
    owner.execute("DROP TABLE IF EXISTS fresh")
    owner.execute(
        "CREATE TEMP TABLE fresh (n bigint, key uuid, code text, matters int,"
        " sealed bytea, digest bytea, person bigint, at timestamptz)"
    )
    digest = crypto.digest("phone", PHONE)
    first = 100_000_000 + secrets.randbelow(800_000_000)
    senders = -(-count // each)
    with (
        owner.cursor() as cursor,
        cursor.copy(
            "COPY fresh (n, key, code, matters, sealed, digest) FROM STDIN"
        ) as rows,
    ):
        for number in range(senders):
            key = uuid.uuid4()
            sealed = crypto.seal(PHONE, bound_to=f"submission:{key}")
            body = str(first + number)
            code = body + codes.check_digit(body)
            rows.write_row((number, key, code, each, sealed, digest))
    owner.execute(
        "UPDATE fresh f SET at = now() - interval '1 day' * %s * (n + 1) / %s,"
        " person = p.ids[1 + n %% cardinality(p.ids)]"
        " FROM (SELECT array_agg(id) AS ids FROM registry_person) p",
        [days, senders],
    )
    owner.execute("ANALYZE fresh")


@contextmanager
def _unchecked(owner: psycopg.Connection) -> Iterator[None]:
    """Take away what costs minutes over millions of rows; put it back afterwards."""
    tables = ("complaint", "event")
    owner.execute("SET LOCAL app.scope = 'system'")
    references = owner.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (%s::regclass[])",
        [[f"complaints_{table}" for table in (*tables, "submission")]],
    ).fetchall()
    for table, name, _ in references:
        owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for table in tables:
        owner.execute(f"ALTER TABLE complaints_{table} DISABLE TRIGGER USER")
    yield
    for table in tables:
        owner.execute(f"ALTER TABLE complaints_{table} ENABLE TRIGGER USER")
    for table, name, definition in references:
        owner.execute(
            f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition} NOT VALID'
        )
