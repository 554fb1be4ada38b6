"""A report in the making: a sealed row, and what becomes of it when it is sent.

``answers`` are JSON: ``key`` (of the submission), ``relation``, ``person`` (the record
that was opened, or None), ``matters`` (one dict a thing that is wrong), ``contact``
``browser`` (a digest by which it is known again where it was begun, '' for nowhere),
``proof`` (the one-time code that proved the telephone to write to; NO_TELEPHONE where
staff help somebody who has none), ``email`` (to write to as well, '' for none; not yet
proved), ``vouched`` (what the e-ID said of the sender, or None) and ``channel``. Of a
report put aside also ``typed`` (by step and matter, as the forms were sent) and
``left_at``.
"""

import uuid
from collections.abc import Iterable
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
from portal.registry.models import (
    Organization,
    Person,
    PopulationInquiry,
    Product,
)

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
    begun: Iterable[str] = (),
    browser: str = "",
    at: datetime,
) -> Draft:
    """Begin a report with its first matter; it is kept for 24 hours.

    ``browser``: the secret by which it is known again there once the session ended,
    where it is about nobody's record. ``begun``: the keys of drafts at hand; one that
    was begun just so and holds nothing yet is gone on with: links are followed often.
    """
    answers = {
        "relation": relation,
        "person": person_id,
        "matters": [matter],
        "contact": {},
        "proof": None,
        "channel": channel,
        "vouched": asdict(vouched) if vouched else None,
        "browser": crypto.digest("device", browser).hex() if browser else "",
    }
    for row in Draft.objects.filter(key__in=begun, expires_at__gt=at).order_by("-pk"):
        if {
            name: row.answers[name] for name in row.answers if name != "key"
        } == answers:
            row.expires_at = at + LIFETIME
            row.save(update_fields=["expires_at"])
            return row
    draft = Draft(key=uuid.uuid4(), created_at=at, expires_at=at + LIFETIME)
    draft.answers = {"key": str(uuid.uuid4())} | answers
    draft.save()
    return draft


def most_worth(keys: list[str], *, limit: int) -> list[str]:
    """Return the drafts to keep at hand; the oldest go, those without answers first."""
    left = len(keys) - limit
    if left <= 0:
        return keys
    rows = Draft.objects.filter(key__in=keys[:-1]).order_by("pk")
    empty = [str(row.key) for row in rows if _is_empty(row.answers)]
    first = [*empty, *(key for key in keys if key not in empty)][:left]
    return [key for key in keys if key not in first]


def _is_empty(answers: dict[str, Any]) -> bool:
    has_answers = any(is_complete(matter) for matter in answers["matters"])
    return not has_answers and not answers.get("typed")


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


def forget_typed(
    answers: dict[str, Any], *, step: str, place: str | None = None
) -> None:
    """Forget what a step's form held when it was put aside: it was answered since.

    ``place``: of which matter; None for all of them. The caller saves the answers.
    """

    def is_meant(name: str) -> bool:
        its_step, _, its_place = name.partition(":")
        return its_step == step and place in (None, its_place)

    kept = answers.get("typed", {})
    answers["typed"] = {name: kept[name] for name in kept if not is_meant(name)}
    if answers.get("left_at") and is_meant(":".join(answers["left_at"])):
        answers["left_at"] = None


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


def kept_under(telephone: str, *, at: datetime) -> list[Draft]:
    """Return the drafts that were put aside under a telephone and never sent."""
    rows = Draft.objects.filter(
        phone_digest__in=crypto.digests("phone", telephone), expires_at__gt=at
    ).order_by("-expires_at", "-pk")
    return _without_sent(rows)


def unsent(keys: list[str], *, at: datetime) -> list[Draft]:
    """Return the drafts of these keys that are kept still and were never sent."""
    rows = Draft.objects.filter(key__in=keys, expires_at__gt=at)
    return _without_sent(rows.order_by("-expires_at", "-pk"))


def _without_sent(rows: Iterable[Draft]) -> list[Draft]:
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
        "full_name": dose.name_recorded,
    }
    return {field: value for field, value in facts.items() if value}


def details_on_record(person: Person) -> dict[str, str]:
    """Return the personal details on record as canonical text."""
    return {
        field.value: corrections.read_person(person, field) for field in PERSON_FIELDS
    }


def matters_of(answers: dict[str, Any]) -> list[Matter]:
    """Return what the draft reports, as intake takes it."""
    sites = {
        site.code: site
        for site in Organization.objects.filter(
            code__in={m.get("claims", {}).get("site") for m in answers["matters"]}
        ).only("code", "name")
    }
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
    sites: dict[str, Organization],
    held_of_all: list[dict[str, str]],
) -> Matter:
    claims = typed = dict(matter.get("claims", {}))
    story = matter.get("story", "")
    # Of a dose on record the record says where it was given.
    site = sites.get(typed.get("site", "")) if matter.get("dose") is None else None
    if matter["kind"] in (Kind.NOT_MINE, Kind.DOUBLED_DOSE):
        claims = {Field.DOSE.value: VOID}
        if matter.get("dose") is None and typed:
            # By these it is found: nothing of them is to be set right.
            story = "\n".join(filter(None, [story, _told(typed, site)]))
    return Matter(
        kind=matter["kind"],
        claims=claims,
        dose_id=matter.get("dose"),
        site_id=site.pk if site else None,
        site_text=matter.get("site_text", ""),
        given_on=_first_day(typed.get("given_on", "")),
        story=story,
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


def _told(typed: dict[str, str], site: Organization | None) -> str:
    """Return the facts of a dose that nobody found on a record yet, as one line."""
    product = typed.get("product", "")
    if product:
        named = Product.objects.filter(code=product).values_list("name", flat=True)
        typed = typed | {"product": named.first() or product}
    if "given_on" in typed:
        day = "/".join(reversed(typed["given_on"].split("-")))
        typed = typed | {"given_on": day}
    if site is not None:
        typed = typed | {"site": site.name}
    return "; ".join(f"{Field(name).label}: {said}" for name, said in typed.items())


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
        is_born_partly=len(contact["born_on"]) < len("1958-03-08"),
        sex=contact["sex"],
        national_id=contact["national_id"],
        phone=telephone,
        relation=answers["relation"],
        channel=channel,
        language=language,
    )


def knows_sender(answers: dict[str, Any]) -> bool:
    """Tell whether step 3 was answered: the telephone is proved, and whose it is said.

    A report put aside has a proved telephone before anybody said whose record it is.
    """
    is_named = answers["person"] is not None or bool(answers["contact"])
    return answers["proof"] is not None and is_named


def born_of(answers: dict[str, Any], *, sees_record: bool) -> str:
    """Return the birth date of whom it is about, as far as known; '' where it is not.

    As claimed in one of the matters, else as on the record if that is open, else as
    typed.
    """
    for matter in answers["matters"]:
        claimed: str = matter.get("claims", {}).get(Field.BORN_ON, "")
        if claimed:
            return claimed
    if answers["person"] is not None and sees_record:
        person, _number = identity.opened(answers["person"])
        return corrections.born_text(person.born_on, person.born_precision)
    typed: str = answers["contact"].get("born_on", "")
    return typed


def is_complete(matter: dict[str, Any]) -> bool:
    """Tell whether step 2 of a matter was answered."""
    return bool(matter.get("done"))


def _first_day(text: str) -> date | None:
    """Return the first day that a date known in part can mean; None if unknown."""
    if not text:
        return None
    parts = [int(part) for part in text.split("-")]
    return date(*(parts + [1, 1])[:3])
