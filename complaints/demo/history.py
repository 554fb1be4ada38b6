"""A complaint's life as it may have gone: legal moves at plausible times. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final, NamedTuple

from django.utils import timezone

from complaints.choices import Actor, Move, Outcome, Status
from complaints.rules import workflow
from complaints.rules.clock import Terms

# Hours until somebody looks and until it is done (medians), and the share nobody opens.
PACES: Final = {
    "good": (0.6, 1.0, 0.0),
    "fair": (8.0, 10.0, 0.03),
    "bad": (80.0, 90.0, 0.3),
}
_SPREAD = 0.7
# A second person comes by less often, whatever the body.
_SECOND = 30.0
_OPENS, _ENDS = time(7, 30), time(17)
_KEEN_ENDS = time(20)
_SATURDAY, _SUNDAY = 5, 6
_HERE: Final = timezone.get_default_timezone()
_DAYS_AGO = 90
# How many of a day's submissions come in each hour, from 5 o'clock on.
_HOURS = (1, 2, 5, 8, 9, 9, 7, 5, 6, 7, 7, 6, 5, 6, 8, 9, 7, 4, 1)
_FIRST_HOUR = 5

WITHDRAWN, ASKED, PASSED_UP, NOTED = 0.03, 0.15, 0.03, 0.05
HANDED_OVER, REFERRED, EXTENDED = 0.03, 0.05, 0.06
# How long another body has for its answer, and how often none comes.
EXPECTED: Final = timedelta(days=3)
_SILENT = 0.3
_NO_ANSWER = 0.35
CONFIRMED, NOT_CONTENT = 0.35, 0.25

TRAY, HOLDER, ABOVE, OTHER = "tray", "holder", "above", "other"


class Step(NamedTuple):
    """A move that was made: ``place`` held it after, ``who`` counts the staff there."""

    move: Move
    actor: Actor
    at: datetime
    status: Status
    round: int
    place: str
    who: int | None = None
    words: str = ""


@dataclass
class Life:
    """A complaint from its sending until now.

    ``due_at`` is as the row keeps it: a pause counts once it has ended.
    """

    steps: list[Step]
    terms: Terms
    at: datetime
    outcome: str = ""
    overdue_at: datetime | None = None
    due_at: datetime = field(init=False)
    _paused_at: datetime | None = None
    _pause_left: timedelta = field(init=False)

    def __post_init__(self) -> None:
        self.due_at = self.steps[0].at + self.terms.repair
        self._pause_left = self.terms.pause

    @property
    def last(self) -> Step:
        """Return the latest move."""
        return self.steps[-1]

    def go(
        self,
        move: Move,
        actor: Actor,
        at: datetime,
        *,
        place: str | None = None,
        who: int | None = None,
        words: str = "",
    ) -> bool:
        """Make a move unless it lies in the future; the table says where it leads."""
        at = max(at, self.last.at + timedelta(minutes=1))
        if at > self.at:
            return False
        self.mark_overdue(at)
        before = self.last
        status = workflow.target(move, status=before.status, actor=actor)
        number = before.round + (move == Move.DISAGREE)
        self.steps.append(
            Step(move, actor, at, status, number, place or before.place, who, words)
        )
        if self._paused_at and status != Status.WAITING_CITIZEN:
            stood = min(at - self._paused_at, self._pause_left)
            self.due_at += stood
            self._pause_left -= stood
            self._paused_at = None
            if self.overdue_at and self.due_at > at:
                self.overdue_at = None
        if status == Status.WAITING_CITIZEN:
            self._paused_at = self._paused_at or at
        if move == Move.EXTEND:
            self.due_at += self.terms.extension
        if move == Move.DISAGREE:
            self.due_at, self.overdue_at = at + self.terms.repair, None
            self._pause_left = self.terms.pause
        return True

    def may_extend(self, at: datetime) -> bool:
        """Tell whether the policy gives more time then: once, before it is due."""
        return bool(self.terms.extension) and at <= min(self.due_at, self.at)

    def mark_overdue(self, until: datetime) -> None:
        """Note that the due time passed while it was open and nobody was asked."""
        is_open = self.last.status in workflow.MOVES[Move.OVERDUE].sources
        if (
            self.overdue_at is None
            and self._paused_at is None
            and is_open
            and self.last.at <= self.due_at < until
        ):
            before = self.last
            self.overdue_at = self.due_at
            self.steps.append(
                before._replace(
                    move=Move.OVERDUE,
                    actor=Actor.SYSTEM,
                    at=self.due_at,
                    who=None,
                    words="",
                )
            )


def sent_at(chance: Random, at: datetime) -> datetime:
    """Return when a complaint of the last 90 days was sent; people send by day."""
    local = at.astimezone(_HERE)
    # More of late than three months ago, so that every state has cases to look at.
    day = local.date() - timedelta(days=int(chance.random() ** 1.6 * _DAYS_AGO))
    (hour,) = chance.choices(range(len(_HOURS)), _HOURS)
    moment = datetime.combine(day, time(hour + _FIRST_HOUR), tzinfo=local.tzinfo)
    moment += timedelta(seconds=int(chance.random() * 3600))
    return moment if moment < at else moment - timedelta(days=1)


def at_work(
    moment: datetime, chance: Random, days_off: frozenset[date], *, is_keen: bool
) -> datetime:
    """Return the moment, or if nobody works then, some time after the office opens.

    The keen ones work in the evening and on Saturdays too, as many did in 2021.
    """
    local = moment.astimezone(_HERE)
    closed_from = _SUNDAY if is_keen else _SATURDAY
    if local.time() >= (_KEEN_ENDS if is_keen else _ENDS):
        local = datetime.combine(
            local.date() + timedelta(days=1), _OPENS, tzinfo=local.tzinfo
        )
    while local.weekday() >= closed_from or local.date() in days_off:
        local = datetime.combine(
            local.date() + timedelta(days=1), _OPENS, tzinfo=local.tzinfo
        )
    opening = datetime.combine(local.date(), _OPENS, tzinfo=local.tzinfo)
    if local <= opening:
        return opening + timedelta(seconds=int(chance.random() * 9000))
    return local


def live(
    chance: Random,
    *,
    begins: datetime,
    at: datetime,
    pace: str,
    verdict: str,
    takes_two: bool,
    terms: Terms,
    days_off: frozenset[date],
) -> Life:
    """Return what became of a complaint sent at ``begins``.

    ``verdict`` is how its claims are decided once somebody decides: upheld, kept or
    already_correct. ``takes_two``: upholding it needs a second person.
    """
    life = Life(
        [Step(Move.SUBMIT, Actor.CITIZEN, begins, Status.RECEIVED, 1, TRAY)], terms, at
    )
    to_look, to_decide, untouched = PACES[pace]

    def after(hours: float) -> datetime:
        delay = timedelta(hours=hours * chance.lognormvariate(0, _SPREAD))
        return at_work(life.last.at + delay, chance, days_off, is_keen=pace == "good")

    routed = timedelta(seconds=1 + chance.random() * 4)
    life.steps.append(
        Step(Move.ROUTE, Actor.SYSTEM, begins + routed, Status.RECEIVED, 1, HOLDER)
    )
    if chance.random() < untouched:
        life.mark_overdue(at)
        return life
    look = after(to_look)
    if chance.random() < WITHDRAWN:
        hours = timedelta(hours=1 + chance.random() * 40)
        life.go(Move.WITHDRAW, Actor.CITIZEN, min(begins + hours, look))
        return _close(life)
    who = int(chance.random() * 2)
    if life.go(Move.ACCEPT, Actor.STAFF, look, who=who):
        _work(chance, life, who, to_decide, after, verdict, takes_two)
    return _close(life)


def _close(life: Life) -> Life:
    life.mark_overdue(life.at)
    return life


def _work(
    chance: Random,
    life: Life,
    who: int,
    to_decide: float,
    after: Callable[[float], datetime],
    verdict: str,
    takes_two: bool,
) -> None:
    draw = chance.random()
    if draw < ASKED:
        if not _ask(chance, life, who, after):
            return
    elif draw < ASKED + PASSED_UP:
        words = "Cần cấp trên cho ý kiến vì hồ sơ của điểm tiêm không còn ở đây."
        if not life.go(
            Move.ESCALATE, Actor.STAFF, after(4), place=ABOVE, who=who, words=words
        ) or not life.go(Move.ACCEPT, Actor.STAFF, after(10), who=who):
            return
    elif draw < ASKED + PASSED_UP + NOTED:
        words = "Đã gọi điểm tiêm, đang tìm phiếu khám sàng lọc."
        life.go(Move.NOTE, Actor.STAFF, after(1), who=who, words=words)
    elif (draw := draw - ASKED - PASSED_UP - NOTED) < HANDED_OVER:
        words = "Mũi này tiêm ở điểm do trạm bên kia phụ trách."
        if not life.go(
            Move.HAND_OVER, Actor.STAFF, after(3), place=OTHER, who=who, words=words
        ) or not life.go(Move.ACCEPT, Actor.STAFF, after(8), who=who):
            return
    elif draw < HANDED_OVER + REFERRED:
        if not _refer(chance, life, who, after):
            return
    elif draw < HANDED_OVER + REFERRED + EXTENDED and life.may_extend(
        asked := after(1)
    ):
        words = "Phải tìm sổ tiêm giấy trong kho nên cần thêm thời gian."
        life.go(Move.EXTEND, Actor.STAFF, asked, who=who, words=words)
    decided = after(to_decide)
    if takes_two and verdict == "upheld":
        if life.go(Move.PROPOSE, Actor.STAFF, decided, who=who) and life.go(
            Move.COUNTERSIGN, Actor.STAFF, after(_SECOND + to_decide), who=1 - who
        ):
            _settled(chance, life, verdict)
    elif life.go(Move.RESOLVE, Actor.STAFF, decided, who=who):
        _settled(chance, life, verdict)
        if life.outcome == Outcome.KEPT and chance.random() < NOT_CONTENT:
            _again(chance, life, to_decide, after)


def _ask(
    chance: Random, life: Life, who: int, after: Callable[[float], datetime]
) -> bool:
    """Ask the citizen; return whether an answer came in time."""
    words = "Xin gửi ảnh phiếu xác nhận, chụp rõ cả bốn góc."
    if not life.go(Move.ASK, Actor.STAFF, after(2), who=who, words=words):
        return False
    asked = life.last.at
    answered = asked + timedelta(hours=3 * chance.lognormvariate(1.6, 1.3))
    if chance.random() >= _NO_ANSWER and answered - asked < life.terms.pause:
        words = "Tôi đã tìm thấy giấy, ngày tiêm ghi đúng như tôi khai."
        return life.go(Move.ANSWER, Actor.CITIZEN, answered, words=words)
    life.go(Move.LAPSE, Actor.SYSTEM, asked + life.terms.pause)
    return False


def _refer(
    chance: Random, life: Life, who: int, after: Callable[[float], datetime]
) -> bool:
    """Ask the police who lives there; return whether the case has gone on since."""
    words = "Xin xác nhận họ tên và ngày sinh của người này theo nơi cư trú."
    if not life.go(Move.WAIT, Actor.STAFF, after(2), who=who, words=words):
        return False
    expected = life.last.at + EXPECTED
    answered = after(20)
    if chance.random() < _SILENT or answered >= expected:
        return life.go(Move.RESUME, Actor.SYSTEM, expected)
    words = "Đã xác nhận như người dân khai."
    return life.go(Move.RESUME, Actor.STAFF, answered, who=who, words=words)


def _again(
    chance: Random, life: Life, to_decide: float, after: Callable[[float], datetime]
) -> None:
    """Let the citizen disagree: a new round one level up, with other people."""
    back = life.last.at + timedelta(hours=4 + chance.random() * 90)
    words = "Tôi vẫn còn giữ giấy xác nhận, xin xem lại."
    if not life.go(Move.DISAGREE, Actor.CITIZEN, back, place=ABOVE, words=words):
        return
    life.outcome = ""
    if life.go(Move.ACCEPT, Actor.STAFF, after(12), who=2) and life.go(
        Move.RESOLVE, Actor.STAFF, after(to_decide), who=2
    ):
        life.outcome = Outcome.KEPT


def _settled(chance: Random, life: Life, verdict: str) -> None:
    life.outcome = {
        "upheld": Outcome.CORRECTED,
        "kept": Outcome.KEPT,
        "already_correct": Outcome.ALREADY_CORRECT,
    }[verdict]
    if verdict == "upheld" and chance.random() < CONFIRMED:
        confirmed = life.last.at + timedelta(hours=1 + chance.random() * 70)
        life.go(Move.CONFIRM, Actor.CITIZEN, confirmed)
