"""Complaints about flawed records: submission, claims, events and corrections.

A complaint that was upheld has changed the record: the rows of the registry are
written as they became, with the ledger's entry of what they were.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from complaints.choices import (
    Channel,
    Ground,
    Kind,
    Move,
    Outcome,
    Relation,
    Status,
    Verdict,
)
from complaints.demo import asking, history, people
from complaints.demo.asking import Sheet
from complaints.demo.copying import Rows, new_ref, text
from complaints.demo.history import Life, Step
from complaints.demo.mending import Decision, Owner, mend
from complaints.demo.records import Flaw, Record
from complaints.demo.world import Held, World
from portal.common import codes, crypto

# Who complains: of those with a flaw of that kind, and of those without any. Together
# about 3 % of all, 1.2 of 2.7 million about doses that are not on record.
COMPLAIN = {
    Kind.MISSING_DOSE: 0.085,
    Kind.WRONG_DOSE: 0.10,
    Kind.DOUBLED_DOSE: 0.10,
    Kind.WRONG_PERSON: 0.04,
}
NOT_MINE = 0.002
# How it is decided where the record is wrong indeed.
_KEPT, _ALREADY, _NO_SLIP = 0.14, 0.03, 0.25
_GROUNDS = (
    Ground.UNREADABLE,
    Ground.NAME_INCOMPLETE,
    Ground.DATE_DIFFERS,
    Ground.VACCINE_DIFFERS,
    Ground.SLIP_LACKS_FACTS,
    Ground.DOSE_NUMBER_DIFFERS,
)
_STORIES = {
    Kind.MISSING_DOSE: "Tôi đã tiêm mũi này, còn giấy xác nhận mà ứng dụng không có.",
    Kind.WRONG_DOSE: "Thông tin mũi tiêm trên ứng dụng không giống giấy xác nhận.",
    Kind.DOUBLED_DOSE: "Mũi này bị ghi hai lần.",
    Kind.NOT_MINE: "Ngày đó tôi không đi tiêm, mũi này không phải của tôi.",
    Kind.WRONG_PERSON: "Thông tin cá nhân của tôi bị ghi sai.",
}
_MOST = max(COMPLAIN.values())
_CODES = 9 * 10**8
_CHANNELS = (Channel.SELF, Channel.COUNTER, Channel.PHONE, Channel.PAPER)


class Matter(NamedTuple):
    """A flaw that somebody complains of, and how it went."""

    flaw: Flaw
    life: Life
    held: Held
    verdict: str
    proof: str


def complain(
    chance: Random, record: Record, world: World
) -> tuple[datetime, list[Matter]] | None:
    """Return when somebody complained and of what, or None for those who did not."""
    draw = chance.random()
    flaws = record.flaws
    if not flaws:
        if draw >= NOT_MINE or not record.doses:
            return None
        flaws = [Flaw(Kind.NOT_MINE, {"dose": ("", "void")}, dose=record.doses[-1])]
    elif draw >= _MOST or draw >= max(COMPLAIN[Kind(flaw.kind)] for flaw in flaws):
        return None
    begins = history.sent_at(chance, world.at)
    seen: set[tuple] = set()
    matters = []
    for flaw in flaws:
        subject = _which(flaw)
        if subject in seen:
            continue
        seen.add(subject)
        matters.append(_matter(chance, flaw, record, begins, world))
    return begins, matters


def _which(flaw: Flaw) -> tuple:
    if flaw.given is None:
        return flaw.kind, id(flaw.dose)
    return flaw.kind, flaw.given.given_on, flaw.given.product


def _matter(
    chance: Random, flaw: Flaw, record: Record, begins: datetime, world: World
) -> Matter:
    dose = flaw.given or flaw.dose
    held = world.by_site[dose.site] if dose else world.by_residence[record.commune.unit]
    draw = chance.random()
    verdict: str = Verdict.UPHELD
    if flaw.kind == Kind.NOT_MINE:
        verdict = Verdict.KEPT if draw < 0.6 else Verdict.UPHELD
    elif draw < _KEPT:
        verdict = Verdict.KEPT
    elif draw < _KEPT + _ALREADY and flaw.kind != Kind.MISSING_DOSE:
        verdict = Verdict.ALREADY_CORRECT
    # Without a slip a missing dose is added by two people.
    has_slip = flaw.kind != Kind.MISSING_DOSE or chance.random() >= _NO_SLIP
    takes_two = flaw.kind == Kind.NOT_MINE or not has_slip
    life = history.live(
        chance,
        begins=begins,
        at=world.at,
        pace=held.pace,
        verdict=verdict,
        takes_two=takes_two,
        terms=world.terms,
        days_off=world.days_off,
    )
    return Matter(flaw, life, held, verdict, "slip_seen" if has_slip else "")


class Office:
    """Writes complaints of one record after the other into the rows to be."""

    def __init__(
        self,
        rows: Rows,
        chance: Random,
        world: World,
        *,
        seal: Callable[[str, str], bytes],
    ) -> None:
        self.rows, self.chance, self.world = rows, chance, world
        self._seal = seal
        (
            self._of_body,
            self._of_number,
            self._of_phone,
            self._of_last4,
            self._of_subject,
        ) = (
            crypto.digester(purpose)
            for purpose in ("body", "national_id", "phone", "last4", "subject")
        )

    def file(
        self,
        record: Record,
        person: int,
        dose_ids: dict[int, int],
        begins: datetime,
        matters: list[Matter],
        serial: int,
    ) -> None:
        """Add the submission with its complaints; the record becomes what was decided.

        ``dose_ids``: id() of a recorded dose -> its key, which a dose that is added
        joins.
        """
        chance, rows, world = self.chance, self.rows, self.world
        human = record.human
        submission = rows.new_id("complaints_submission")
        key = UUID(int=chance.getrandbits(128), version=4)
        bound = f"submission:{key}"
        body = str(10**8 + (serial * 387_420_489 + 52_427_177) % _CODES)
        code = body + codes.check_digit(body)
        channel = chance.choices(_CHANNELS, (85, 9, 5, 1))[0]
        relation = Relation.CHILD if human.is_child else Relation.SELF
        number = human.number
        rows.add(
            "complaints_submission",
            submission, key, self._of_body(str(key)), code, person, channel,
            relation, "vi", human.full_name, people.spell(human.full_name).folded,
            human.born_on, human.sex, self._seal(number, bound),
            self._of_number(number),
            self._seal(human.phone, bound),
            self._of_phone(human.phone),
            self._of_last4(human.phone[-4:]), begins,
        )  # fmt: skip
        for nth, matter in enumerate(matters, 1):
            sheet = asking.sheet(world, matter.held.holder, serial * 8 + nth)
            self._complaint(
                record,
                person,
                dose_ids,
                submission,
                nth,
                f"{code}-{nth}",
                matter,
                sheet,
            )

    def _complaint(
        self,
        record: Record,
        person: int,
        dose_ids: dict[int, int],
        submission: int,
        nth: int,
        reference: str,
        matter: Matter,
        sheet: Sheet,
    ) -> None:
        rows, world = self.rows, self.world
        flaw, life = matter.flaw, matter.life
        pk = rows.new_id("complaints_complaint")
        steps = life.steps
        last = life.last
        at_place = {
            history.TRAY: world.tray,
            history.HOLDER: matter.held.holder,
            history.ABOVE: matter.held.above,
            history.OTHER: self._neighbour(record, matter.held),
        }
        correction = None
        if life.outcome == Outcome.CORRECTED:
            proposed = latest(steps, Move.PROPOSE)
            decided = latest(steps, Move.RESOLVE, Move.COUNTERSIGN)
            # Nothing is corrected without a decision.
            assert decided is not None
            approver = self._user(decided, at_place)
            correction = mend(
                Owner(record, person, dose_ids),
                flaw,
                Decision(
                    reference,
                    decided.at,
                    self._user(proposed, at_place) or approver,
                    approver if proposed else None,
                ),
                rows=rows,
                chance=self.chance,
                world=world,
                seal=self._seal,
            )
        dose = flaw.dose or flaw.given
        known = dose_ids.get(id(dose)) if dose else None
        rows.add(
            "complaints_complaint",
            pk, submission, nth, flaw.kind, last.status,
            life.outcome if last.status == Status.RESOLVED else "", last.round, known,
            self._subject(flaw, person, known if flaw.given is None else None),
            dose.given_on if dose else None, dose.site if dose else None, "",
            _lot(flaw), _STORIES[Kind(flaw.kind)], at_place[last.place], "/",
            self._user(_assignee(steps), at_place),
            steps[0].at, _at(latest(steps, Move.ROUTE, Move.HAND_OVER)),
            _at(next((s for s in steps if s.who is not None), None)),
            _at(next(s for s in steps if s.round == last.round)),
            life.due_at, _at(_of_round(steps, Move.EXTEND)),
            last.at if last.status == Status.WAITING_CITIZEN else None,
            _at(_ended(steps)),
            life.overdue_at, _at(latest(steps, Move.ESCALATE)), None,
            _at(latest(steps, Move.CONFIRM)), None, 0, len(steps),
        )  # fmt: skip
        is_decided = life.outcome or last.status == Status.AWAITING_SECOND
        verdict = matter.verdict if is_decided else ""
        ground = self.chance.choice(_GROUNDS) if verdict == Verdict.KEPT else ""
        for name, (recorded, claimed) in flaw.facts.items():
            rows.add(
                "complaints_claim",
                rows.new_id("complaints_claim"), pk, name,
                self._seal(recorded, f"recorded:{pk}:{name}"),
                self._seal(claimed, f"claimed:{pk}:{name}"),
                verdict, ground, correction,
            )  # fmt: skip
        events = rows.lines("complaints_event")
        for step in steps:
            # Half of all rows of a complaint, and put together by hand thrice as fast.
            user = self._user(step, at_place)
            event = rows.new_id("complaints_event")
            data = self._data(step, matter, ground, at_place) | asking.data(sheet, step)
            columns = (
                str(event), str(pk), "0", step.move,
                step.at.isoformat(), step.actor, "\\N" if user is None else str(user),
                step.status, str(step.round), str(at_place[step.place]),
                text(data), step.words,
                new_ref(self.chance),
            )  # fmt: skip
            events.append("\t".join(columns) + "\n")
            if step.move == Move.WAIT:
                asking.add(
                    rows,
                    sheet,
                    life.steps,
                    event=event,
                    complaint=pk,
                    points=sorted(flaw.facts),
                    answered_by=lambda back: self._user(back, at_place),
                )

    def _neighbour(self, record: Record, held: Held) -> int:
        """Return another body of that province to which a case may be handed over."""
        world = self.world
        near = world.by_province[record.commune.province]
        answering = (world.by_residence[world.communes[n].unit].holder for n in near)
        return next((body for body in answering if body != held.holder), held.above)

    def _subject(self, flaw: Flaw, person: int, dose: int | None) -> bytes:
        """Return the key under which ``intake`` would know the same matter again."""
        which = f"dose:{dose}"
        if dose is None:
            claimed = {name: sides[1] for name, sides in flaw.facts.items()}
            which = f"{claimed.get('given_on', '')}|{claimed.get('product', '')}"
        return self._of_subject(f"person:{person}|{flaw.kind}|{which}")

    def _user(self, step: Step | None, at_place: dict[str, int]) -> int | None:
        """Return who made a move: somebody of the body that held it before.

        A move up is made by the one who hands it up, so that body's people are meant.
        """
        if step is None or step.who is None:
            return None
        is_passed_on = step.move in (Move.ESCALATE, Move.HAND_OVER)
        place = history.HOLDER if is_passed_on else step.place
        return self.world.staff[at_place[place]][step.who]

    def _data(
        self, step: Step, matter: Matter, ground: str, at_place: dict[str, int]
    ) -> dict:
        names_of = self.world.names
        if step.move == Move.ROUTE:
            return {"path": matter.held.path, "certain": matter.held.is_certain}
        if step.move in (Move.ESCALATE, Move.HAND_OVER):
            to = names_of[at_place[step.place]]
            return {"from": names_of[at_place[history.HOLDER]], "to": to}
        if step.move == Move.DISAGREE:
            return {"to": names_of[at_place[history.ABOVE]]}
        if step.move == Move.ASK:
            return {"reasons": ["slip"]}
        if step.move == Move.EXTEND:
            return {"hours": matter.life.terms.extension // timedelta(hours=1)}
        if step.move == Move.PROPOSE:
            return {"proof": matter.proof}
        if step.move in (Move.RESOLVE, Move.COUNTERSIGN):
            outcome = {
                Verdict.UPHELD: Outcome.CORRECTED,
                Verdict.KEPT: Outcome.KEPT,
                Verdict.ALREADY_CORRECT: Outcome.ALREADY_CORRECT,
            }[Verdict(matter.verdict)]
            upheld = outcome == Outcome.CORRECTED
            return {
                "outcome": outcome.value,
                "fields": sorted(matter.flaw.facts) if upheld else [],
                "grounds": [str(ground)] if ground else [],
                "proof": matter.proof,
            }
        return {}


def _lot(flaw: Flaw) -> str:
    """Return the lot that a matter is about: as claimed, else as recorded."""
    dose = flaw.dose or flaw.given
    return flaw.facts.get("lot", ("", ""))[1] or (dose.lot_number if dose else "")


def _of_round(steps: list[Step], move: Move) -> Step | None:
    """Return a move of the present round, if it was made."""
    step = latest(steps, move)
    return step if step and step.round == steps[-1].round else None


def latest(steps: list[Step], *moves: Move) -> Step | None:
    return next((step for step in reversed(steps) if step.move in moves), None)


def _assignee(steps: list[Step]) -> Step | None:
    """Return the move by which somebody has it; passing on takes it from them."""
    taken = None
    for step in steps:
        if step.move in (Move.ACCEPT, Move.ASK, Move.WAIT, Move.PROPOSE):
            taken = step
        elif step.move in (Move.ESCALATE, Move.HAND_OVER, Move.DISAGREE):
            taken = None
    return taken


def _ended(steps: list[Step]) -> Step | None:
    """Return the move that ended it, if it has ended; a confirmation comes after."""
    ends = (Move.RESOLVE, Move.COUNTERSIGN, Move.WITHDRAW, Move.LAPSE)
    is_open = steps[-1].status not in (
        Status.RESOLVED,
        Status.WITHDRAWN,
        Status.LAPSED,
    )
    return None if is_open else latest(steps, *ends)


def _at(step: Step | None) -> datetime | None:
    return step.at if step else None
