"""Words kept ready: written, changed and retired by leads, filled in for a case."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.choices import Move
from complaints.models import Complaint, StandardText
from complaints.rules.impersonal import names_somebody
from complaints.rules.refused import Refused, Stale
from portal.accounts.models import User
from portal.registry.models import Organization

# What can stand in a text for a fact of the case; none is about a person.
PLACES: Final = ("code", "due", "holder", "help")
_PLACE: Final = re.compile(r"\{([^{}]*)\}")


def write(
    *,
    organization: Organization,
    move: str,
    kind: str,
    language: str,
    title: str,
    text: str,
    by: User,
    at: datetime,
) -> StandardText:
    """Keep new words for an organization and all below it; raise Refused for others."""
    _check(title, text)
    return StandardText.objects.create(
        organization=organization,
        move=move,
        kind=kind,
        language=language,
        title=title.strip(),
        text=text.strip(),
        made_by=by,
        made_at=at,
    )


@transaction.atomic
def revise(
    *,
    series: UUID,
    version: int,
    move: str,
    kind: str,
    language: str,
    title: str,
    text: str,
    by: User,
    at: datetime,
) -> StandardText:
    """Write the next version; the one before stays, retired.

    Raise Stale where another version is in use by now, Refused for words that name
    somebody.
    """
    _check(title, text)
    before = _retire(series, version=version, by=by, at=at)
    return StandardText.objects.create(
        series=series,
        version=version + 1,
        organization=before.organization,
        move=move,
        kind=kind,
        language=language,
        title=title.strip(),
        text=text.strip(),
        made_by=by,
        made_at=at,
    )


@transaction.atomic
def retire(*, series: UUID, version: int, by: User, at: datetime) -> None:
    """Offer these words no longer. Raise Stale where another version is in use."""
    _retire(series, version=version, by=by, at=at)


def in_use(paths: Collection[str]) -> list[StandardText]:
    """Return the texts of the organizations with these paths, by move and title."""
    rows = StandardText.objects.filter(organization__path__in=paths, retired_at=None)
    return list(rows.select_related("organization").order_by("move", "title", "pk"))


def for_case(case: Complaint) -> dict[Move, list[StandardText]]:
    """Return by move the words that fit a case, those of the nearest unit first.

    In the language of who reports; of the holder and of whoever stands above it.
    """
    return for_cases([(case.holder_path, case.kind, case.submission.language)])


def for_cases(
    cases: Collection[tuple[str, str, str]],
) -> dict[Move, list[StandardText]]:
    """Return by move the words that fit every one of these: path, kind, language.

    None where their citizens read different languages.
    """
    languages = {language for _path, _kind, language in cases}
    if len(languages) != 1:
        return {}
    kinds = {kind for _path, kind, _language in cases}
    paths = set.intersection(*(set(at_and_above(path)) for path, _k, _l in cases))
    rows = StandardText.objects.filter(
        organization__path__in=paths,
        retired_at=None,
        language=languages.pop(),
        kind__in=("", *kinds) if len(kinds) == 1 else ("",),
    ).select_related("organization")
    found: dict[Move, list[StandardText]] = {}
    for row in sorted(rows, key=lambda r: (-len(r.organization.path), r.title, r.pk)):
        found.setdefault(Move(row.move), []).append(row)
    return found


def filled(text: StandardText, case: Complaint) -> str:
    """Return the words with the facts of the case in their places."""
    return fill(text.text, case)


def fill(words: str, case: Complaint) -> str:
    """Return words with the facts of the case in their places; others stay as typed."""
    facts = {
        "code": case.pretty_reference,
        "due": timezone.localtime(case.due_at).strftime("%H:%M %d/%m/%Y"),
        "holder": case.holder.name,
        "help": settings.HELP_LINE,
    }
    return _PLACE.sub(lambda place: facts.get(place[1], place[0]), words)


def at_and_above(path: str) -> list[str]:
    """Return the path of an organization and of all that stand above it."""
    parts = path.strip("/").split("/")
    return [f"/{'/'.join(parts[:n])}/" for n in range(1, len(parts) + 1)]


def _check(title: str, text: str) -> None:
    """Raise Refused for words that name somebody, or a place that cannot be filled."""
    if names_somebody(f"{title} {text}"):
        raise Refused(
            _("Take out telephone, identity numbers and addresses: all read this text.")
        )
    if any(place not in PLACES for place in _PLACE.findall(text)):
        raise Refused(
            _("Between braces only these can stand: %(places)s.")
            % {"places": ", ".join(f"{{{place}}}" for place in PLACES)}
        )


def _retire(series: UUID, *, version: int, by: User, at: datetime) -> StandardText:
    current = (
        StandardText.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(series=series, version=version, retired_at=None)
        .first()
    )
    if current is None:
        raise Stale(_("Somebody else changed this text. Look at it again."))
    current.retired_by, current.retired_at = by, at
    current.save(update_fields=["retired_by", "retired_at"])
    return current
