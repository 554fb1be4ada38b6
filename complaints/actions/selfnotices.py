"""Telling people that their record was put right, or put back, without a report.

By text message to the telephone on record, by day only, without health data.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    F,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    When,
)

from complaints.actions import inviting
from complaints.models import Invitation, QuietHours, SelfCorrection
from complaints.rules import quiet
from portal.common import outbox, providers, scope
from portal.registry.models import Correction, Dose, Telephone

# What a message is owed for, and the person whom it is about.
Rows = QuerySet[Any, tuple[int, int]]

DONE: Final = (
    "[TIEM CHUNG] Ho so cua ban vua duoc tu sua mot cho. Chua dung? Tra cuu va bam Sua"
    " o muc do. Hoi: {help}."
)
UNDONE: Final = (
    "[TIEM CHUNG] Cho tu sua tren ho so cua ban da duoc tra lai nhu cu. Hoi: {help}."
)
PREPARED: Final = (
    "[TIEM CHUNG] Co so y te vua sua mot cho tren ho so cua ban. Chua dung? Tra cuu va"
    " bam Sua o muc do. Hoi: {help}."
)
INVITED: Final = (
    "[TIEM CHUNG] Ho so tiem cua ban co cho ban tu sua duoc ngay: ten thieu dau hoac so"
    " giay to cu. Tra cuu va bam Sua o muc do. Hoi: {help}."
)
PUT_BACK: Final = (
    "[TIEM CHUNG] Cho co so y te sua tren ho so cua ban da duoc tra lai nhu cu. Hoi:"
    " {help}."
)


@outbox.outside_transaction
def tell_done(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that a record was put right. The outbox's handler."""
    _tell("self_done", DONE, subjects, at=at, rows=_of(SelfCorrection, subjects))


@outbox.outside_transaction
def tell_undone(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that what was put right was put back. The outbox's handler."""
    _tell("self_undone", UNDONE, subjects, at=at, rows=_of(SelfCorrection, subjects))


@outbox.outside_transaction
def tell_invited(subjects: Sequence[int], *, at: datetime) -> None:
    """Invite people to say a word. The outbox's handler."""
    with scope.system():
        meant = inviting.still_meant(subjects)
    _tell("invite", INVITED, meant, at=at, rows=_of(Invitation, meant))


@outbox.outside_transaction
def tell_prepared(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that staff recorded what a rule had prepared. The outbox's handler."""
    _tell("prepared_done", PREPARED, subjects, at=at, rows=_corrected(subjects))


@outbox.outside_transaction
def tell_put_back(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that it was put back. The outbox's handler."""
    _tell("prepared_undone", PUT_BACK, subjects, at=at, rows=_corrected(subjects))


def _of(model: type[Model], subjects: Sequence[int]) -> Rows:
    """Return rows that name their person."""
    return model._default_manager.filter(pk__in=subjects).values_list("pk", "person")


def _corrected(subjects: Sequence[int]) -> Rows:
    """Return corrections with the person on whose record each was made."""
    owner = Dose.objects.filter(pk=OuterRef("target_id")).values("person")
    person = Case(
        When(target=Correction.Target.PERSON, then=F("target_id")),
        default=Subquery(owner),
        output_field=BigIntegerField(),
    )
    return Correction.objects.filter(pk__in=subjects).values_list("pk", person)


def _tell(
    kind: str, text: str, subjects: Sequence[int], *, at: datetime, rows: Rows
) -> None:
    until = quiet.until(QuietHours.objects.all(), at=at) if providers.rings() else None
    if until is not None:
        outbox.postpone(kind, list(subjects), at=at, delay=until - at)
        return
    with scope.system():
        meant = list(rows)
        phones = {
            row.person_id: row.number
            for row in Telephone.objects.filter(
                person__in=[person for _, person in meant], is_contact=True
            )
        }
    for place, (pk, person) in enumerate(meant):
        if person not in phones:
            continue
        try:
            providers.send_sms(
                phones[person],
                text.format(help=settings.HELP_LINE),
                key=f"{kind}:{pk}",
                at=at,
            )
        except providers.Undelivered as trouble:
            rest = [waiting for waiting, _ in meant[place:]]
            outbox.postpone(kind, rest, at=at, delay=trouble.retry_after)
            return
        except providers.Undeliverable:
            continue
