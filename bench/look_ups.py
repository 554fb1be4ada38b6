"""One look-up of a person and the doses, in a registry of any size.

``python -m portal.stack run -- python -m bench.look_ups [--people N] [--json]`` fills
the real tables by bare SQL (two doses a person), then times the statements of the
portal itself and asks PostgreSQL how many pages each touched. The servers and their
data are gone when it ends.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# Filling takes indexes off, which only the owner of the tables may.
os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
django.setup()

# These can be imported only after Django is set up.
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from complaints.demo import bare  # noqa: E402
from portal.common import crypto, names, scope  # noqa: E402
from portal.common.forms import PartialDate  # noqa: E402
from portal.registry import corrections, identity  # noqa: E402
from portal.registry.matching.blocks import Question, search  # noqa: E402
from portal.registry.matching.facts import Facts  # noqa: E402
from portal.stack.console import say  # noqa: E402

_SAMPLES: Final = 1_000
_EXPLAINED: Final = 100
_TODAY: Final = date(2026, 11, 22)
_FAMILIES: Final = (
    *("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ"),
    *("Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"),
)
_MIDDLES: Final = (
    *("Thị", "Văn", "Ngọc", "Minh", "Thanh", "Đức"),
    *("Hữu", "Thu", "Quốc", "Xuân", "Kim", "Hồng"),
)
_GIVENS_IN_A_LINE: Final = (
    "Hương Lan Hoa Hà Linh Trang Hằng Thảo Anh Nga Mai Ngọc Thúy Thủy Phương Hạnh Yến"
    " Nhung Hiền Loan Tuyết Xuân Dung Huệ Liên Oanh Vân Chi Hùng Dũng Tuấn Minh Nam Hải"
    " Long Sơn Thắng Đức Hiếu Trung Bình Thành Quang Phong Khánh Huy Đạt Lộc Phúc Quân"
)
_GIVENS: Final = tuple(_GIVENS_IN_A_LINE.split(" "))

_PEOPLE: Final = """
INSERT INTO registry_person (id, ref, full_name, name_key, name_folded, sort_key,
  born_on, born_precision, sex, population, is_restricted, version, residence_id)
SELECT n, gen_random_uuid(), concat_ws(' ', f[a], m[b], g[c]),
  concat_ws(' ', fk[a], mk[b], gk[c]), concat_ws(' ', ff[a], mf[b], gf[c]),
  concat_ws(' ', gf[c], ff[a], mf[b]), born, 'day', (ARRAY['M', 'F'])[1 + n %% 2],
  'not_sent', false, 1, homes.ids[1 + h]
FROM (
  SELECT n, 1 + floor(14 * power(random(), 3))::int AS a,
    1 + floor(12 * power(random(), 2))::int AS b, 1 + floor(50 * random())::int AS c,
    date '1936-01-01' + floor(31000 * random())::int AS born,
    floor(%(homes)s * random())::int AS h
  FROM generate_series(1, %(people)s::bigint) n
) people,
(SELECT %(f)s::text[] f, %(m)s::text[] m, %(g)s::text[] g, %(fk)s::text[] fk,
   %(mk)s::text[] mk, %(gk)s::text[] gk, %(ff)s::text[] ff, %(mf)s::text[] mf,
   %(gf)s::text[] gf) words,
(SELECT array_agg(id) AS ids FROM registry_administrativeunit
 WHERE level = 'commune' AND epoch = 'new') homes
"""
_DOCUMENTS: Final = """
INSERT INTO registry_identitydocument
  (person_id, kind, number_sealed, number_digest, source, is_current)
SELECT n, 'pin12', coalesce(s.sealed, substring(d || d FOR 41)),
  coalesce(s.digest, d), 'bench', true
FROM (SELECT n, sha256(('number' || n)::bytea) AS d
      FROM generate_series(1, %(people)s::bigint) n) made
LEFT JOIN sampled s USING (n)
"""
_TELEPHONES: Final = """
INSERT INTO registry_telephone (person_id, number_sealed, number_digest, is_contact)
SELECT n, coalesce(s.sealed, substring(d || d FOR 41)), d, true
FROM (SELECT n, sha256(('phone' || n / 3)::bytea) AS d
      FROM generate_series(1, %(people)s::bigint) n) made
LEFT JOIN sampled s USING (n)
"""
# The doses of a person lie apart, as they were given weeks apart.
_DOSES: Final = """
INSERT INTO registry_dose (ref, person_id, given_on, product_id, lot_number, site_id,
  dose_number, status, source, name_recorded, recorded_at, version)
SELECT gen_random_uuid(), 1 + n * 7919 %% %(people)s,
  date '2021-03-08' + (n * 600 / (2 * %(people)s))::int,
  products.ids[1 + n %% cardinality(products.ids)], 'L' || n %% 997,
  sites.ids[1 + (n * 104729) %% cardinality(sites.ids)],
  1 + n / %(people)s, 'completed', 'service', '', now(), 1
FROM generate_series(0, 2 * %(people)s::bigint - 1) n,
  (SELECT array_agg(id) AS ids FROM registry_product) products,
  (SELECT array_agg(id) AS ids FROM registry_organization WHERE gives_doses) sites
