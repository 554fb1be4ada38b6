"""Taking in what a citizen sends: once per key, one open complaint per matter."""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from complaints import policies, timeline
from complaints.actions import joining, signs_of_fraud, subject_keys
from complaints.actions.reported import (
    MOST_MATTERS,
    NO_TRACES,
    Held,
    Matter,
    Sender,
    Traces,
    Urgent,
)
from complaints.choices import Actor, Field, Kind, Move, Status
from complaints.models import (
    Caveat,
    Claim,
    Complaint,
    Event,
    Evidence,
    Submission,
)
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.common import codes, crypto, names, scope
from portal.registry import corrections
from portal.registry.models import Dose, Organization, Person


@dataclass(frozen=True)
class Submitted:
    """What came of it. ``differs``: the key was used before for something else."""

    submission: Submission
    joined: list[Complaint] = field(default_factory=list)
    is_repeat: bool = False
    differs: bool = False


def submit(
    *,
    key: uuid.UUID,
    sender: Sender,
    matters: Sequence[Matter],
    evidence: Sequence[int] = (),
    urgent: Urgent | None = None,
    traces: Traces = NO_TRACES,
    by: User | None = None,
    at: datetime,
) -> Submitted:
    """Store a submission with its complaints and owe their routing, in one transaction.

    The same key always answers with the same submission. A matter that is open already
    is joined, not filed twice. Raise Refused where there is nothing to file.
    """
    if not matters:
        raise Refused(_("Say at least one thing that is wrong."))
    if len(matters) > MOST_MATTERS:
        raise Refused(_("Send at most ten things at once; send the rest separately."))
    body = subject_keys.of_body(sender, matters)

    def attempt() -> Submitted:
        with scope.system():
            return _repeat(key, body) or _store(
                key=key,
                digest=body[0],
                sender=sender,
                matters=matters,
                evidence=evidence,
                urgent=urgent,
                traces=traces,
                by=by,
                at=at,
            )

    # A second try meets what a parallel one wrote meanwhile: the same key, the same
    # matter, or (once in a billion) the same code.
    for _try in range(2):
        with suppress(IntegrityError):
            return attempt()
    return attempt()


def _repeat(key: uuid.UUID, body: Sequence[bytes]) -> Submitted | None:
    # Nearly always there is none: a whole row is not asked for to learn that.
    if not Submission.objects.filter(key=key).exists():
        return None
    before = Submission.objects.get(key=key)
    return Submitted(
        before,
        joined=[
            j.complaint for j in before.joinings.select_related("complaint__submission")
        ],
        is_repeat=True,
        differs=bytes(before.body_digest) not in body,
    )


def _store(
    *,
    key: uuid.UUID,
    digest: bytes,
    sender: Sender,
    matters: Sequence[Matter],
    evidence: Sequence[int],
    urgent: Urgent | None,
    traces: Traces,
    by: User | None,
    at: datetime,
) -> Submitted:
    # Only details of the person are compared with the person's row.
    needs_person = any(matter.kind == Kind.WRONG_PERSON for matter in matters)
    person = (
        Person.objects.get(pk=sender.person_id)
        if sender.person_id is not None and needs_person
        else None
    )
    signs_of_fraud.bring_along(traces)
    submission = _submission(key, digest, sender, traces, at)
    keyed = subject_keys.of_all(sender, matters)
    subjects = {keys[0]: matter for keys, matter in keyed}
    # Reports from before a change of keys bear a digest under an older one.
    older = {key: keys[0] for keys, _matter in keyed for key in keys}
    subject_keys.bring_along(older)
    # Of two that were opened under two keys one is joined.
    already = joining.lock_open(list(older))
    open_already = {older[bytes(c.subject_key)]: c for c in already}
    joined = list(open_already.values())
    said = {c.pk: subjects.pop(newest) for newest, c in open_already.items()}
    actor = Actor.STAFF if by else Actor.CITIZEN
    complaints = _complaints(submission, subjects, urgent, at)
    Claim.objects.bulk_create(
        claim
        for complaint, matter in zip(complaints, subjects.values(), strict=True)
        for claim in _claims(complaint, matter, person)
    )
    Caveat.objects.bulk_create(
        [
            _caveat(complaint, held)
            for complaint, matter in zip(complaints, subjects.values(), strict=True)
            for held in matter.held
        ]
    )
    timeline.record_many(
        [_event(complaint, Move.SUBMIT, actor, by, at) for complaint in complaints]
        + [
            _event(c, Move.JOIN, actor, by, at, submission=submission.pk)
            for c in joined
        ],
        at=at,
    )
    if joined:
        joining.join(submission, [(c, said[c.pk]) for c in joined], urgent, at=at)
    if evidence:
        # What was refused meanwhile stays behind; the lock decides which is first.
        Evidence.objects.filter(pk__in=evidence, submission=None).exclude(
            state=Evidence.State.REFUSED
        ).update(submission=submission)
    return Submitted(submission, joined=joined)


