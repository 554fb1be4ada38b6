"""Signs by which a person has to look before anything is automatic (domain paper c).

None of them proves anything: families share a telephone, one slip proves several doses.
They hold automation, and whoever decides sees the case as any other.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from complaints.actions.reported import Traces
from complaints.models import Evidence, Submission
from portal.common import crypto, pictures
from portal.registry.models import Dose

# A telephone serves up to eight people before it says little (quality rule Q37); more
# others than that from one browser within a month are no household.
MOST_PEOPLE: Final = 8
_MONTH: Final = timedelta(days=30)
# The newest photos that one is compared with; a copy is mostly sent soon after.
_COMPARED: Final = 300


def of_submission(
    submission: Submission, person_id: int, *, is_doubted: bool
) -> tuple[str, ...]:
    """Return the signs on a report that was sent."""
    signs = found(
        person_id,
        Evidence.objects.filter(submission=submission),
        is_doubted=is_doubted,
    )
    shared = []
    if submission.device_digest is not None:
        shared += _same_device(
            [bytes(submission.device_digest)], person_id, at=submission.submitted_at
        )
    if submission.paper_digest is not None:
        shared += _same_paper([bytes(submission.paper_digest)], person_id)
    return (*signs, *shared)


def bring_along(traces: Traces) -> None:
    """Bring the same traces of earlier reports under the newest index key.

    A report keeps digests of its traces, never the traces, so it can be compared only
    with what was made under the same key. Who sends brings the text once more.
    """
    for purpose, text in (("device", traces.device), ("paper", traces.paper)):
        newest, *older = crypto.digests(purpose, text)
        if text and older:
            field = f"{purpose}_digest"
            same = Submission.objects.filter(**{f"{field}__in": older})
            same.update(**{field: newest})


def of_draft(
    person_id: int,
    files: QuerySet[Evidence],
    traces: Traces,
    *,
    is_doubted: bool,
    at: datetime,
) -> tuple[str, ...]:
    """Return the signs on a report that is about to be sent."""
    signs = list(found(person_id, files, is_doubted=is_doubted))
    if traces.device:
        signs += _same_device(crypto.digests("device", traces.device), person_id, at=at)
    if traces.paper:
        signs += _same_paper(crypto.digests("paper", traces.paper), person_id)
    return tuple(signs)


def found(
    person_id: int, files: QuerySet[Evidence], *, is_doubted: bool
) -> tuple[str, ...]:
    """Return the signs on photos and the record, whatever was sent and by whom.

    One of the ``files`` was sent about somebody else, too, or a copy that was packed
    anew; the sender was asked about a doubt and held to it; the record's doses are at
    two sites of different provinces on one day.
    """
    signs = []
    others = (
        Evidence.objects.filter(submission__isnull=False)
        .exclude(pk__in=files.values("pk"))
        .exclude(submission__person=person_id)
    )
    if others.filter(sha256__in=files.values("sha256")).exists():
        signs.append("same_file")
    elif _is_a_copy(files, others):
        signs.append("same_photo")
    if is_doubted:
        signs.append("doubt_kept")
    if _was_in_two_provinces(person_id):
        signs.append("two_provinces_one_day")
    return tuple(signs)


def _is_a_copy(files: QuerySet[Evidence], others: QuerySet[Evidence]) -> bool:
    mine = _fingerprints(files)
    if not mine:
        return False
    newest = others.filter(fingerprint__isnull=False).order_by("-pk")[:_COMPARED]
    return any(
        pictures.distance(one, other) < pictures.SAME_BELOW
        for other in _fingerprints(newest)
        for one in mine
    )


def _fingerprints(rows: QuerySet[Evidence]) -> list[bytes]:
    return [bytes(one) for one in rows.values_list("fingerprint", flat=True) if one]


def _same_device(digests: list[bytes], person_id: int, *, at: datetime) -> list[str]:
    others = (
        Submission.objects.filter(
            device_digest__in=digests,
            submitted_at__gt=at - _MONTH,
            person__isnull=False,
        )
        .exclude(person=person_id)
        .values("person")
        .distinct()
    )
    return ["same_device"] if others.count() > MOST_PEOPLE else []


def _same_paper(digests: list[bytes], person_id: int) -> list[str]:
    others = Submission.objects.filter(paper_digest__in=digests)
    # Who proved no record may be the very same person: only another record counts.
    is_anothers = others.filter(person__isnull=False).exclude(person=person_id)
    return ["same_paper"] if is_anothers.exists() else []


def _was_in_two_provinces(person_id: int) -> bool:
    provinces: dict[date, set[int | None]] = defaultdict(set)
    for day, province in Dose.objects.filter(
        person=person_id, status=Dose.Status.COMPLETED
    ).values_list("given_on", "site__province"):
        provinces[day].add(province)
    return any(len(places - {None}) > 1 for places in provinces.values())
