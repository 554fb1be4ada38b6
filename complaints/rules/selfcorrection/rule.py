"""What a rule is, what it answers, and what a proof is worth."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise

from complaints.rules.selfcorrection.facts import Facts
from portal.registry.population.protocol import Question

Words = str | Promise


class Tier(StrEnum):
    """Who acts (domain paper, section c)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Kind(StrEnum):
    """What a proof is; the table of their worth is ``WORTH``."""

    POPULATION = "population"
    EID = "eid"
    STRUCTURE = "structure"
    CODE = "code"
    CERTIFICATE = "certificate"
    LEDGER = "ledger"
    SESSION = "session"
    DOSE = "dose"
    ORPHAN = "orphan"
    MATCH = "match"
    SPELLING = "spelling"


@dataclass(frozen=True, slots=True)
class Worth:
    """How much a proof counts, and how old its source may be."""

    weight: int
    most_age: timedelta | None = None


# Weights are our own scale: 3 settles a question alone, 2 needs another beside it, 1
# never decides. Ages: an answer of the population database holds until the record is
# compared anew, a month at most; an identity holds for the session it was verified in.
WORTH: Final = {
    Kind.POPULATION: Worth(3, timedelta(days=30)),
    Kind.EID: Worth(3, timedelta(hours=24)),
    Kind.SPELLING: Worth(3),
    Kind.DOSE: Worth(3),
    Kind.MATCH: Worth(3),
    Kind.CODE: Worth(2, timedelta(hours=24)),
    Kind.CERTIFICATE: Worth(2),
    Kind.LEDGER: Worth(2),
    Kind.SESSION: Worth(2),
    Kind.ORPHAN: Worth(2),
    Kind.STRUCTURE: Worth(1),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """Something that speaks for a change, or against it; ``at`` is when it was said."""

    kind: Kind
    source: str
    at: datetime | None = None
    speaks_for: bool = True

    @property
    def weight(self) -> int:
        """Return how much it counts."""
        return WORTH[self.kind].weight

    def is_too_old(self, *, at: datetime) -> bool:
        """Tell whether its source has said it too long ago to be relied on."""
        most = WORTH[self.kind].most_age
        return most is not None and (self.at is None or at - self.at > most)


class Operation(StrEnum):
    """What an edit does to the registry; each is one of ``registry.corrections``."""

    PERSON = "person"
    DOSE = "dose"
    VOID = "void"
    ALIAS = "alias"
    ATTACH = "attach"
    MERGE = "merge"
    EXPLAIN = "explain"


@dataclass(frozen=True, slots=True)
class Edit:
    """One field of a record to be set; ``target`` is a dose or other record's key."""

    operation: Operation
    field: str
    before: str
    after: str
    target: int = 0

    @property
    def place(self) -> str:
        """Return the name under which a field is guarded: full_name, dose:7:lot."""
        if self.operation in (Operation.DOSE, Operation.VOID):
            return f"dose:{self.target}:{self.field}"
        if self.operation == Operation.ATTACH:
            return f"orphan:{self.target}"
        if self.operation == Operation.MERGE:
            return f"record:{self.target}"
        return self.field


class State(StrEnum):
    """What became of a rule."""

    FIRES = "fires"
    ASKS = "asks"
    HELD = "held"
    MISSES = "misses"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says of a record.

    It fires with ``edits`` and the proofs that carry them; asks the population database
    first; is held by a guardrail; or misses: ``reason`` is the first condition that
    fails, a key of ``reasons.WORDS``.
    """

    rule: str
    state: State
    reason: str = ""
    edits: tuple[Edit, ...] = ()
    proofs: tuple[Proof, ...] = ()
    question: Question | None = None


class Silent(Exception):
    """A condition of a rule fails; its text is the reason."""


class Asks(Exception):
    """A rule needs the population database's word on a question."""

    def __init__(self, question: Question) -> None:
        super().__init__("asks")
        self.question = question


Found = tuple[tuple[Edit, ...], tuple[Proof, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as the table lists it.

    ``look`` returns what it would change, each with its proofs, in one list entry per
    independent change; it raises Silent with the first condition that fails and Asks.
    ``needs``: how much the proofs must weigh together. ``undo``: how it is taken back.
    ``least_precision``: in ten thousandths, below which it halts itself.
    """

    code: str
    version: int
    tier: Tier
    name: Words
    citizen: Words
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()
    proof: Words
    effect: Words
    undo: Words
    look: Callable[[Facts], Iterable[Found]]
    needs: int = 3
    # What the product promises of applied changes (99.9 %), unless people choose less.
    least_precision: int = 9_990
    is_on_at_first: bool = False

    @property
    def reference(self) -> str:
        """Return id and version, as the ledger keeps it."""
        return f"{self.code}.{self.version}"

    def ask(self, facts: Facts) -> list[Outcome]:
        """Return what the rule says of a record: at least one outcome."""
        try:
            found = list(self.look(facts))
        except Silent as silent:
            return [Outcome(self.code, State.MISSES, str(silent))]
        except Asks as asks:
            return [Outcome(self.code, State.ASKS, "asks", question=asks.question)]
        return [self._weigh(edits, proofs, facts) for edits, proofs in found] or [
            Outcome(self.code, State.MISSES, "nothing_wrong")
        ]

    def _weigh(
        self, edits: tuple[Edit, ...], proofs: tuple[Proof, ...], facts: Facts
    ) -> Outcome:
        fresh = [proof for proof in proofs if not proof.is_too_old(at=facts.at)]
        reason = ""
        if any(not proof.speaks_for for proof in fresh):
            reason = "proofs_conflict"
        elif sum(proof.weight for proof in fresh) < self.needs:
            reason = "too_little_proof"
        state = State.MISSES if reason else State.FIRES
        return Outcome(self.code, state, reason, edits, proofs)
