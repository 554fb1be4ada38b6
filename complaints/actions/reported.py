"""What a citizen sends, as intake takes it: who, what is wrong, how soon."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from complaints.choices import Channel, Relation

MOST_MATTERS: Final = 10


@dataclass(frozen=True)
class Held:
    """Something asked about before sending, to which the citizen held nevertheless."""

    check: str
    said: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Matter:
    """One thing that is wrong: what is claimed, about which dose, given where."""

    kind: str
    claims: dict[str, str]
    dose_id: int | None = None
    site_id: int | None = None
    site_text: str = ""
    given_on: date | None = None
    story: str = ""
    held: tuple[Held, ...] = ()


@dataclass(frozen=True)
class Urgent:
    """By when it is needed, and what for."""

    on: date
    reason: str


@dataclass(frozen=True)
class Vouched:
    """What the national e-ID said of the sender, who had signed in with it.

    ``born_on`` and ``at`` are ISO text, ``sex`` M, F or ''.
    """

    national_id: str
    full_name: str
    born_on: str
    sex: str
    at: str


@dataclass(frozen=True)
class Traces:
    """What two reports may share by which fraud shows; kept as keyed digests.

    ``device``: the secret that the browser holds for its forms, '' where staff helped.
    ``paper``: the number that the paper bears.
    """

    device: str = ""
    paper: str = ""


NO_TRACES = Traces()


@dataclass(frozen=True)
class Sender:
    """Whose record it is, as typed, and the proved telephone to answer to.

    ``phone`` is empty where staff helped somebody who has none: then whoever has the
    code follows it with year of birth and name instead of the last four digits.
    ``vouched``: only where the record that is reported about is the sender's own.
    ``is_born_partly``: of the birth date only year or month were typed; ``born_on`` is
    the first day that it can be.
    """

    full_name: str
    born_on: date | None
    sex: str
    national_id: str
    phone: str
    person_id: int | None = None
    relation: str = Relation.SELF
    channel: str = Channel.SELF
    language: str = "vi"
    vouched: Vouched | None = None
    is_born_partly: bool = False
