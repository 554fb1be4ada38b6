"""Whose a member of staff's own cases are: their telephone and number, as digests."""

from collections.abc import Collection
from typing import Final

from django.conf import settings

from portal.accounts.models import User
from portal.audit.models import Entry
from portal.common import crypto

# What the log says of an account: kept, or that its owner typed another one.
KEPT: Final = "own telephone and number"
DIFFERS: Final = "own telephone or number differs"


def keep(user: User, *, phone: str, national_id: str) -> bool:
    """Keep digests of what the owner gave; tell whether it fits what is kept.

    What is empty stays as it is kept, and so does what differs: else whoever is kept
    from a case could type another number and decide it. Only who manages the account
    replaces one (``staffing.know``).
    """
    given = {
        "phone_digest": ("phone", phone),
        "number_digest": ("national_id", national_id),
    }
    fits, fresh = True, {}
    for field, (what, text) in given.items():
        kept = getattr(user, field)
        if text and (kept is None or bytes(kept) in crypto.digests(what, text)):
            fresh[field] = crypto.digest(what, text)
        elif text:
            fits = False
    for field, digest in fresh.items():
        setattr(user, field, digest)
    # Else one stays under the key that it was made under, and the row names the older.
    if fresh and all(getattr(user, field) is None or field in fresh for field in given):
        user.digests_key = max(settings.INDEX_KEYS)
    user.save(update_fields=[*given, "digests_key"])
    return fits


def are_known(user: User) -> bool:
    """Tell whether the account can be kept from handling its owner's own cases."""
    return user.phone_digest is not None or user.number_digest is not None


def differing(users: Collection[int]) -> set[int]:
    """Return the accounts whose owner typed another one since it was last kept."""
    newest = Entry.objects.filter(
        verb=Entry.Verb.CHANGE,
        subject="accounts.user",
        subject_id__in=users,
        detail__in=(KEPT, DIFFERS),
    ).order_by("subject_id", "-pk")
    said = newest.distinct("subject_id").values_list("subject_id", "detail")
    return {user for user, detail in said if user is not None and detail == DIFFERS}
