"""Telling people what became of their record without a report: put right, put back.

By text message to the telephone on record, by day only, without health data, in the
language of the person's last report; who never reported is written to in Vietnamese.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce

from complaints.actions import inviting
from complaints.models import Invitation, QuietHours, SelfCorrection, Submission
from complaints.rules import quiet
from portal.common import outbox, providers, scope
from portal.registry.models import Certificate, Correction, Dose, Telephone

# What a message is owed for, and the person whom it is about.
Rows = Iterable[tuple[int, int | None]]

# By language; each within one segment, with the longest number of the help line.
Texts = Mapping[str, str]

DONE: Final[Texts] = {
    "vi": (
        "[TIEM CHUNG] Ho so cua ban vua duoc tu sua. Tra cuu de xem sua gi; chua dung"
        " thi bam Sai? o cho do. Hoi: {help}."
    ),
    "en": (
        "[TIEM CHUNG] Your record was just put right by itself. Look it up to see"
        " what; if it is not right, press Wrong? beside it. Help: {help}."
    ),
}
UNDONE: Final[Texts] = {
    "vi": (
        "[TIEM CHUNG] Cho tu sua tren ho so cua ban da duoc tra lai nhu cu."
        " Hoi: {help}."
    ),
    "en": (
        "[TIEM CHUNG] What was put right by itself on your record was put back as it"
        " was. Help: {help}."
    ),
}
PREPARED: Final[Texts] = {
    "vi": (
        "[TIEM CHUNG] Co so y te vua sua ho so cua ban. Tra cuu de xem sua gi; chua"
        " dung thi bam Sai? o cho do. Hoi: {help}."
    ),
    "en": (
        "[TIEM CHUNG] A health facility just corrected your record. Look it up to see"
        " what; if it is not right, press Wrong? beside it. Help: {help}."
    ),
}
# By the rule that a word would let act.
INVITED: Final[Mapping[str, Texts]] = {
    "A2": {
        "vi": (
            "[TIEM CHUNG] Ten cua ban tren ho so tiem thieu dau. Tra cuu, bam Sai?"
            " canh ho ten va ghi du dau: co the sua ngay. Hoi: {help}."
        ),
        "en": (
            "[TIEM CHUNG] Your name on record lacks its marks. Look it up, press"
            " Wrong? beside the name and type it: it can be put right at"
            " once. Help: {help}."
        ),
    },
    "B4": {
        "vi": (
            "[TIEM CHUNG] Ngay sinh tren ho so tiem cua ban co dung khong? Tra cuu;"
            " neu sai, bam Sai? canh ngay sinh de can bo sua. Hoi: {help}."
        ),
        "en": (
            "[TIEM CHUNG] Is the birth date on your record right? Look it up; if not,"
            " press Wrong? beside it, and staff correct it. Help: {help}."
        ),
    },
}
PUT_BACK: Final[Texts] = {
    "vi": (
        "[TIEM CHUNG] Cho co so y te sua tren ho so cua ban da duoc tra lai nhu cu."
        " Hoi: {help}."
    ),
    "en": (
        "[TIEM CHUNG] What a health facility had corrected on your record was put"
        " back as it was. Help: {help}."
    ),
}
RENEWED: Final[Texts] = {
    "vi": (
        "[TIEM CHUNG] Ho so cua ban da sua nen chung nhan cu het hieu luc. Da co ban"
        " moi: tra cuu, mo chung nhan va in lai. Hoi: {help}."
    ),
    "en": (
        "[TIEM CHUNG] Your record was corrected, so the old certificate has ended. A"
        " new one is ready: look up, open and print it. Help: {help}."
    ),
}
REVOKED: Final[Texts] = {
    "vi": (
        "[TIEM CHUNG] Ho so cua ban da sua nen chung nhan cu het hieu luc. Tra cuu,"
        " mo chung nhan de biet con thieu gi. Hoi: {help}."
    ),
    "en": (
        "[TIEM CHUNG] Your record was corrected, so the old certificate has ended."
        " Look up and open it to see what is missing. Help: {help}."
    ),
}


@outbox.outside_transaction
def tell_done(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that a record was put right, where anything of it stands by now.

    The outbox's handler.
    """
    beside = SelfCorrection.objects.filter(
        person=OuterRef("person"), batch=OuterRef("batch"), undone_at=None
    )
    rows = SelfCorrection.objects.filter(Exists(beside), pk__in=subjects)
    _tell("self_done", DONE, subjects, at=at, rows=rows.values_list("pk", "person"))


