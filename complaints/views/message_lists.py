"""Messages, for who runs the portal: what is stuck, and how each step is worded."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import Length
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints.choices import Move, Outcome
from complaints.models import Message, QuietHours
from complaints.notifications import composing
from complaints.notifications.words import WORDS
from complaints.rules import quiet
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.common import mail, providers
from portal.common import sms as alphabet
from portal.registry.models import Organization

State = Message.State
DAYS: Final = 7
MOST: Final = 100
# Longer than every wait that is meant: the half minute for taking a decision back.
PATIENCE: Final = timedelta(minutes=15)
STATES: Final = {
    State.WAITING: gettext_lazy("Waiting"),
    State.SENT: gettext_lazy("Sent"),
    State.DELIVERED: gettext_lazy("Delivered"),
    State.FAILED: gettext_lazy("Failed"),
}
CHANNELS: Final = {"sms": gettext_lazy("Text message"), "email": gettext_lazy("E-mail")}
TROUBLES: Final = {
    "not_delivered": gettext_lazy("The network could not deliver it"),
    "recipient_refused": gettext_lazy("The mailbox does not exist"),
    "open": gettext_lazy("The gateway failed several times and is left alone"),
}


@require_safe
@access.staff(Role.ADMINISTRATOR)
def messages(request: StaffRequest) -> HttpResponse:
    """Show how many went out, which are stuck and why, and every step's words."""
    at = timezone.now()
    mine = Q()
    for posting in request.postings:
        mine |= Q(event__complaint__holder_path__below=posting.organization.path)
    found = Message.objects.filter(mine)
    counted = (
        found.filter(event__at__gt=at - timedelta(days=DAYS))
        .values("channel", "state")
        .annotate(n=Count("pk"))
        .order_by("channel", "state")
    )
    stuck = (
        found.filter(
            Q(state=State.WAITING, event__at__lt=at - PATIENCE)
            | Q(state=State.FAILED, event__at__gt=at - timedelta(days=DAYS))
        )
        .select_related("event")
        .order_by("-pk")[:MOST]
    )
    context = {
        "days": DAYS,
        "counts": _counts({(r["channel"], r["state"]): r["n"] for r in counted}),
        "stuck": _stuck(list(stuck)),
        "words": _words(),
        "quiet_until": quiet.until(QuietHours.objects.all(), at=at),
        "rings": providers.rings(),
        "has_mail": mail.is_on(),
    }
    return render(request, "oversight/messages.html", context)


def _counts(counted: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "caption": _("Messages of the last %(n)s days") % {"n": DAYS},
        "columns": [
            {"label": _("Channel")},
            *({"label": label, "number": True} for label in STATES.values()),
        ],
        "rows": [
            {"cells": [label, *(counted.get((name, state), 0) for state in STATES)]}
            for name, label in CHANNELS.items()
        ],
    }


def _stuck(rows: list[Message]) -> dict[str, Any]:
    return {
        "caption": _("Messages that do not go out"),
        "columns": [
            {"label": _("Number")},
            {"label": _("Step")},
            {"label": _("Channel")},
            {"label": _("State")},
            {"label": _("Owed since")},
            {"label": _("Tries"), "number": True},
            {"label": _("Reason")},
        ],
        "rows": [
            {
                "cells": [
                    row.pk,
                    Move(row.event.move).label,
                    CHANNELS.get(row.channel, row.channel),
                    STATES[State(row.state)],
                    f"{timezone.localtime(row.event.at):%d/%m/%Y %H:%M}",
                    row.attempts,
                    TROUBLES.get(row.trouble, row.trouble) or "–",
                ]
            }
            for row in rows
        ],
        "empty": _("Nothing is stuck."),
    }


def _words() -> dict[str, Any]:
    facts = _example()
    rows = []
    for key in WORDS:
        texts = [
            composing.sms(key, facts, language=language, accents=accents)
            for language, accents in (("vi", False), ("vi", True), ("en", False))
        ]
        rows.append(
            {
                "url": reverse("oversight:message", args=[key]),
                "cells": [step_word(key), *map(_size, texts)],
            }
        )
    return {
        "caption": _("What each step says, with the longest name"),
        "columns": [
            {"label": _("Step")},
            {"label": _("Vietnamese without marks")},
            {"label": _("Vietnamese with marks")},
            {"label": _("English")},
        ],
        "rows": rows,
    }


def _size(text: str) -> str:
    size = alphabet.size(text)
    return _("%(units)s signs, segments: %(n)s") % {
        "units": size.units,
        "n": size.segments,
    }


@require_safe
@access.staff(Role.ADMINISTRATOR)
def message(request: StaffRequest, key: str) -> HttpResponse:
    """Show a step's text messages and e-mails as people get them."""
    if key not in WORDS:
        raise Http404
    facts = _example()
    shown = []
    for language, label in settings.LANGUAGES:
        for accents in (False, True) if language == "vi" else (False,):
            text = composing.sms(key, facts, language=language, accents=accents)
            shown.append(
                {
                    "label": label,
                    "accents": accents,
                    "language": language,
                    "text": text,
                    "size": _size(text),
                }
            )
    letters = [
        {
            "label": label,
            "language": language,
            "letter": composing.letter(
                key,
                facts,
                language=language,
                stop=composing.mail_link("...", language=language),
            ),
        }
        for language, label in settings.LANGUAGES
    ]
    context = {"title": step_word(key), "texts": shown, "letters": letters}
    return render(request, "oversight/message.html", context)


def step_word(key: str) -> str:
    """Return the name of a step or an outcome that has words of its own."""
    known = Outcome if key in Outcome.values else Move
    return str(known(key).label)


def _example() -> composing.Facts:
    """Return the facts of an invented report at the body with the longest name."""
    longest = Organization.objects.order_by(Length("name").desc(), "pk").first()
    return composing.Facts(
        code="4829 1736 52-1",
        due="14:30 24/11/2026",
        holder=longest.name if longest else "",
        plain_code="4829173652",
        help=settings.HELP_LINE,
    )
