"""Whose a member of staff's own cases are: their telephone and number, as digests."""

from django.conf import settings

from portal.accounts.models import User
from portal.common import crypto


def keep(user: User, *, phone: str, national_id: str) -> None:
    """Keep digests of what the owner gave; what is empty stays as it is kept."""
    if bool(phone and national_id) or not are_known(user):
        user.digests_key = max(settings.INDEX_KEYS)
    # Else one stays under the key that it was made under, and the row names the older.
    if phone:
        user.phone_digest = crypto.digest("phone", phone)
    if national_id:
        user.number_digest = crypto.digest("national_id", national_id)
    user.save(update_fields=["phone_digest", "number_digest", "digests_key"])


def are_known(user: User) -> bool:
    """Tell whether the account can be kept from handling its owner's own cases."""
    return user.phone_digest is not None or user.number_digest is not None
