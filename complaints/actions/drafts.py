"""A report in the making: a sealed row, and what becomes of it when it is sent.

``answers`` are JSON: ``key`` (of the submission), ``relation``, ``person`` (the record
that was opened, or None), ``matters`` (one dict a thing that is wrong), ``contact``
``proof`` (the one-time code that proved the telephone to write to; NO_TELEPHONE where
staff help somebody who has none), ``email`` (to write to as well, '' for none; not yet
proved), ``vouched`` (what the e-ID said of the sender, or None) and ``channel``. Of a
report put aside also ``typed`` (by step and matter, as the forms were sent) and
``left_at``.
"""

import uuid
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import translation

from complaints.actions import evidence
from complaints.actions.intake import Held, Matter, Sender, Urgent
from complaints.actions.reported import Traces, Vouched
from complaints.choices import Channel, Field, Kind
from complaints.models import Draft, Evidence, Submission
from portal.accounts import codes
from portal.accounts.models import OneTimeCode
from portal.common import crypto
from portal.registry import corrections, identity
from portal.registry.models import Organization, Person, PopulationInquiry

LIFETIME: Final = timedelta(hours=24)
VOID: Final = "void"
NO_TELEPHONE: Final = 0
PERSON_FIELDS: Final = (
    Field.FULL_NAME,
    Field.BORN_ON,
    Field.SEX,
    Field.NATIONAL_ID,
    Field.PHONE,
)


def start(
    *,
    relation: str,
    person_id: int | None,
    matter: dict[str, Any],
    channel: str = Channel.SELF,
    vouched: Vouched | None = None,
    at: datetime,
) -> Draft:
    """Begin a report with its first matter; it is kept for 24 hours."""
    draft = Draft(key=uuid.uuid4(), created_at=at, expires_at=at + LIFETIME)
    draft.answers = {
        "key": str(uuid.uuid4()),
        "relation": relation,
        "person": person_id,
        "matters": [matter],
        "contact": {},
        "proof": None,
        "channel": channel,
        "vouched": asdict(vouched) if vouched else None,
    }
    draft.save()
    return draft


def save(draft: Draft, answers: dict[str, Any]) -> None:
    """Keep the answers, sealed."""
    draft.answers = answers
    draft.save(update_fields=["answers_sealed"])


def keep_typed(
    draft: Draft, typed: dict[str, list[str]], *, step: str, place: str
) -> None:
    """Keep what a step's form holds, finished or not, to go on there later."""
    answers = draft.answers
    answers["typed"] = answers.get("typed", {}) | {f"{step}:{place}": typed}
    answers["left_at"] = [step, place]
    save(draft, answers)


def typed_before(answers: dict[str, Any], *, step: str, place: str) -> dict[str, Any]:
    """Return what a step's form held when the report was put aside."""
    kept: dict[str, Any] = answers.get("typed", {}).get(f"{step}:{place}", {})
    return kept


def put_aside(draft: Draft, *, proof: OneTimeCode, at: datetime) -> None:
    """Keep a draft for 24 hours more under the telephone that a code proved."""
    answers = draft.answers
    answers["proof"] = answers["proof"] or proof.pk
    draft.answers = answers
    draft.phone_digest = crypto.digest("phone", codes.telephone_of(proof))
    draft.expires_at = at + LIFETIME
    draft.save(update_fields=["answers_sealed", "phone_digest", "expires_at"])


def keep_under(draft: Draft, *, telephone: str) -> None:
    """Let a draft be found by a telephone that was proved, should the session end."""
    draft.phone_digest = crypto.digest("phone", telephone)
    draft.save(update_fields=["phone_digest"])


def is_live(key: uuid.UUID, *, at: datetime) -> bool:
    """Tell whether a draft of this key is kept still."""
    return Draft.objects.filter(key=key, expires_at__gt=at).exists()


def kept_under(telephone: str, *, at: datetime) -> list[Draft]:
    """Return the drafts that were put aside under a telephone and never sent."""
    rows = Draft.objects.filter(
        phone_digest__in=crypto.digests("phone", telephone), expires_at__gt=at
    ).order_by("-expires_at", "-pk")
    drafts = {row.answers["key"]: row for row in rows}
    sent = Submission.objects.filter(key__in=drafts).values_list("key", flat=True)
    for key in sent:
        del drafts[str(key)]
    return list(drafts.values())


def forget_expired(*, at: datetime) -> int:
    """Delete drafts of yesterday with what was asked and never sent; return how many.

    What was sent keeps its photos: they belong to the submission by then.
    """
    expired = Draft.objects.filter(expires_at__lte=at)
    evidence.forget(Evidence.objects.filter(draft__in=expired, submission=None))
    PopulationInquiry.objects.filter(
        purpose=PopulationInquiry.Purpose.DRAFT,
        about__in=list(expired.values_list("pk", flat=True)),
    ).delete()
    deleted, _rows = expired.delete()
    return deleted


