"""Who looked at and who changed a person's record, when and why, in words.

Staff are named by their organization: it answers for them. Whoever wants to know which
of its people it was asks it, or sends a request about their data.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _

from complaints.choices import Field, Relation
from portal.accounts.assurance import Level
from portal.accounts.models import Assistance, Posting
from portal.audit.models import Entry
from portal.registry.models import Organization, Person

PAGE: Final = 25
# What ``accounts.assistance`` calls a look while staff help.
HELP: Final = "assistance"
# A report that was put aside and is gone on with; the record itself stays closed.
DRAFT: Final = "draft"


@dataclass(frozen=True)
class Look:
    """One entry: when, who, and what for; ``pk`` is its place in the log.

    Pages that were seen while staff helped stand as one, the newest, with how many.
    """

    pk: int
    at: datetime
    who: str
    what: str
    pages: int = 1


def people_of(person_id: int) -> list[int]:
    """Return the records of a person: the one that answers, and those joined to it."""
    person = Person.objects.only("merged_into").get(pk=person_id)
    rows = Person.objects.filter(
        Q(pk=person.surviving_id) | Q(merged_into=person.surviving_id)
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))


def entries(people: Iterable[int], *, before: int | None, limit: int) -> list[Entry]:
    """Return the newest entries about these records, before a place in the log."""
    rows = Entry.objects.filter(person__in=list(people))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def in_words(rows: list[Entry]) -> list[Look]:
    """Return entries in the reader's language; two statements for any number."""
    names = _organizations(rows)
    return [
        Look(
            pk=row.pk,
            at=row.at,
            who=_who(row, names),
            what=what(row),
            pages=len(rest) + 1,
        )
        for row, *rest in _occasions(rows)
    ]


def organization_of(row: Entry, names: dict[tuple[str, int], str]) -> str:
    """Return the name of the body for which staff acted, '' if it is not known."""
    if row.organization is not None:
        return names.get(("organization", row.organization), "")
    return names.get(("user", row.actor_id or 0), "")


def what(row: Entry) -> str:
    """Return what was done, in words; whoever reads it knows whose record it is."""
    if row.verb == Entry.Verb.CHANGE:
        return _changed(row)
    if row.subject == HELP:
        purpose = row.detail.partition(":")[0]
        labels = dict(Assistance.Purpose.choices)
        return _("Helped you: %(purpose)s") % {"purpose": labels.get(purpose, "")}
    words: dict[str, Any] = {
        "person": _("Looked at the record"),
        "own_data": _("Took a copy of the data"),
        DRAFT: _("Went on with a report that was put aside"),
        "complaints.complaint": _("Worked on a report about the record"),
        "complaints.glass": _("Opened a report in an emergency"),
        "complaints.evidence": _("Looked at a photo of a report"),
        "complaints.referral": _("Asked another body to confirm a fact"),
        "registry.sessionlist": _("Compared a vaccination list"),
        "complaints.list": _("Compared a unit's list of reports"),
        "registry.finding": _("Checked the quality of the record"),
        "registry.proposal": _("Compared records that may belong together"),
        "registry.export": _("Made a file of doses"),
        "registry.dosefile": _("Took a file of doses"),
        "registry.feed": _("Passed corrections on to the national platform"),
        "complaints.incident": _("Worked on an incident"),
        "complaints.prepared": _("Looked at a correction that was prepared"),
        "complaints.rule": _("Checked an automatic correction"),
        "complaints.rule_open": _("Saw the numbers of an automatic correction"),
        "complaints.figures": _("Made a file of figures"),
        "data_request": _("Handled a request about personal data"),
        "audit.entry": _("Checked who had looked at the record"),
        "recheck": _("Checked a decision about the record once more"),
    }
    return str(words.get(row.subject, _("Looked at the record")))


def _occasions(rows: list[Entry]) -> Iterator[list[Entry]]:
    """Yield entries one by one, but those of one help that follow each other as one."""
    for _key, group in groupby(
        rows,
        key=lambda row: row.subject_id if row.subject == HELP else f"entry {row.pk}",
    ):
        yield list(group)


def _organizations(rows: list[Entry]) -> dict[tuple[str, int], str]:
    """Return the names of the bodies in entries, by body or by who acted there."""
    bodies = {row.organization for row in rows if row.organization is not None}
    users = {row.actor_id for row in rows if row.actor_id and not row.organization}
    names = {
        ("organization", pk): name
        for pk, name in Organization.objects.filter(pk__in=bodies).values_list(
            "pk", "name"
        )
    }
    # Where an entry names no body: the newest posting of who acted.
    postings = Posting.objects.filter(user__in=users).order_by("valid_from", "pk")
    for user, name in postings.values_list("user", "organization__name"):
        names["user", user] = name
    return names


def _who(row: Entry, names: dict[tuple[str, int], str]) -> str:
    if row.actor == Entry.Actor.STAFF:
        return organization_of(row, names) or _("Health service staff")
    if row.actor == Entry.Actor.SYSTEM:
        return _("The portal")
    if row.subject == DRAFT:
        # The telephone that the report was put aside under, not the one on record.
        return _("Who put the report aside, by telephone code")
    level, _space, relation = row.detail.partition(" ")
    if level == Level.EID:
        return _("You, with the national e-ID")
    return {
        Relation.CHILD.value: _("Your parent or guardian, by telephone code"),
        Relation.PARENT.value: _("A relative of yours, by telephone code"),
        Relation.OTHER.value: _("Somebody who cares for you, by telephone code"),
    }.get(relation, _("You, by telephone code"))


def _changed(row: Entry) -> str:
    """Return which facts changed, in the words of the claims; never their values."""
    parts = set(row.detail.split(","))
    known = [str(field.label) for field in Field if field.value in parts]
    of_dose = row.subject == "registry.dose"
    if "is_restricted" in parts:
        return _("Changed how the record may be used")
    if "status" in parts or not known:
        return _("Added or voided a dose") if of_dose else _("Changed the record")
    what = ", ".join(known)
    if of_dose:
        return _("Changed of a dose: %(what)s") % {"what": what}
    return _("Changed: %(what)s") % {"what": what}
