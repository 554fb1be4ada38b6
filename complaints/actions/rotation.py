"""The digests of reports and of staff, made anew under the newest index key."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from complaints.actions import subject_keys
from complaints.choices import OPEN
from complaints.models import Complaint, MailAddress, Submission
from portal.accounts.models import User
from portal.common import scope
from portal.registry.corrections import digests
from portal.registry.corrections.digests import BATCH, Rotated, renewed

FIELDS: Final = ("national_id_digest", "phone_digest", "last4_digest")
_OWN: Final = ("phone_digest", "number_digest")


def all_tables() -> Iterator[Rotated]:
    """Make every lasting digest anew; yield how far a table is after each batch.

    Staff keep only a digest of their own telephone and number, which nobody can read
    back: it is made anew with the rows that bear the same number. Whoever's is borne by
    none has to give it again (``staffing.know``) and counts as unknown.
    """
    wanted = _digests_of_staff()
    met: dict[bytes, bytes] = {}
    for rotate in (digests.numbers, digests.telephones):
        yield from rotate(wanted=wanted, met=met)
    yield from submissions(wanted=wanted, met=met)
    yield from complaints()
    yield from mail_addresses()
    yield staff(met)


def submissions(
    *, wanted: frozenset[bytes], met: dict[bytes, bytes]
) -> Iterator[Rotated]:
    """Make the digests anew by which senders are found; yield after each batch."""
    told = Rotated("complaints_submission")

    def renew(row: Submission) -> bool:
        return _renew(row, told, wanted, met)

    yield from _rotate(Submission.objects.all(), FIELDS, renew, told)


def complaints() -> Iterator[Rotated]:
    """Make the keys anew by which a matter reported again is known.

    ``unknown`` counts open ones only: of ended ones the key serves comparisons among
    themselves, which need no index key. ``twice``: another open one about the same
    matter bears the key already; once one of them has ended the other is made anew.
    """
    told = Rotated("complaints_complaint")

    def renew(row: Complaint) -> bool:
        fresh = subject_keys.renewed(row)
        told.unknown += fresh is None and row.status in OPEN
        return _set(row, "subject_key", fresh)

    rows = Complaint.objects.select_related("submission").prefetch_related("claims")
    yield from _rotate(rows, ["subject_key"], renew, told)


def mail_addresses() -> Iterator[Rotated]:
    """Make the digests anew under which links in e-mails are found."""
    told = Rotated("complaints_mailaddress")

    def renew(row: MailAddress) -> bool:
        fresh = renewed("mail_token", row.token, bytes(row.token_digest))
        told.unknown += fresh is None
        return _set(row, "token_digest", fresh)

    yield from _rotate(MailAddress.objects.all(), ["token_digest"], renew, told)


def staff(met: dict[bytes, bytes]) -> Rotated:
    """Make the digests of staff's own telephones and numbers anew.

    ``met``: digest under any key -> under the newest, of rows that bear them.
    """
    told = Rotated("accounts_user")
    newest = max(settings.INDEX_KEYS)
    with scope.system():
        for user in _with_older_digests():
            told.rows += 1
            own = {field: getattr(user, field) for field in _OWN}
            fresh = {
                field: met.get(bytes(digest))
                for field, digest in own.items()
                if digest is not None
            }
            if None in fresh.values():
                told.unknown += 1
                continue
            for field, digest in fresh.items():
                setattr(user, field, digest)
            user.digests_key = newest
            user.save(update_fields=[*_OWN, "digests_key"])
            told.changed += 1
    return told


def waiting_staff() -> list[str]:
    """Return the accounts whose own telephone or number has to be given again."""
    with scope.system():
        rows = _with_older_digests()
        return list(rows.order_by("username").values_list("username", flat=True))


def _with_own_digests() -> "QuerySet[User]":
    return User.objects.select_for_update().filter(
        Q(phone_digest__isnull=False) | Q(number_digest__isnull=False)
    )


def _with_older_digests() -> "QuerySet[User]":
    keys = settings.INDEX_KEYS
    made_under = Coalesce("digests_key", Value(min(keys)))
    rows = _with_own_digests().annotate(made_under=made_under)
    return rows.exclude(made_under=max(keys))


def _digests_of_staff() -> frozenset[bytes]:
    with scope.system():
        rows = _with_older_digests().values_list(*_OWN)
        return frozenset(bytes(own) for row in rows for own in row if own is not None)


def _rotate(
    rows_of: QuerySet,
    fields: Sequence[str],
    renew: Callable[[Any], bool],
    told: Rotated,
) -> Iterator[Rotated]:
    """Let ``renew`` set what is stale, a batch a transaction; yield after each."""
    after = 0
    while True:
        with scope.system():
            rows = list(
                rows_of.select_for_update(of=("self",))
                .filter(pk__gt=after)
                .order_by("pk")[:BATCH]
            )
            stale = [row for row in rows if renew(row)]
            written = _write(stale, fields)
        if not rows:
            return
        after = rows[-1].pk
        told.rows += len(rows)
        told.changed += written
        told.twice += len(stale) - written
        yield told


def _write(stale: Sequence[Any], fields: Sequence[str]) -> int:
    """Write all rows that may have their fresh digest; return how many they are."""
    if not stale:
        return 0
    kept = type(stale[0]).objects
    try:
        with transaction.atomic():
            return kept.bulk_update(stale, fields)
    except IntegrityError:
        if len(stale) == 1:
            return 0
    middle = len(stale) // 2
    return _write(stale[:middle], fields) + _write(stale[middle:], fields)


def _set(row: Any, field: str, fresh: bytes | None) -> bool:
    """Set a digest where there is a fresh one; return whether it is another."""
    if fresh is None or fresh == bytes(getattr(row, field)):
        return False
    setattr(row, field, fresh)
    return True


def _renew(
    row: Submission,
    told: Rotated,
    wanted: frozenset[bytes],
    met: dict[bytes, bytes],
) -> bool:
    """Set the digests of a submission anew; return whether any changed."""
    texts = {
        "national_id_digest": ("national_id", row.national_id),
        "phone_digest": ("phone", row.phone),
        "last4_digest": (
            "last4",
            row.phone[-4:] or (f"{row.born_on.year:04d}" if row.born_on else ""),
        ),
    }
    changed = False
    for field, (purpose, text) in texts.items():
        digest = getattr(row, field)
        if digest is None:
            continue
        digests.note(purpose, text, wanted=wanted, met=met)
        fresh = renewed(purpose, text, digest)
        told.unknown += fresh is None
        changed |= _set(row, field, fresh)
    return changed
