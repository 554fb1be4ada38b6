"""Which words count on a day, and whether new ones may be told to people.

The built-in words (``words``) hold wherever no row changes them, so that a step is
never without any.
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from complaints.models import Wording
from complaints.notifications import composing
from complaints.notifications.wordings import Words
from complaints.notifications.words import WORDS
from portal.common import dated, names
from portal.common import sms as alphabet
from portal.registry.models import Organization, ProductAlias

LANGUAGES: Final = ("vi", "en")
KNOWN: Final = frozenset({"code", "due", "holder", "help", "days"})
# Four digits in a row are a year, a code or the end of a telephone: never in the words.
_DIGITS: Final = 4
_LINKS: Final = ("http", "www.", ".vn", ".com", "bit.ly")

ByLanguage = dict[str, Words]


@dataclass(frozen=True)
class Problem:
    """What keeps words from being told: where (vi_sms, en_subject, ...), and why."""

    field: str
    text: str


def in_force(*, day: date) -> dict[str, ByLanguage]:
    """Return the words that rows change on a day, by step; one statement."""
    rows: dict[str, list[Wording]] = {}
    for row in Wording.objects.order_by("pk"):
        rows.setdefault(row.key, []).append(row)
    found = {key: dated.in_force(same, day=day) for key, same in rows.items()}
    return {key: read(row.content) for key, row in found.items() if row is not None}


def of(key: str, *, day: date) -> ByLanguage:
    """Return a step's words on a day. Raise KeyError for a step that has none."""
    return in_force(day=day).get(key) or WORDS[key]


def read(content: Mapping[str, Any]) -> ByLanguage:
    """Return the words that a row or a draft holds."""
    return {
        language: Words(
            tuple(content[language]["sms"]),
            content[language]["subject"],
            content[language]["more"],
        )
        for language in LANGUAGES
    }


def write(words: ByLanguage) -> dict[str, Any]:
    """Return words as a row or a draft holds them."""
    return {language: asdict(words[language]) for language in LANGUAGES}


def longest() -> composing.Facts:
    """Return the facts of an invented report at the body with the longest name."""
    body = Organization.objects.order_by(Length("name").desc(), "pk").first()
    return composing.Facts(
        code="4829 1736 52-1",
        due="14:30 24/11/2026",
        holder=body.name if body else "",
        plain_code="4829173652",
        help=settings.HELP_LINE,
        days="10",
    )


def problems(key: str, words: ByLanguage) -> list[Problem]:
    """Return what keeps words from being told to people; nothing where they may be."""
    facts, products = longest(), _products()
    found: list[Problem] = []
    for language in LANGUAGES:
        own, built_in = words[language], WORDS[key][language]
        parts = {"sms": own.sms, "subject": (own.subject,), "more": (own.more,)}
        needed = {
            "sms": names_in(built_in.sms[-1]),
            "subject": names_in(built_in.subject),
            "more": set[str](),
        }
        wrong = [
            Problem(f"{language}_{part}", words_of)
            for part, texts in parts.items()
            for text in texts
            for words_of in _wrong(text, needed[part], products)
        ]
        found += wrong or _too_long(key, words, language, facts)
    return found


def names_in(text: str) -> set[str]:
    """Return what stands in braces. Raise ValueError for braces that are no such."""
    found = set()
    for _text, name, spec, conversion in string.Formatter().parse(text):
        if spec or conversion:
            raise ValueError("only a name may stand in braces")
        if name is not None:
            found.add(name)
    return found


def _wrong(text: str, needed: set[str], products: Sequence[str]) -> list[str]:
    """Return in words what is wrong with a sentence, as far as it shows by itself."""
    try:
        used = names_in(text)
    except ValueError:
        return [_("Braces hold one name each and come in pairs: {code}.")]
    found = []
    if used - KNOWN:
        known = ", ".join(f"{{{name}}}" for name in sorted(KNOWN))
        found.append(_("Only these may stand in braces: %(names)s.") % {"names": known})
    if text and needed - used:
        missing = ", ".join(f"{{{name}}}" for name in sorted(needed - used))
        found.append(_("%(names)s has to be in it.") % {"names": missing})
    low = text.lower()
    if any(link in low for link in _LINKS):
        found.append(_("No address: the portal adds its own where there is room."))
    if _has_long_number(text):
        found.append(_("No numbers of four digits or more: use {code} and {help}."))
    folded = f" {names.fold(text)} "
    if any(f" {product} " in folded for product in products):
        found.append(_("No vaccine: messages hold nothing about anybody's health."))
    plain = alphabet.plain(text)
    if plain.count("?") > text.count("?"):
        found.append(
            _("Some signs cannot be shown by every telephone. Leave them out.")
        )
    return found


def _too_long(
    key: str, words: ByLanguage, language: str, facts: composing.Facts
) -> list[Problem]:
    """Return whether the barest sentence fits, for whom it fits least."""
    found = []
    for accents in (False, True) if language == "vi" else (False,):
        text = composing.sms(
            key, facts, language=language, accents=accents, words=words[language]
        )
        size = alphabet.size(text)
        most = composing.MOST_SEGMENTS[accents]
        if size.segments > most:
            reason = _(
                "The shortest text takes %(n)s segments, %(most)s may be paid for."
            )
            found.append(
                Problem(f"{language}_sms", reason % {"n": size.segments, "most": most})
            )
    return found


def _has_long_number(text: str) -> bool:
    run = 0
    for sign in text:
        run = run + 1 if sign.isdigit() else 0
        if run >= _DIGITS:
            return True
    return False


def _products() -> list[str]:
    """Return the names of vaccines, folded; too short ones are words of other use."""
    aliases = ProductAlias.objects.values_list("folded", flat=True)
    return [name for name in aliases if len(name) > 2]