def facts_on_record(dose: identity.RecordedDose) -> dict[str, str]:
    """Return a recorded dose as canonical text, as claims are written."""
    facts = {
        "given_on": dose.given_on.isoformat(),
        "product": dose.product,
        "lot": dose.lot,
        "site": dose.site,
        "dose_number": str(dose.dose_number or ""),
    }
    return {field: value for field, value in facts.items() if value}


def details_on_record(person: Person) -> dict[str, str]:
    """Return the personal details on record as canonical text."""
    return {
        field.value: corrections.read_person(person, field) for field in PERSON_FIELDS
    }


def matters_of(answers: dict[str, Any]) -> list[Matter]:
    """Return what the draft reports, as intake takes it."""
    sites = dict(
        Organization.objects.filter(
            code__in={m.get("claims", {}).get("site") for m in answers["matters"]}
        ).values_list("code", "pk")
    )
    # What was asked about the person or the paper concerns every matter.
    held = [*answers.get("held", ()), *answers.get("paper", {}).get("held", ())]
    return [_matter(matter, sites, held) for matter in answers["matters"]]


def vouched_of(answers: dict[str, Any]) -> Vouched | None:
    """Return what the e-ID said of who makes the report; None without one."""
    said = answers.get("vouched")
    return Vouched(**said) if said and answers["person"] is not None else None


def traces_of(answers: dict[str, Any], *, device: str = "") -> Traces:
    """Return by what a draft may be like another one (``signs_of_fraud``)."""
    helped = answers.get("channel", Channel.SELF) != Channel.SELF
    return Traces(
        device="" if helped else device,
        paper=answers.get("paper", {}).get("number", ""),
    )


def urgent_of(answers: dict[str, Any]) -> Urgent | None:
    """Return by when it is needed and what for; None where it is not urgent."""
    urgent = answers.get("urgent")
    if not urgent:
        return None
    return Urgent(date.fromisoformat(urgent["on"]), urgent["reason"])


def _matter(
    matter: dict[str, Any],
    sites: dict[str, int],
    held_of_all: list[dict[str, str]],
) -> Matter:
    claims = dict(matter.get("claims", {}))
    if matter["kind"] in (Kind.NOT_MINE, Kind.DOUBLED_DOSE):
        claims = {Field.DOSE.value: VOID}
    given_on = matter.get("claims", {}).get("given_on", "")
    is_missing = matter["kind"] == Kind.MISSING_DOSE
    return Matter(
        kind=matter["kind"],
        claims=claims,
        dose_id=matter.get("dose"),
        site_id=sites.get(claims.get("site", "")) if is_missing else None,
        site_text=matter.get("site_text", ""),
        given_on=_first_day(given_on),
        story=matter.get("story", ""),
        held=tuple(
            Held(**one)
            for one in _once(
                [
                    *matter.get("held", ()),
                    *matter.get("slip_held", ()),
                    *held_of_all,
                ]
            )
        ),
    )


def _once(held: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return each check once: what was said of the matter itself goes before."""
    return list({one["check"]: one for one in reversed(held)}.values())[::-1]


def sender_of(answers: dict[str, Any]) -> Sender:
    """Return who sends the draft: from the record that was opened, or as typed.

    The telephone is always a proved one, or none where staff helped; a draft without
    either raises KeyError.
    """
    channel = answers.get("channel", Channel.SELF)
    has_none = answers["proof"] == NO_TELEPHONE and channel != Channel.SELF
    if not answers["proof"] and not has_none:
        raise KeyError("proof")
    telephone = (
        ""
        if has_none
        else codes.telephone_of(OneTimeCode.objects.get(pk=answers["proof"]))
    )
    language = (translation.get_language() or "vi")[:2]
    if answers["person"] is not None:
        person, number = identity.opened(answers["person"])
        return Sender(
            full_name=person.full_name,
            born_on=person.born_on,
            sex=person.sex,
            national_id=number,
            phone=telephone,
            person_id=person.pk,
            relation=answers["relation"],
            channel=channel,
            language=language,
            vouched=vouched_of(answers),
        )
    contact = answers["contact"]
    return Sender(
        full_name=contact["full_name"],
        born_on=_first_day(contact["born_on"]),
        sex=contact["sex"],
        national_id=contact["national_id"],
        phone=telephone,
        relation=answers["relation"],
        channel=channel,
        language=language,
    )


def is_complete(matter: dict[str, Any]) -> bool:
    """Tell whether step 2 of a matter was answered."""
    return bool(matter.get("done"))


def _first_day(text: str) -> date | None:
    """Return the first day that a date known in part can mean; None if unknown."""
    if not text:
        return None
    parts = [int(part) for part in text.split("-")]
    return date(*(parts + [1, 1])[:3])
