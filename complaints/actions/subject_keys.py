"""What makes two reports the same matter: a keyed digest of whose, what, about what."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import count, product
from typing import Final

from complaints.actions.reported import MOST_MATTERS, Matter, Sender
from complaints.choices import ADDING, OPEN, Field, Kind
from complaints.models import Complaint
from portal.common import crypto, names

BY_FIELD: Final = frozenset({Kind.WRONG_DOSE, Kind.WRONG_PERSON})
_OF_PERSON: Final = frozenset({Kind.WRONG_PERSON, Kind.SPLIT_RECORD})


def of(sender: Sender, matter: Matter, *, nth: int = 1) -> list[bytes]:
    """Return the key of a matter under every index key, the newest first.

    ``nth``: which it is of several in one report that look alike (``of_all``).
    """
    whose = (
        _of_person(sender.person_id)
        if sender.person_id is not None
        else _of_typed(
            sender.national_id,
            names.fold(sender.full_name),
            sender.born_on,
            # Namesakes born in one year are many: without a number they count as one
            # person only where they are written to at one telephone.
            sender.phone if sender.is_born_partly else "",
        )
    )
    which = (
        _of_dose(matter.dose_id)
        if matter.dose_id is not None
        else _of_facts(
            matter.claims, matter.given_on or "", matter.site_id or "", matter.site_text
        )
    )
    return crypto.digests(
        "subject", _text(whose, matter.kind, which, matter.claims, nth)
    )


def of_all(
    sender: Sender, matters: Sequence[Matter]
) -> list[tuple[list[bytes], Matter]]:
    """Return the matters of one report, each with its key under every index key.

    Two doses of which somebody knows the year alone look alike and are two: the second
    has a key of its own. Only what is said twice of the very same thing is one matter,
    with the words of both.
    """
    found: dict[bytes, tuple[list[bytes], Matter]] = {}
    for matter in matters:
        for nth in count(1):
            keys = of(sender, matter, nth=nth)
            before = found.setdefault(keys[0], (keys, matter))
            if before[1] is matter:
                break
            if _is_one_thing(matter) and _is_same(before[1], matter):
                found[keys[0]] = (keys, _both(before[1], matter))
                break
    return list(found.values())


def _is_same(one: Matter, other: Matter) -> bool:
    """Tell whether two matters say the same, in whatever words."""
    return replace(one, story=other.story, held=other.held) == other


def _both(one: Matter, other: Matter) -> Matter:
    """Return one matter for two that say the same, with the words of both."""
    stories = filter(None, dict.fromkeys([one.story, other.story]))
    held = {said.check: said for said in (*other.held, *one.held)}
    return replace(one, story="\n".join(stories), held=tuple(held.values()))


def _is_one_thing(matter: Matter) -> bool:
    return matter.dose_id is not None or matter.kind in _OF_PERSON


def of_body(sender: Sender, matters: Sequence[Matter]) -> list[bytes]:
    """Return what tells one whole report from another, under every index key."""
    body = [asdict(sender), [asdict(matter) for matter in matters]]
    return crypto.digests("body", json.dumps(body, sort_keys=True, default=str))


def renewed(complaint: Complaint) -> bytes | None:
    """Return the key of a stored report under the newest index key.

    ``complaint`` with its submission and claims. None where it cannot be told any more
    what was sent: whose record it is, and facts that staff filled in, may have been
    added since, so that each is tried with and without.
    """
    found = _found(complaint)
    return found[0] if found else None


def under_all(complaint: Complaint) -> list[bytes]:
    """Return the key of a stored report under every index key, to find its like.

    Only its own where no other is about, or where it cannot be told any more.
    """
    found = _found(complaint) if crypto.has_older_keys() else []
    return found or [bytes(complaint.subject_key)]


def bring_along(known: Mapping[bytes, bytes]) -> None:
    """Bring ended reports under the newest key, as what they are about is at hand.

    ``known``: key of a matter under any index key -> under the newest. Without this a
    matter reported again while keys change would not count as such.
    """
    for key, newest in known.items():
        if key != newest:
            same = Complaint.objects.filter(subject_key=key)
            same.exclude(status__in=OPEN).update(subject_key=newest)


def _found(complaint: Complaint) -> list[bytes]:
    stored = bytes(complaint.subject_key)
    for text in _texts(complaint):
        under_every_key = crypto.digests("subject", text)
        if stored in under_every_key:
            return under_every_key
    return []


def _texts(complaint: Complaint) -> Iterator[str]:
    sent = complaint.submission
    claims = {claim.field: claim.claimed for claim in complaint.claims.all()}
    people = [
        _of_typed(sent.national_id, sent.name_folded, sent.born_on, phone)
        for phone in dict.fromkeys(("", sent.phone))
    ]
    if sent.person_id is not None:
        people.insert(0, _of_person(sent.person_id))
    about = []
    if complaint.dose_id is not None and complaint.kind not in ADDING:
        about = [_of_dose(complaint.dose_id)]
    else:
        for days, products, numbers, on, site in product((1, 0), repeat=5):
            said: dict[str, str] = {
                Field.GIVEN_ON: claims.get(Field.GIVEN_ON, "") if days else "",
                Field.PRODUCT: claims.get(Field.PRODUCT, "") if products else "",
                Field.DOSE_NUMBER: (
                    claims.get(Field.DOSE_NUMBER, "") if numbers else ""
                ),
            }
            about.append(
                _of_facts(
                    said,
                    (complaint.given_on or "") if on else "",
                    (complaint.site_id or "") if site else "",
                    complaint.site_text,
                )
            )
    for nth, whose, which in product(range(1, MOST_MATTERS + 1), people, about):
        yield _text(whose, complaint.kind, which, claims, nth)


def _text(
    whose: str, kind: str, which: str, claims: Mapping[str, str], nth: int
) -> str:
    # The fields belong to it: what is newly claimed must not vanish in an older matter.
    fields = ",".join(sorted(claims)) if kind in BY_FIELD else ""
    text = f"{whose}|{kind}|{which}|{fields}"
    return text if nth == 1 else f"{text}|{nth}"


def _of_typed(number: str, folded: str, born_on: object, phone: str) -> str:
    text = f"{number or folded}|{born_on}"
    return f"{text}|{phone}" if phone and not number else text


def _of_person(person_id: int | None) -> str:
    return f"person:{person_id}"


def _of_dose(dose_id: int) -> str:
    return f"dose:{dose_id}"


def _of_facts(
    claims: Mapping[str, str], given_on: object, site_id: object, site_text: str
) -> str:
    day = claims.get(Field.GIVEN_ON, "")
    # Nobody has two doses on one day; of a year or a month the number tells them apart.
    is_exact = len(day) == len("2021-12-31")
    number = "" if is_exact else claims.get(Field.DOSE_NUMBER, "")
    return "|".join(
        [claims.get(name, "") for name in (Field.GIVEN_ON, Field.PRODUCT)]
        + [str(given_on), str(site_id), site_text]
        + ([number] if number else [])
    )
