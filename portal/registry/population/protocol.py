"""What goes over the wire: questions, answers, batch numbers and signatures.

One POST asks about up to 1,000 people by number, name, birth date and sex; for each of
the four fields the answer is right (true), wrong (false) or not compared (null). The
same batch number gets the same answer for good; the number with other content is a
conflict. Nothing personal stands in addresses or headers, all of it in the body. Both
sides sign with a shared key, so that nobody on the way can make up a match.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

ASK: Final = "/v1/comparisons"
MOST: Final = 1_000
# A message older or newer than this is refused: it may be a copy of an earlier one.
SKEW: Final = timedelta(minutes=5)
BATCH: Final = "Dumui-Batch"
TIME: Final = "Dumui-Time"
KEY: Final = "Dumui-Key"
SIGNATURE: Final = "Dumui-Signature"

# Name on the wire -> our name of the field.
FIELDS: Final = {
    "number": "national_id",
    "name": "full_name",
    "born": "born_on",
    "sex": "sex",
}


class Malformed(Exception):
    """A message is not what the protocol says; its reason names no content."""


@dataclass(frozen=True)
class Question:
    """What is compared. ``born`` is 1958, 1958-03 or 1958-03-08; sex M, F or empty."""

    number: str
    full_name: str
    born: str
    sex: str


@dataclass(frozen=True)
class Reply:
    """Which fields are wrong. A number that is not known leaves the rest unsaid."""

    wrong: tuple[str, ...] = ()

    @property
    def is_match(self) -> bool:
        """Tell whether nothing disagrees."""
        return not self.wrong


@dataclass(frozen=True)
class Answers:
    """What came back: who said it, when, and the replies by place of the question.

    A place may be missing: the neighbour may be silent about some people.
    """

    source: str
    at: datetime
    replies: Mapping[int, Reply]


def encode_questions(questions: Sequence[Question]) -> bytes:
    """Return the body of a request. Raise ValueError for none or more than 1,000."""
    if not 0 < len(questions) <= MOST:
        raise ValueError(f"a batch holds 1 to {MOST} questions")
    return _dump(
        {
            "questions": [
                {
                    "n": n,
                    "number": question.number,
                    "name": question.full_name,
                    "born": question.born,
                    "sex": question.sex,
                }
                for n, question in enumerate(questions)
            ]
        }
    )


def decode_questions(body: bytes) -> list[Question]:
    """Return the questions of a request, in order. Raise Malformed."""
    rows = _rows(body, "questions")
    if not 0 < len(rows) <= MOST:
        raise Malformed("count")
    questions = []
    for n, row in enumerate(rows):
        texts = [text for name in FIELDS if isinstance(text := row.get(name), str)]
        if row.get("n") != n or len(texts) != len(FIELDS):
            raise Malformed("question")
        questions.append(Question(*texts))
        _check_born(questions[-1].born)
    return questions


def encode_answers(
    replies: Mapping[int, Mapping[str, bool | None]], *, source: str, at: datetime
) -> bytes:
    """Return the body of an answer: for each place the four fields by wire name."""
    rows = [{"n": n} | dict(reply) for n, reply in replies.items()]
    return _dump({"source": source, "at": at.isoformat(), "answers": rows})


def decode_answers(body: bytes, *, asked: int) -> Answers:
    """Return what an answer says about so many questions. Raise Malformed."""
    rows = _rows(body, "answers")
    whole = json.loads(body)
    source, said_at = whole.get("source"), whole.get("at")
    try:
        at = datetime.fromisoformat(said_at)
    except (TypeError, ValueError):
        raise Malformed("time") from None
    if not isinstance(source, str) or not 0 < len(source) <= 20 or at.tzinfo is None:
        raise Malformed("source")
    replies: dict[int, Reply] = {}
    for row in rows:
        n = row.get("n")
        # True is a number to Python; a place twice would let the last one win.
        if type(n) is not int or not 0 <= n < asked or n in replies:
            raise Malformed("place")
        replies[n] = _reply(row)
    return Answers(source, at, replies)


def sign_request(key: bytes, *, batch: UUID, time: str, body: bytes) -> str:
    """Return the signature of a request made at a time (ISO 8601 with offset)."""
    return _sign(key, "POST", ASK, str(batch), time, body=body)


def sign_answer(key: bytes, *, status: int, batch: UUID, time: str, body: bytes) -> str:
    """Return the signature of an answer; ``time`` is that of the request."""
    return _sign(key, str(status), ASK, str(batch), time, body=body)


def is_fresh(time: str, *, at: datetime) -> bool:
    """Tell whether a message's time is near enough to be no copy of an old one."""
    try:
        made = datetime.fromisoformat(time)
    except ValueError:
        return False
    return made.tzinfo is not None and abs(made - at) <= SKEW


def _sign(key: bytes, *words: str, body: bytes) -> str:
    message = "\n".join([*words, hashlib.sha256(body).hexdigest()])
    return hmac.new(key, message.encode(), "sha256").hexdigest()


def _reply(row: Mapping[str, Any]) -> Reply:
    said = {ours: row.get(wire) for wire, ours in FIELDS.items()}
    # 0 and 1 equal False and True, and are none.
    if any(not (value is None or type(value) is bool) for value in said.values()):
        raise Malformed("answer")
    if said["national_id"] is None:
        raise Malformed("number")
    if said["national_id"] is False:
        return Reply(("national_id",))
    return Reply(tuple(field for field, right in said.items() if right is False))


def _rows(body: bytes, name: str) -> list[dict[str, Any]]:
    try:
        whole = json.loads(body)
    except ValueError:
        raise Malformed("json") from None
    rows = whole.get(name) if isinstance(whole, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Malformed(name)
    return rows


def _check_born(text: str) -> None:
    padded = text + "-01-01"[len(text) - 4 :] if len(text) in (4, 7) else text
    try:
        date.fromisoformat(padded)
    except ValueError:
        raise Malformed("born") from None


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
