"""What forbids an automatic change that the proofs would allow (domain paper c)."""

from datetime import timedelta
from typing import Final

from complaints.rules.selfcorrection.facts import Facts
from complaints.rules.selfcorrection.rule import Edit, Operation

# A new telephone gives nobody a quick way to a changed record.
COOL_DOWN: Final = timedelta(hours=72)


def reason_against(facts: Facts, edits: tuple[Edit, ...]) -> str:
    """Return why an automatic change must not be made, or an empty string.

    A request that is the very reason for the change does not count as open: ``facts``
    leave it out.
    """
    before = facts.before
    if all(edit.operation == Operation.EXPLAIN for edit in edits):
        return ""
    if facts.person.is_restricted:
        return "restricted"
    if before.fraud:
        return "fraud"
    if before.photos_unread:
        return "photos_unread"
    changed_at = before.contact_changed_at
    if changed_at is not None and facts.at - changed_at < COOL_DOWN:
        return "contact_changed"
    if {edit.place for edit in edits} & before.changed_fields:
        return "changed_before"
    return "open_request" if is_reported(facts, edits) else ""


def reason_to_decide(facts: Facts, edit: Edit) -> str:
    """Return why a change is not put forward for a click either, or an empty string.

    Whoever answers for it decides, so only what would be decided unseen counts: an open
    report about the field, and a restricted record.
    """
    if facts.person.is_restricted:
        return "restricted"
    return "open_request" if is_reported(facts, (edit,)) else ""


def is_reported(facts: Facts, edits: tuple[Edit, ...]) -> bool:
    """Tell whether an open report is about what would change, or its whole dose."""
    places = {edit.place for edit in edits}
    whole = {place.rpartition(":")[0] for place in places if ":" in place}
    return bool((places | whole) & facts.before.open_fields) or any(
        place.startswith(f"{dose}:")
        for dose in whole
        for place in facts.before.open_fields
    )