@outbox.outside_transaction
def tell_undone(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that what was put right was put back. The outbox's handler."""
    _tell("self_undone", UNDONE, subjects, at=at, rows=_of(SelfCorrection, subjects))


@outbox.outside_transaction
def tell_invited(subjects: Sequence[int], *, at: datetime) -> None:
    """Invite people to say a word. The outbox's handler."""
    with scope.system():
        meant = inviting.still_meant(subjects)
        by_rule = dict(
            Invitation.objects.filter(pk__in=meant).values_list("pk", "rule")
        )
    for rule, text in INVITED.items():
        own = [pk for pk in meant if by_rule[pk] == rule]
        _tell("invite", text, own, at=at, rows=_of(Invitation, own))


@outbox.outside_transaction
def tell_prepared(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that staff recorded what a rule had prepared, where it stands by now.

    The outbox's handler.
    """
    undone = Correction.objects.filter(reverses=OuterRef("pk"))
    rows = _corrected(subjects).exclude(Exists(undone))
    _tell("prepared_done", PREPARED, subjects, at=at, rows=rows)


@outbox.outside_transaction
def tell_put_back(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that it was put back. The outbox's handler."""
    _tell("prepared_undone", PUT_BACK, subjects, at=at, rows=_corrected(subjects))


@outbox.outside_transaction
def tell_pair_done(subjects: Sequence[int], *, at: datetime) -> None:
    """Say what staff decided of doubles, two records or a dose. The outbox's handler.

    To everybody concerned: whoever has the dose or had it, both of two records. What
    was taken back by now is told to nobody.
    """
    undone = Correction.objects.filter(reverses=OuterRef("pk"))
    standing = Correction.objects.filter(pk__in=subjects).exclude(Exists(undone))
    meant = list(standing.values_list("pk", flat=True))
    _tell("pair_done", PREPARED, subjects, at=at, rows=_concerned(meant))


@outbox.outside_transaction
def tell_pair_undone(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that such a decision was taken back. The outbox's handler."""
    _tell("pair_undone", PUT_BACK, subjects, at=at, rows=_concerned(subjects))


@outbox.outside_transaction
def tell_revoked(subjects: Sequence[int], *, at: datetime) -> None:
    """Say that a certificate ended by a correction, and whether there is a new one.

    Of several that ended one after the other the last is told. The outbox's handler.
    """
    ended = OuterRef("revoked_at")
    later = Certificate.objects.filter(
        Q(revoked_at__gt=ended) | Q(revoked_at=ended, pk__gt=OuterRef("pk")),
        reason=Certificate.Reason.STALE,
    )
    owner = Coalesce("person__merged_into", "person")
    rows = Certificate.objects.filter(pk__in=subjects, revoked_at__isnull=False)
    # Also of one that stood on a record before it was joined.
    told = (
        rows.annotate(owner=owner)
        .exclude(Exists(later.filter(person=OuterRef("owner"))))
        .exclude(Exists(later.filter(person__merged_into=OuterRef("owner"))))
    )
    new = Certificate.objects.filter(person=OuterRef("owner"), revoked_at=None)
    for text, chosen in (
        (RENEWED, told.filter(Exists(new))),
        (REVOKED, told.exclude(Exists(new))),
    ):
        _tell(
            "certificate_revoked",
            text,
            subjects,
            at=at,
            rows=chosen.order_by("pk").values_list("pk", "owner"),
        )


def _of(model: type[Model], subjects: Sequence[int]) -> QuerySet[Any, tuple[int, int]]:
    """Return rows that name their person."""
    return model._default_manager.filter(pk__in=subjects).values_list("pk", "person")


def _corrected(subjects: Sequence[int]) -> QuerySet[Any, tuple[int, int]]:
    """Return corrections with the person on whose record each was made."""
    owner = Dose.objects.filter(pk=OuterRef("target_id")).values("person")
    person = Case(
        When(target=Correction.Target.PERSON, then=F("target_id")),
        default=Subquery(owner),
        output_field=BigIntegerField(),
    )
    return Correction.objects.filter(pk__in=subjects).values_list("pk", person)


def _concerned(subjects: Sequence[int]) -> list[tuple[int, int | None]]:
    """Return corrections with everybody whose record each of them changed."""
    found = set()
    rows = Correction.objects.filter(pk__in=subjects)
    for row in rows:
        if row.target == Correction.Target.PERSON:
            found.add((row.pk, row.target_id))
        for side in (row.before, row.after):
            found |= {
                (row.pk, int(side[field]))
                for field in ("person", "merged_into")
                if side.get(field)
            }
    voided = rows.filter(target=Correction.Target.DOSE)
    found |= set(_corrected(list(voided.values_list("pk", flat=True))))
    return sorted((pk, person) for pk, person in found if person is not None)


def _languages(people: Sequence[int | None]) -> dict[int | None, str]:
    """Return in which language each person is written to: that of the last report."""
    reports = Submission.objects.filter(person__in=[pk for pk in people if pk])
    newest = reports.order_by("person", "-pk").distinct("person")
    return dict(newest.values_list("person", "language"))


def _tell(
    kind: str, text: Texts, subjects: Sequence[int], *, at: datetime, rows: Rows
) -> None:
    until = quiet.until(QuietHours.objects.all(), at=at) if providers.rings() else None
    if until is not None:
        outbox.postpone(kind, list(subjects), at=at, delay=until - at)
        return
    with scope.system():
        meant = list(rows)
        languages = _languages([person for _, person in meant])
        phones = {
            row.person_id: row.number
            for row in Telephone.objects.filter(
                person__in=[person for _, person in meant], is_contact=True
            )
        }
    # One telephone is told once, whatever of one person, or of a family, is meant.
    numbers: dict[int, list[tuple[str, str]]] = defaultdict(list)
    told: set[str] = set()
    for pk, person in meant:
        phone = phones.get(person) if person is not None else None
        if phone is not None and phone not in told:
            told.add(phone)
            language = languages.get(person, settings.LANGUAGE_CODE)
            numbers[pk].append((phone, text[language]))
    owed = [(pk, n, *to) for pk, all_ in numbers.items() for n, to in enumerate(all_)]
    for place, (pk, n, to, words) in enumerate(owed):
        try:
            providers.send_sms(
                to,
                words.format(help=settings.HELP_LINE),
                key=f"{kind}:{pk}:{n}" if n else f"{kind}:{pk}",
                at=at,
            )
        except providers.Undelivered as trouble:
            rest = list(dict.fromkeys(waiting for waiting, *_rest in owed[place:]))
            outbox.postpone(kind, rest, at=at, delay=trouble.retry_after)
            return
        except providers.Undeliverable:
            continue
