"""Messages to people who never complained: a list gave them a dose, or it went back.

The handlers of the outbox. By day only; each is told once by its key.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings

from complaints.models import IncidentNotice, QuietHours
from complaints.rules import quiet
from portal.common import outbox, providers, scope
from portal.common.models import Outbox
from portal.registry.models import StagedRow, Telephone

TOLD: Final = (
    "[TIEM CHUNG] Noi tiem vua bo sung mui tiem con thieu cua ban vao ho so. Tra cuu de"
    " xem. Chua dung? Bao sai tai do. Hoi: {help}."
)
TOLD_BACK: Final = (
    "[TIEM CHUNG] Danh sach noi tiem gui bi sai: mui tiem vua bo sung da rut khoi ho so"
    " cua ban. Con thieu mui? Bao tai trang tra cuu. Hoi: {help}."
)
ADDED: Final = "incident_told"
BACK: Final = "incident_untold"
# While the first message is on its way, the second one waits so long.
AFTER: Final = timedelta(seconds=30)


class Letter(NamedTuple):
    """A text for a telephone; ``key`` names it for good."""

    subject: int
    key: str
    telephone: Telephone


@outbox.outside_transaction
def tell(subjects: Sequence[int], *, at: datetime) -> None:
    """Say to people that a dose was added to their record; ``subjects``: the rows.

    Nobody is told of what was taken back meanwhile.
    """
    if _is_night(ADDED, subjects, at=at):
        return
    with scope.system():
        rows = list(
            StagedRow.objects.filter(pk__in=subjects, undone_at=None)
            .order_by("pk")
            .values_list("pk", "person")
        )
        phones = {
            row.person_id: row
            for row in Telephone.objects.filter(
                person__in=[person for _pk, person in rows], is_contact=True
            )
        }
    letters = [
        Letter(pk, f"{ADDED}:{pk}", phones[person])
        for pk, person in rows
        if person in phones
    ]
    _send(ADDED, letters, TOLD, _note_told, at=at)


@outbox.outside_transaction
def tell_back(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that the dose was taken off again; ``subjects``: the notices.

    To those alone who were told of it, where they were told: the record of somebody
    whom the list had added is not found any more.
    """
    if _is_night(BACK, subjects, at=at):
        return
    with scope.system():
        notices = list(
            IncidentNotice.objects.filter(pk__in=subjects, back_told_at=None)
            .select_related("telephone")
            .order_by("pk")
        )
        silent = [notice for notice in notices if notice.telephone is None]
        on_the_way = set(
            Outbox.objects.filter(
                kind=ADDED,
                subject__in=[notice.row_id for notice in silent],
                done_at=None,
                dead_at=None,
            ).values_list("subject", flat=True)
        )
        later = [notice.pk for notice in silent if notice.row_id in on_the_way]
        outbox.postpone(BACK, later, at=at, delay=AFTER)
    letters = [
        Letter(notice.pk, f"{BACK}:{notice.pk}", notice.telephone)
        for notice in notices
        if notice.telephone is not None
    ]
    _send(BACK, letters, TOLD_BACK, _note_told_back, at=at)


def _is_night(kind: str, subjects: Sequence[int], *, at: datetime) -> bool:
    """Put messages off until the quiet hours are over; tell whether these are."""
    until = quiet.until(QuietHours.objects.all(), at=at) if providers.rings() else None
    if until is None:
        return False
    outbox.postpone(kind, list(subjects), at=at, delay=until - at)
    return True


def _send(
    kind: str,
    letters: Sequence[Letter],
    text: str,
    note: Callable[[Letter, datetime], None],
    *,
    at: datetime,
) -> None:
    """Hand the letters over one by one and note each; put the rest off on trouble."""
    for place, letter in enumerate(letters):
        try:
            providers.send_sms(
                letter.telephone.number,
                text.format(help=settings.HELP_LINE),
                key=letter.key,
                at=at,
            )
        except providers.Undelivered as trouble:
            rest = [waiting.subject for waiting in letters[place:]]
            outbox.postpone(kind, rest, at=at, delay=trouble.retry_after)
            return
        except providers.Undeliverable:
            continue
        with scope.system():
            note(letter, at)


def _note_told(letter: Letter, at: datetime) -> None:
    IncidentNotice.objects.filter(row=letter.subject, told_at=None).update(
        told_at=at, telephone=letter.telephone
    )


def _note_told_back(letter: Letter, at: datetime) -> None:
    IncidentNotice.objects.filter(pk=letter.subject).update(back_told_at=at)
