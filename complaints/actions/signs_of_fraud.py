"""Signs by which a person has to look before anything is automatic (domain paper c).

None of them proves anything: families share a telephone, one slip proves several doses.
They hold automation, and whoever decides sees the case as any other. Only reports that
were sent count: a draft changes nothing and shows nothing of anybody but its own
record, so there is nothing to hold, and at sending all signs are looked for again.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from complaints.actions.reported import Traces
from complaints.models import Complaint, Evidence, Submission
from portal.common import crypto, pictures
from portal.registry.models import Person

# A telephone serves up to eight people before it says little (quality rule Q37); more
# others than that from one browser within a month are no household.
MOST_PEOPLE: Final = 8
_MONTH: Final = timedelta(days=30)
# The newest photos that one is compared with: a copy is mostly sent soon after, and
# about the same site, as a slip names one.
_COMPARED: Final = 300
_OF_THE_SITE: Final = 2_000


def of_submission(
    submission: Submission, person_id: int, *, is_doubted: bool
) -> tuple[str, ...]:
    """Return the signs on a report that was sent."""
    signs = found(
        person_id,
        Evidence.objects.filter(submission=submission),
        sites=sites_of(submission.complaints.values_list("site", "dose__site")),
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
    sites: Collection[int] = (),
    is_doubted: bool,
    at: datetime,
) -> tuple[str, ...]:
    """Return the signs on a report about to be sent; ``sites``: of its doses."""
    signs = list(found(person_id, files, sites=sites, is_doubted=is_doubted))
    if traces.device:
        signs += _same_device(crypto.digests("device", traces.device), person_id, at=at)
    if traces.paper:
        signs += _same_paper(crypto.digests("paper", traces.paper), person_id)
    return tuple(signs)


def sites_of(rows: Iterable[tuple[int | None, int | None]]) -> set[int]:
    """Return the sites that matters name, or whose doses they are about."""
    return {site for row in rows for site in row if site is not None}


def found(
    person_id: int,
    files: QuerySet[Evidence],
    *,
    sites: Collection[int],
    is_doubted: bool,
) -> tuple[str, ...]:
    """Return the signs on photos, whatever was sent and by whom, and a kept doubt.

    One of the ``files`` was sent about somebody else, too, or a copy that was packed
    anew; the sender was asked about a doubt and held to it. What the record itself
    bears (doses in two provinces on one day) ``proving`` tells of everybody.
    """
    signs = []
    # Who proved no record may be the very same person: only another record counts.
    others = (
        Evidence.objects.filter(submission__person__isnull=False)
        .exclude(pk__in=files.values("pk"))
        .exclude(submission__person__in=_own(person_id))
    )
    if others.filter(sha256__in=files.values("sha256")).exists():
        signs.append("same_file")
    elif _is_a_copy(files, others, sites):
        signs.append("same_photo")
    if is_doubted:
        signs.append("doubt_kept")
    return tuple(signs)


def _is_a_copy(
    files: QuerySet[Evidence], others: QuerySet[Evidence], sites: Collection[int]
) -> bool:
    mine = _fingerprints(files)
    if not mine:
        return False
    drawn = others.filter(fingerprint__isnull=False).order_by("-pk")
    about = Complaint.objects.filter(Q(site__in=sites) | Q(dose__site__in=sites))
    same = drawn.filter(submission__in=about.values("submission"))
    return any(
        pictures.distance(one, other) < pictures.SAME_BELOW
        for rows in (drawn[:_COMPARED], *([same[:_OF_THE_SITE]] if sites else []))
        for other in _fingerprints(rows)
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
        .exclude(person__in=_own(person_id))
        .values("person")
        .distinct()
    )
    return ["same_device"] if others.count() > MOST_PEOPLE else []


def _same_paper(digests: list[bytes], person_id: int) -> list[str]:
    others = Submission.objects.filter(paper_digest__in=digests)
    # Who proved no record may be the very same person: only another record counts.
    is_anothers = others.filter(person__isnull=False)
    is_anothers = is_anothers.exclude(person__in=_own(person_id))
    return ["same_paper"] if is_anothers.exists() else []


def _own(person_id: int) -> QuerySet[Person]:
    """Return the records of a person: that which answers, and those joined to it."""
    return Person.objects.filter(Q(pk=person_id) | Q(merged_into=person_id))
