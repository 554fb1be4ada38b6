"""Making a message of words and facts: one segment where possible, or an e-mail."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from complaints.notifications.wordings import Words
from complaints.notifications.words import (
    ASKS,
    CLOSING,
    HEAD,
    PROOF,
    STOP,
    TAILS,
    WORDS,
)
from portal.common import sms as alphabet
from portal.common.mail import Letter

# Marks make a letter of the message three times as dear; more than two are never sent.
MOST_SEGMENTS: Final = {True: 2, False: 1}


@dataclass(frozen=True)
class Facts:
    """What the words of a step need: texts as people read them."""

    code: str
    due: str
    holder: str
    plain_code: str
    help: str
    days: str = ""
    # Without a telephone the page asks for something else.
    has_phone: bool = True


def sms(
    key: str,
    facts: Facts,
    *,
    language: str,
    accents: bool,
    words: Words | None = None,
) -> str:
    """Return the text of a step: the fullest form that fits, then what else fits.

    Without ``accents`` it is plain and one segment; with them two at most. ``words``:
    others than the built-in ones. Raises LookupError for a step that tells nobody
    anything.
    """
    known = _known(facts, language)
    text = ""
    for form in (words or WORDS[key][language]).sms:
        text = _finish(HEAD[language] + form.format(**known), accents)
        if _fits(text, accents):
            break
    for tail in TAILS[language]:
        if "{help}" in tail and facts.help in text:
            continue
        longer = text + _finish(tail.format(**known), accents)
        text = longer if _fits(longer, accents) else text
    return text


def letter(
    key: str, facts: Facts, *, language: str, stop: str, words: Words | None = None
) -> Letter:
    """Return the e-mail of a step. ``stop``: the address that ends these e-mails."""
    words = words or WORDS[key][language]
    known = _known(facts, language) | {"stop": stop}
    parts = [words.sms[0], words.more, *CLOSING[language], STOP[language]]
    return _letter(
        words.subject.format(**known),
        [part.format(**known) for part in parts if part],
        language,
    )


def on_paper(facts: Facts, *, language: str, words: Words) -> tuple[str, list[str]]:
    """Return a step's subject and its sentences, for a letter on paper."""
    known = _known(facts, language)
    parts = [part for part in (words.sms[0], words.more) if part]
    return words.subject.format(**known), [part.format(**known) for part in parts]


def asks(language: str, *, has_phone: bool) -> str:
    """Return what the status page asks of whoever opens it with the code."""
    return ASKS[language, has_phone]


def proof(facts: Facts, *, language: str, address: str) -> Letter:
    """Return the e-mail that asks whether an address belongs to who gave it."""
    words, known = PROOF[language], _known(facts, language)
    return _letter(
        words.subject.format(**known), [words.more.format(**known), address], language
    )


def notice(facts: Facts, *, language: str, words: Words) -> Letter:
    """Return an e-mail that only tells something, with no link that does anything."""
    known = _known(facts, language)
    return _letter(
        words.subject.format(**known), [words.more.format(**known)], language
    )


def link_to(code: str, *, language: str) -> str:
    """Return the whole address that opens a report, with the four digits."""
    with translation.override(language):
        return settings.BASE_URL.rstrip("/") + reverse("citizen:link", args=[code])


def mail_link(token: str, *, language: str) -> str:
    """Return the whole address that proves an e-mail address, or ends its e-mails."""
    with translation.override(language):
        return settings.BASE_URL.rstrip("/") + reverse("citizen:mail", args=[token])


def _letter(subject: str, paragraphs: list[str], language: str) -> Letter:
    with translation.override(language):
        html = render_to_string(
            "messages/letter.html",
            {"subject": subject, "paragraphs": paragraphs, "language": language},
        )
    return Letter(subject, "\n\n".join(paragraphs) + "\n", html)


def _known(facts: Facts, language: str) -> dict[str, str]:
    address = link_to(facts.plain_code, language=language)
    return {
        "code": facts.code,
        "due": facts.due,
        "holder": facts.holder,
        "help": facts.help,
        "days": facts.days,
        "asks": ASKS[language, facts.has_phone],
        "address": address,
        # Telephones make a link of it without the scheme, too.
        "link": address.partition("://")[2].rstrip("/"),
    }


def _finish(text: str, accents: bool) -> str:
    return text if accents else alphabet.plain(text)


def _fits(text: str, accents: bool) -> bool:
    return alphabet.size(text).segments <= MOST_SEGMENTS[accents]