"""


def main(words: list[str]) -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.look_ups")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(words)
    begun = time.monotonic()
    call_command("migrate", verbosity=0)
    call_command("load_reference", stdout=sys.stderr)
    numbers = _fill(chosen.people)
    found: dict[str, Any] = {
        "people": chosen.people,
        "doses": 2 * chosen.people,
        "filled_in_seconds": round(time.monotonic() - begun),
        "database_gb": round(_bytes() / 1e9, 2),
    }
    with scope.system():
        found |= _measured(numbers)
    if chosen.json:
        say(json.dumps(found))
        return 0
    for name, figures in found.items():
        say(f"{name}: {figures}")
    return 0


def _fill(people: int) -> dict[int, str]:
    """Fill the tables; return the numbers of the people who can be looked up."""
    chance = Random(1)
    numbers = {
        n: f"079{n % 2}58{chance.randrange(10**6):06}"
        for n in sorted(chance.sample(range(1, people + 1), min(_SAMPLES, people)))
    }
    with (
        transaction.atomic(),
        corrections.writing("bench"),
        bare.bared(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "CREATE TEMP TABLE sampled (n bigint, digest bytea, sealed bytea)"
            " ON COMMIT DROP"
        )
        with cursor.copy("COPY sampled FROM STDIN") as rows:
            for n, number in numbers.items():
                digest = crypto.digest("national_id", number)
                rows.write_row((n, digest, crypto.seal(number, bound_to=f"person:{n}")))
        cursor.execute("ANALYZE sampled")
        for statement in (_PEOPLE, _DOCUMENTS, _TELEPHONES, _DOSES):
            begun = time.monotonic()
            cursor.execute(statement, {"people": people, **_words()})
            say(f"... {cursor.rowcount} rows in {time.monotonic() - begun:.0f} s")
    with connection.cursor() as cursor:
        for table in bare.TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
    return numbers


def _words() -> dict[str, Any]:
    made: dict[str, Any] = {"homes": 3_000}
    for letter, words in (("f", _FAMILIES), ("m", _MIDDLES), ("g", _GIVENS)):
        made[letter] = list(words)
        made[f"{letter}k"] = [names.tone_key(word) for word in words]
        made[f"{letter}f"] = [names.fold(word) for word in words]
    return made


def _bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0]


def _measured(numbers: dict[int, str]) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, full_name, born_on FROM registry_person WHERE id = ANY (%s)",
            [list(numbers)],
        )
        people = {pk: (name, born) for pk, name, born in cursor.fetchall()}
    order = list(numbers)
    Random(2).shuffle(order)

    def by_number(pk: int) -> None:
        born = _partial(people[pk][1])
        (hit,) = identity.find(national_id=numbers[pk], full_name="", born=born)
        assert hit.pk == pk

    def by_name(pk: int) -> None:
        name, day = people[pk]
        identity.find(national_id="", full_name=name, born=_partial(day))

    def doses(pk: int) -> None:
        assert len(identity.record(pk, on=_TODAY)) == 2

    found = {}
    for label, look in (
        ("find by number and birth date", by_number),
        ("read the doses", doses),
        ("find by name and birth date", by_name),
    ):
        found[label] = {
            "first": _times(look, order),
            "again": _times(look, order),
            "pages": _pages(look, order[:_EXPLAINED]),
        }
    found["search of candidates, 100 questions at once"] = _searched(
        people, numbers, order
    )
    return found


def _partial(day: date) -> PartialDate:
    return PartialDate(day.year, day.month, day.day)


def _times(look: Callable[[int], None], order: list[int]) -> dict[str, float]:
    taken = []
    for pk in order:
        begun = time.perf_counter()
        look(pk)
        taken.append((time.perf_counter() - begun) * 1000)
    cuts = statistics.quantiles(taken, n=100)
    return {"p50_ms": round(cuts[49], 2), "p99_ms": round(cuts[98], 2)}


def _pages(look: Callable[[int], None], order: list[int]) -> dict[str, float]:
    """Return how many pages of 8 kB a look-up's statements touch, by EXPLAIN."""
    counts = []
    for pk in order:
        seen: list[tuple[str, Any]] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            seen.append((sql, params))  # noqa: B023 -- used within this turn only
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            look(pk)
        total = 0
        for sql, params in seen:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0]
            plan = json.loads(plan) if isinstance(plan, str) else plan
            top = plan[0]["Plan"]
            total += top["Shared Hit Blocks"] + top["Shared Read Blocks"]
        counts.append(total)
    return {"median": statistics.median(counts), "most": max(counts)}


def _searched(
    people: dict[int, Any], numbers: dict[int, str], order: list[int]
) -> dict[str, float]:
    taken = []
    for at in range(0, len(order), 100):
        chosen = order[at : at + 100]
        questions = [
            Question(
                Facts(
                    full_name=people[pk][0],
                    born=_partial(people[pk][1] + timedelta(days=pk % 2)),
                    numbers=(numbers[pk],),
                )
            )
            for pk in chosen
        ]
        begun = time.perf_counter()
        found = search(questions)
        taken.append((time.perf_counter() - begun) * 1000)
        assert all(pk in people for pk, people in zip(chosen, found, strict=True))
    return {
        "median_ms": round(statistics.median(taken), 1),
        "most_ms": round(max(taken), 1),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
