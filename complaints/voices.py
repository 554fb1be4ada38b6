"""What citizens say of a case besides the claims: reported again, and rated."""

from collections.abc import Callable
from datetime import date
from typing import Any

from complaints.choices import Check, Field, Urgency
from complaints.models import Complaint, Evidence
from portal.registry.models import Organization


def again(
    complaint: Complaint, words: Callable[[str, str], str]
) -> list[dict[str, Any]]:
    """Return when this was reported again, and what was said then that is new.

    ``words`` turns a field and its canonical text into what people read.
    """
    if not complaint.reported_again:
        return []
    rows = list(complaint.joinings.order_by("at", "pk"))
    told = [row.said for row in rows]
    codes = {said["claims"].get(Field.SITE, "") for said in told} - {""}
    sites = dict(
        Organization.objects.filter(code__in=codes).values_list("code", "name")
        if codes
        else ()
    )
    return [
        {
            "at": row.at,
            "story": said["story"],
            "urgent": _urgent(said["urgent"]),
            "held": [_held(one) for one in said["held"]],
            "claims": [
                (Field(name).label, sites.get(value) or words(name, value))
                for name, value in said["claims"].items()
            ],
        }
        for row, said in zip(rows, told, strict=True)
    ]


def _urgent(said: dict[str, str] | None) -> str:
    """Return by when and what for it was said to be needed; '' where it was not."""
    if said is None:
        return ""
    day = date.fromisoformat(said["on"])
    return f"{Urgency(said['reason']).label}, {day:%d/%m/%Y}"


def _held(one: dict[str, str]) -> str:
    """Return what was asked about before sending, and why the sender held to it."""
    words = ": ".join(filter(None, [str(Check(one["check"]).label), one["said"]]))
    return f"{words} ({one['reason']})" if one["reason"] else words


def ratings(complaint: Complaint) -> list[dict[str, Any]]:
    """Return the words on how each round was handled, in order."""
    return [
        {
            "round": row.round,
            "word": row.get_word_display(),
            "note": row.note,
            "at": row.at,
        }
        for row in complaint.ratings.order_by("round")
    ]


def photos(complaint: Complaint) -> list[Evidence]:
    """Return what was sent with the report, and with those that joined it."""
    sent = [complaint.submission_id]
    if complaint.reported_again:
        sent += complaint.joinings.values_list("submission", flat=True)
    return list(Evidence.objects.filter(submission__in=sent).order_by("pk"))