def _submission(
    key: uuid.UUID, digest: bytes, sender: Sender, traces: Traces, at: datetime
) -> Submission:
    bound = f"submission:{key}"
    return Submission.objects.create(
        key=key,
        body_digest=digest,
        code=codes.new_code(),
        person_id=sender.person_id,
        channel=sender.channel,
        relation=sender.relation,
        language=sender.language,
        full_name=names.tidy(sender.full_name),
        name_folded=names.fold(sender.full_name),
        born_on=sender.born_on,
        sex=sender.sex,
        national_id_sealed=(
            crypto.seal(sender.national_id, bound_to=bound)
            if sender.national_id
            else None
        ),
        national_id_digest=(
            crypto.digest("national_id", sender.national_id)
            if sender.national_id
            else None
        ),
        phone_sealed=crypto.seal(sender.phone, bound_to=bound)
        if sender.phone
        else None,
        phone_digest=crypto.digest("phone", sender.phone) if sender.phone else None,
        vouched_sealed=(
            crypto.seal_json(asdict(sender.vouched), bound_to=bound)
            if sender.vouched
            else None
        ),
        last4_digest=crypto.digest("last4", _four_digits(sender)),
        device_digest=crypto.digest("device", traces.device) if traces.device else None,
        paper_digest=crypto.digest("paper", traces.paper) if traces.paper else None,
        submitted_at=at,
    )


def _four_digits(sender: Sender) -> str:
    """Return what opens the status page beside the code. Raise Refused without it.

    Without a telephone the name is asked for as well (`opening.with_last_four`).
    """
    if sender.phone:
        return sender.phone[-4:]
    if sender.born_on is None:
        raise Refused(_("Without a telephone the birth date is needed."))
    if not names.fold(sender.full_name):
        raise Refused(_("Without a telephone the name is needed."))
    return f"{sender.born_on.year:04d}"


def _complaints(
    submission: Submission,
    subjects: dict[bytes, Matter],
    urgent: Urgent | None,
    at: datetime,
) -> list[Complaint]:
    if not subjects:
        return []
    tray = Organization.objects.get(parent=None)
    doses: dict[int | None, Dose] = {
        dose.pk: dose
        for dose in Dose.objects.filter(
            pk__in=[m.dose_id for m in subjects.values() if m.dose_id]
        ).only("site_id", "given_on", "lot_number")
    }
    return Complaint.objects.bulk_create(
        Complaint(
            submission=submission,
            number=number,
            kind=matter.kind,
            status=Status.RECEIVED,
            dose_id=matter.dose_id,
            subject_key=subject,
            **_session(matter, doses.get(matter.dose_id)),
            site_text=matter.site_text,
            story=matter.story,
            holder=tray,
            holder_path=tray.path,
            submitted_at=at,
            round_started_at=at,
            due_at=policies.of_round(matter.kind, begins=at, body=None)[1],
            urgent_on=urgent.on if urgent else None,
            urgent_reason=urgent.reason if urgent else "",
        )
        for number, (subject, matter) in enumerate(subjects.items(), start=1)
    )


def _session(matter: Matter, dose: Dose | None) -> dict[str, Any]:
    """Return day, site and lot that a matter is about: as claimed, else as recorded."""
    lot = matter.claims.get(Field.LOT) or (dose.lot_number if dose else "")
    return {
        "given_on": matter.given_on or (dose.given_on if dose else None),
        "site_id": matter.site_id or (dose.site_id if dose else None),
        "lot": "".join(lot.upper().split())[:30],
    }


def _claims(complaint: Complaint, matter: Matter, person: Person | None) -> list[Claim]:
    recorded = _recorded(matter, person)
    return [
        Claim(
            complaint=complaint,
            field=name,
            recorded_sealed=crypto.seal(
                recorded.get(name, ""), bound_to=f"recorded:{complaint.pk}:{name}"
            ),
            claimed_sealed=crypto.seal(
                value, bound_to=f"claimed:{complaint.pk}:{name}"
            ),
        )
        for name, value in matter.claims.items()
    ]


def _caveat(complaint: Complaint, held: Held) -> Caveat:
    bound = f"caveat:{complaint.pk}:{held.check}"
    return Caveat(
        complaint=complaint,
        check_name=held.check,
        said_sealed=crypto.seal(held.said, bound_to=bound) if held.said else None,
        reason=held.reason,
    )


def _recorded(matter: Matter, person: Person | None) -> dict[str, str]:
    """Return what is on record beside each claim; nothing for a missing dose."""
    if matter.kind == Kind.WRONG_PERSON and person is not None:
        return {name: corrections.read_person(person, name) for name in matter.claims}
    if matter.dose_id is None:
        return {}
    dose = Dose.objects.select_related("product", "site").get(pk=matter.dose_id)
    return {
        name: corrections.read_dose(dose, name)
        for name in matter.claims
        if name != Field.DOSE
    }


def _event(
    complaint: Complaint,
    move: Move,
    actor: Actor,
    by: User | None,
    at: datetime,
    **data: int,
) -> Event:
    return Event(
        complaint=complaint,
        move=move,
        at=at,
        actor=actor,
        by=by,
        status=complaint.status,
        round=complaint.round,
        holder_id=complaint.holder_id,
        data=data,
    )
