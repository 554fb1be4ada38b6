"""Messages, for who runs the portal: what is stuck, and how each step is worded."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints.choices import Move, Outcome
from complaints.models import (
    Digest,
    Message,
    QuietHours,
    Reached,
    RuleDraft,
    Wording,
)
from complaints.notifications import composing, texts
from complaints.notifications.words import WORDS
from complaints.rules import quiet
from complaints.views.rule_tables import day_words
from portal.accounts import access
from portal.accounts.access import Role, StaffRequest
from portal.common import mail, providers
from portal.common import sms as alphabet

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


# Steps as they are told to those for whom the usual words would be untrue.
SPECIAL_STEPS: Final = {
    "overdue_top": gettext_lazy("Overdue, with nobody above"),
    "looked_again": gettext_lazy("Still not right, with nobody above"),
    "opened_again": gettext_lazy("Answered after it had lapsed"),
    "joined_corrected": gettext_lazy("Corrected, to who reported it again"),
    "joined_partly": gettext_lazy("Partly corrected, to who reported it again"),
    "joined_kept": gettext_lazy("Kept as recorded, to who reported it again"),
    "joined_asked": gettext_lazy("A question, to who reported it again"),
    "joined_stopped": gettext_lazy("Stopped, to who reported it again"),
    "joined_photo": gettext_lazy("An unusable photo, to who reported it again"),
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
        "reminders": _reminders(request, since=at - timedelta(days=DAYS)),
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


def _reminders(request: StaffRequest, *, since: datetime) -> dict[str, Any]:
    """Return who was to be reminded and was not: whose letters, and which units."""
    mine = Q()
    for posting in request.postings:
        mine |= Q(organization__path__below=posting.organization.path)
    refused = (
        Digest.objects.filter(mine, refused_at__gt=since)
        .values("organization__name", "user__full_name", "user__username")
        .annotate(n=Count("pk"), last=Max("refused_at"))
        .order_by("-last")[:MOST]
    )
    nobody = (
        Reached.objects.filter(
            mine, told_at__gt=since, told=0, organization__isnull=False
        )
        .values("organization__name")
        .annotate(n=Count("pk"), last=Max("told_at"))
        .order_by("-n", "organization__name")[:MOST]
    )
    rows = [
        [
            row["organization__name"],
            row["user__full_name"] or row["user__username"],
            row["n"],
            f"{timezone.localtime(row['last']):%d/%m/%Y %H:%M}",
            _("The mailbox refused it, or it came back. Correct the address."),
        ]
        for row in refused
    ] + [
        [
            row["organization__name"],
            "–",
            row["n"],
            f"{timezone.localtime(row['last']):%d/%m/%Y %H:%M}",
            _("No reminder reached anybody there. Give somebody an address."),
        ]
        for row in nobody
    ]
    return {
        "caption": _("Reminders of the last %(n)s days that reached nobody")
        % {"n": DAYS},
        "columns": [
            {"label": _("Unit")},
            {"label": _("Whom")},
            {"label": _("Reminders"), "number": True},
            {"label": _("Last")},
            {"label": _("Reason")},
        ],
        "rows": [{"cells": cells} for cells in rows],
        "empty": _("Every reminder reached somebody."),
    }


def _words() -> dict[str, Any]:
    facts, changed = texts.longest(), texts.in_force(day=timezone.localdate())
    rows = []
    for key, built_in in WORDS.items():
        words = changed.get(key, built_in)
        told = [
            composing.sms(
                key, facts, language=language, accents=accents, words=words[language]
            )
            for language, accents in (("vi", False), ("vi", True), ("en", False))
        ]
        name = step_word(key)
        rows.append(
            {
                "url": reverse("oversight:message", args=[key]),
                "cells": [
                    _("%(step)s (changed)") % {"step": name}
                    if key in changed
                    else name,
                    *map(_size, told),
                ],
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
    """Show a step's text messages and e-mails as people get them, and their history."""
    if key not in WORDS:
        raise Http404
    today = timezone.localdate()
    waiting = RuleDraft.objects.filter(
        subject=RuleDraft.Subject.TEXT,
        content__key=key,
        confirmed_at=None,
        dropped_at=None,
    ).select_related("proposed_by")
    context = shown(key, texts.of(key, day=today)) | {
        "key": key,
        "title": step_word(key),
        "versions": [_version(row, today) for row in _versions(key)],
        "waiting": waiting.order_by("pk"),
        "may_run": access.runs_country(request),
    }
    return render(request, "oversight/message.html", context)


def shown(key: str, words: texts.ByLanguage) -> dict[str, Any]:
    """Return the messages that words make, as people get them."""
    facts = texts.longest()
    told = []
    for language, label in settings.LANGUAGES:
        for accents in (False, True) if language == "vi" else (False,):
            text = composing.sms(
                key, facts, language=language, accents=accents, words=words[language]
            )
            told.append(
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
                words=words[language],
            ),
        }
        for language, label in settings.LANGUAGES
    ]
    return {"texts": told, "letters": letters}


def _versions(key: str) -> list[Wording]:
    rows = Wording.objects.filter(key=key).select_related("ended_by")
    return list(rows.order_by("-valid_from", "-pk")[:20])


def _version(row: Wording, today: date) -> dict[str, Any]:
    is_over = row.ended_at is not None
    if is_over and row.ended_by is not None:
        name = row.ended_by.full_name or row.ended_by.username
        state = _("Rolled back by %(name)s") % {"name": name}
    elif row.valid_from > today:
        state = _("From %(day)s") % {"day": day_words(row.valid_from)}
    else:
        state = _("In force since %(day)s") % {"day": day_words(row.valid_from)}
    return {"pk": row.pk, "state": state, "source": row.source, "can_end": not is_over}


def step_word(key: str) -> str:
    """Return the name of a step or an outcome that has words of its own."""
    if key in SPECIAL_STEPS:
        return str(SPECIAL_STEPS[key])
    known = Outcome if key in Outcome.values else Move
    return str(known(key).label)
