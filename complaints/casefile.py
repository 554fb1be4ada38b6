"""What a case page shows: recorded, claimed and evidence side by side, in words."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from complaints import lookalikes, retold, subjects, surroundings, timeline, voices
from complaints.choices import ADDING, Field, Kind, Move, Outcome, Status
from complaints.models import Claim, Complaint, Event, Evidence, Submission
from complaints.rules import records
from complaints.rules.differences import marked_parts
from complaints.surroundings import LotFacts, SessionFacts
from portal.common import phones
from portal.registry import corrections, countries
from portal.registry.models import (
    Dose,
    Organization,
    Person,
    Product,
    QualityFinding,
)

DOSE_FIELDS = (Field.GIVEN_ON, Field.PRODUCT, Field.LOT, Field.SITE, Field.DOSE_NUMBER)
PERSON_FIELDS = (Field.FULL_NAME, Field.BORN_ON, Field.SEX, Field.NATIONAL_ID)

# Words of lists, where a line has little room.
SHORT_KINDS = {
    Kind.MISSING_DOSE: gettext_lazy("Missing"),
    Kind.WRONG_DOSE: gettext_lazy("Wrong detail"),
    Kind.NOT_MINE: gettext_lazy("Not mine"),
    Kind.DOUBLED_DOSE: gettext_lazy("Twice"),
    Kind.WRONG_PERSON: gettext_lazy("Personal details"),
    Kind.SPLIT_RECORD: gettext_lazy("Two records"),
    Kind.FOREIGN_DOSE: gettext_lazy("Given abroad"),
}
# Moves by which a case comes back for another round.
AGAIN = (Move.DISAGREE, Move.REVERT, Move.REOPEN, Move.PUT_BACK)
# How a step of the timeline is marked; the others are simply done.
STATES = {Move.ESCALATE: "up", Move.HAND_UP: "up", Move.OVERDUE: "late"}


@dataclass
class CaseFile:
    """Everything about one case, read in a fixed number of statements."""

    complaint: Complaint
    claims: list[Claim]
    doses: list[Dose]
    evidence: list[Evidence]
    events: list[Event]
    earlier: list[Complaint]
    products: dict[str, str]
    sites: dict[str, str]
    lots: dict[str, LotFacts] = field(default_factory=dict)
    session: SessionFacts | None = None
    findings: list[QualityFinding] = field(default_factory=list)
    records: dict[str, str] = field(default_factory=dict)

    @property
    def person(self) -> Person | None:
        """Return the record that the sender proved, or None."""
        return self.complaint.submission.person

    @property
    def phone(self) -> str:
        """Return the sender's telephone as people write it, '' where there is none."""
        telephone = self.complaint.submission.phone
        return phones.pretty(telephone) if telephone else ""

    def words(self, field: str, value: str) -> str:
        """Return a claim's canonical text as people write it."""
        if not value:
            return ""
        if field in (Field.GIVEN_ON, Field.BORN_ON):
            return day_words(value)
        if field == Field.PRODUCT:
            return self.products.get(value, value)
        if field == Field.SITE:
            return self.sites.get(value, value)
        if field == Field.COUNTRY:
            return countries.name_of(value)
        if field == Field.SEX:
            return {"M": _("Male"), "F": _("Female")}.get(value, value)
        if field == Field.PHONE:
            return phones.pretty(value)
        if field == Field.DOSE:
            return self._dose_words(value)
        if field == Field.RECORD:
            return self.records.get(value, ", ".join(filter(None, records.read(value))))
        return value

    def round_words(self) -> str:
        """Return which round it is and why it began, as its first move says."""
        number = self.complaint.round
        began = (e for e in self.events if e.round == number and e.move in AGAIN)
        why = next((event.get_move_display() for event in began), "")
        return ": ".join(filter(None, [_("Round %(n)s") % {"n": number}, why]))

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the comparison: claims first, then what stays."""
        rows = [self._row(claim) for claim in self.claims]
        claimed = {claim.field for claim in self.claims}
        dose, person = self.complaint.dose, self.person
        if dose and self.complaint.kind not in ADDING:
            rows += [
                self._same(name, corrections.read_dose(dose, name))
                for name in DOSE_FIELDS
                if name not in claimed
            ]
        if person and not claimed & set(PERSON_FIELDS):
            rows += [
                self._same(name, corrections.read_person(person, name))
                for name in (Field.FULL_NAME, Field.BORN_ON)
            ]
        return rows

    def steps(self) -> list[dict[str, str]]:
        """Return the timeline, newest last."""
        return [
            {
                "state": STATES.get(Move(event.move), "done"),
                "title": event.get_move_display(),
                "time": " · ".join(
                    part
                    for part in (
                        f"{timezone.localtime(event.at):%d/%m/%Y %H:%M}",
                        event.by.full_name if event.by else "",
                        # What was just sent is nobody's yet.
                        "" if event.move == Move.SUBMIT else event.holder.name,
                    )
                    if part
                ),
                "text": retold.words(event),
            }
            for event in self.events
        ]

    def basis(self) -> list[str]:
        """Return what the proposal that waits rests on."""
        return retold.basis(self.events)

    def _row(self, claim: Claim) -> dict[str, Any]:
        recorded, claimed = claim.recorded, claim.claimed
        now = subjects.present(self.complaint, claim.field)
        if now is not None and now != recorded:
            before, recorded = self.words(claim.field, recorded), now
        else:
            before = ""
        shown = self.words(claim.field, recorded), self.words(claim.field, claimed)
        if claim.field == Field.DOSE and not recorded:
            # What is in question is the record of this very dose.
            shown = self._dose_words(""), shown[1]
        state = "differs" if shown[0] else "missing"
        if recorded == claimed:
            state = "same"
        left, right = marked_parts(claim.field, *shown)
        return {
            "claim": claim,
            "label": claim.get_field_display(),
            "state": state,
            "recorded": shown[0],
            "claimed": shown[1],
            "recorded_parts": left,
            "claimed_parts": right,
            "proof": [*_moved(before), *self._proof(claim.field, claim.decided)],
            "decided": self._decided(claim),
        }

    def _decided(self, claim: Claim) -> str:
        """Return what staff put in the place of what was claimed, in words."""
        if claim.decided_sealed is None:
            return ""
        return self.words(claim.field, claim.decided)

    def _same(self, name: str, value: str) -> dict[str, Any]:
        return {
            "label": Field(name).label,
            "state": "same",
            "recorded": self.words(name, value),
            "claimed": "",
            "proof": self._proof(name, value) if name in PERSON_FIELDS else [],
        }

    def _proof(self, name: str, value: str) -> list[dict[str, str]]:
        """Return what the portal itself knows for or against a value."""
        is_abroad = self.complaint.kind == Kind.FOREIGN_DOSE
        if name == Field.LOT and value and not is_abroad:
            return [self._lot_proof(value)]
        if name == Field.PRODUCT:
            named = {claim.decided for claim in self.claims}
            if self.complaint.dose:
                named.add(self.complaint.dose.lot_number)
            lots = {lot.code for number, lot in self.lots.items() if number in named}
            if not lots:
                return []
            fits = lots == {value}
            text = (
                _("The lot is of this vaccine")
                if fits
                else _("The lot is of another vaccine")
            )
            return [{"tone": "ok" if fits else "warn", "text": text}]
        if name == Field.GIVEN_ON and self.session and self.session.total:
            text = ngettext(
                "%(n)s dose is recorded at the site on that day",
                "%(n)s doses are recorded at the site on that day",
                self.session.total,
            )
            return [{"tone": "ok", "text": text % {"n": self.session.total}}]
        if name in PERSON_FIELDS and self.person:
            return [population_proof(self.person, name)]
        return []

    def _lot_proof(self, lot: str) -> dict[str, str]:
        if lot in self.lots and self.lots[lot].deliveries:
            return {"tone": "ok", "text": _("This lot was delivered to the site")}
        if lot in self.lots:
            return {
                "tone": "warn",
                "text": _("This lot exists; no delivery to the site is known"),
            }
        return {"tone": "warn", "text": _("No such lot is known")}

    def _dose_words(self, value: str) -> str:
        if value in self.records:
            return _("It was given to %(who)s") % {"who": self.records[value]}
        if value == "void":
            if self.complaint.kind == Kind.DOUBLED_DOSE:
                return _("Recorded twice: take this one off")
            return _("I did not have this dose")
        dose = self.complaint.dose
        if dose is None:
            return value
        return f"{dose.given_on:%d/%m/%Y}, {dose.product.name}, {dose.where}"


def read(complaint: Complaint) -> CaseFile:
    """Read a case and all that is shown beside it."""
    claims = list(complaint.claims.order_by("pk"))
    submission = complaint.submission
    values = {
        text for one in claims for text in (one.claimed, one.recorded, one.decided)
    }
    dose = complaint.dose
    site_id, day = _where_and_when(complaint, claims)
    said = [claim for claim in claims if claim.field == Field.LOT]
    numbers = {one for claim in said for one in (claim.decided, claim.recorded) if one}
    if dose and dose.lot_number:
        numbers.add(dose.lot_number)
    doses = _doses_of(submission.person_id)
    sites = Organization.objects.filter(
        Q(code__in=values)
        | Q(pk__in={complaint.holder_id, dose.site_id if dose else None})
    )
    return CaseFile(
        complaint=complaint,
        claims=claims,
        doses=doses,
        evidence=voices.photos(complaint),
        events=timeline.read(complaint),
        earlier=_earlier(complaint),
        products=dict(Product.objects.values_list("code", "name")),
        sites={site.code: site.name for site in sites},
        lots=surroundings.lots(numbers, site=site_id),
        session=surroundings.session(site_id, day),
        findings=surroundings.findings(complaint, doses),
        records=_records(claims),
    )


def _records(claims: list[Claim]) -> dict[str, str]:
    """Return the titles of the records that staff chose on a case."""
    chosen = [
        claim.decided
        for claim in claims
        if claim.field in (Field.RECORD, Field.DOSE) and claim.decided_sealed
    ]
    return lookalikes.titles(chosen) if chosen else {}


def _moved(before: str) -> list[dict[str, str]]:
    """Return that the record is not what it was when this was reported."""
    if not before:
        return []
    text = _("Changed since it was reported; it was %(value)s") % {"value": before}
    return [{"tone": "warn", "text": text}]


def population_proof(person: Person, name: str) -> dict[str, str]:
    """Return what the population database said of a field of a record."""
    said = Person.Population(person.population)
    wrong = person.population_wrong.split(",")
    if said == Person.Population.NOT_SENT:
        return {"tone": "info", "text": _("Not yet compared with the register")}
    if said == Person.Population.MATCHED or (
        person.population_wrong and not {name, "national_id"} & set(wrong)
    ):
        return {"tone": "ok", "text": _("Agrees with the population register")}
    if "national_id" in wrong and name != Field.NATIONAL_ID:
        text = _("The register does not know the number, so this was not compared")
        return {"tone": "info", "text": text}
    return {"tone": "warn", "text": _("Does not match population register")}


def day_words(value: str) -> str:
    """Return an ISO day, month or year as people here write it."""
    return "/".join(reversed(value.split("-")))


def status_words(complaint: Complaint) -> str:
    """Return how a case stands, in words for staff (who is it that waits?)."""
    if complaint.outcome:
        return complaint.get_outcome_display()
    if is_paused(complaint):
        return _("Waiting for the citizen")
    return complaint.get_status_display()


def short_detail(complaint: Complaint) -> str:
    """Return which dose a case is about, for one line of a list."""
    if complaint.kind == Kind.WRONG_PERSON:
        return ""
    if complaint.dose_id and complaint.dose and complaint.dose.dose_number:
        return _("dose %(n)s") % {"n": complaint.dose.dose_number}
    if complaint.given_on:
        return f"{complaint.given_on:%d/%m/%Y}"
    return ""


def who(full_name: str, born_on: date | None) -> str:
    """Return a person as staff tell people apart in a list: name, year of birth."""
    return f"{full_name}, {born_on.year}" if born_on else full_name


def is_paused(complaint: Complaint) -> bool:
    """Tell whether the clock waits for the citizen."""
    return complaint.status == Status.WAITING_CITIZEN


def _where_and_when(
    complaint: Complaint, claims: list[Claim]
) -> tuple[int | None, date | None]:
    """Return the site and the day in question: as claimed, else as recorded."""
    claimed = {claim.field: claim.claimed for claim in claims}
    dose = complaint.dose
    site_id = complaint.site_id or (dose.site_id if dose else None)
    day = dose.given_on if dose else complaint.given_on
    if len(claimed.get(Field.GIVEN_ON, "")) == len("2021-09-14"):
        day = date.fromisoformat(claimed[Field.GIVEN_ON])
    return site_id, day


def _doses_of(person_id: int | None) -> list[Dose]:
    if person_id is None:
        return []
    return list(
        Dose.objects.filter(person=person_id)
        .select_related("product", "site")
        .order_by("given_on", "pk")
    )


def _earlier(complaint: Complaint) -> list[Complaint]:
    """Return other cases about the same person that the reader may see."""
    submission = complaint.submission
    about = Q(pk=submission.pk)
    if submission.person_id:
        about |= Q(person=submission.person_id)
    # The few submissions first: an OR across both tables would read all of both.
    sent = Submission.objects.filter(about).values("pk")
    return list(
        Complaint.objects.filter(submission__in=sent)
        .exclude(pk=complaint.pk)
        .select_related("submission")
        .order_by("-submitted_at", "-pk")[:10]
    )


def ended_words(complaint: Complaint) -> str:
    """Return how a case ended, or an empty string while it is open."""
    if complaint.is_open or complaint.ended_at is None:
        return ""
    word = (
        Outcome(complaint.outcome).label
        if complaint.outcome
        else Status(complaint.status).label
    )
    return f"{word}, {timezone.localtime(complaint.ended_at):%d/%m/%Y %H:%M}"
