"""What a Bundle says, or everything that is wrong with it. Pure.

Only Patient and Immunization are read, and of these what the registry keeps; a field
that cannot be kept faithfully is a problem, never dropped in silence where it would
change what is meant (a status, a date, a number).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.utils import timezone

from portal.registry import countries, fhir
from portal.registry.imports.bundles import parts
from portal.registry.imports.country import lines
from portal.registry.imports.country.lines import Refusal

T = TypeVar("T")

_STATUSES = {word: ours for ours, word in fhir.STATUSES.items()}
_SEXES = {word: ours for ours, word in fhir.GENDERS.items()} | {"other": ""}
_SOURCES = frozenset(
    {"service", "late_entry", "upload", "self_report", "foreign", "trial"}
)


class Problem(NamedTuple):
    """What is wrong: the entry (from 1; 0 is the bundle), the field, a reason code."""

    entry: int
    field: str
    reason: str


class BadBundle(Exception):
    """A bundle of which nothing is taken in, with everything that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True)
class Codes:
    """What the registry knows by code. ``cvx``: only codes of one product."""

    products: frozenset[str]
    cvx: Mapping[str, str]
    sites: frozenset[str]
    units: frozenset[str]


@dataclass(frozen=True)
class Patient:
    """A person as the bundle has them; the first number and telephone are in force."""

    entry: int
    ref: UUID
    full_name: str
    born_on: str
    sex: str
    numbers: tuple[str, ...]
    phones: tuple[str, ...]
    residence: str


@dataclass(frozen=True)
class Immunization:
    """A dose as the bundle has it; ``patient`` is None where nobody is named.

    With a ``country`` it was given abroad, and the site only put it on record.
    """

    entry: int
    ref: UUID
    patient: UUID | None
    name: str
    status: str
    given_on: str
    product: str
    site: str
    lot: str
    dose_number: str
    source: str
    recorded_at: datetime | None
    country: str = ""


@dataclass
class Contents:
    """People and doses of a bundle, in its order."""

    patients: list[Patient] = field(default_factory=list)
    immunizations: list[Immunization] = field(default_factory=list)


def read(bundle: Any, *, codes: Codes, at: datetime) -> Contents:
    """Read a parsed bundle. Raise BadBundle with all that is wrong."""
    problems: list[Problem] = []
    contents = Contents()
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise BadBundle([Problem(0, "resourceType", "not_a_bundle")])
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or not entries:
        raise BadBundle([Problem(0, "entry", "empty")])
    seen: set[UUID] = set()
    for number, entry in enumerate(entries, 1):
        reader = _Entry(number, codes, at, problems)
        found = reader.read(entry)
        if found is None:
            continue
        if found.ref in seen:
            reader.wrong("fullUrl", "twice")
        seen.add(found.ref)
        if isinstance(found, Patient):
            contents.patients.append(found)
        else:
            contents.immunizations.append(found)
    known = {patient.ref: patient for patient in contents.patients}
    for dose in contents.immunizations:
        if dose.patient is None:
            continue
        if dose.patient not in known:
            problems.append(
                Problem(dose.entry, "Immunization.patient", "not_in_bundle")
            )
        elif known[dose.patient].born_on > dose.given_on:
            problems.append(
                Problem(dose.entry, "Immunization.occurrenceDateTime", "before_birth")
            )
    if problems:
        raise BadBundle(sorted(problems))
    return contents


class _Entry:
    """Reads one entry, noting what is wrong instead of stopping at it."""

    def __init__(
        self, number: int, codes: Codes, at: datetime, problems: list[Problem]
    ) -> None:
        self.number, self.codes, self.at = number, codes, at
        self.problems = problems

    def wrong(self, name: str, reason: str) -> None:
        """Note a problem of this entry."""
        self.problems.append(Problem(self.number, name, reason))

    def read(self, entry: Any) -> Patient | Immunization | None:
        """Return what the entry holds, as far as it can be read."""
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            self.wrong("resource", "missing")
            return None
        request = entry.get("request")
        if isinstance(request, dict) and request.get("method") == "DELETE":
            # Nothing on record is deleted; a void dose says entered-in-error.
            self.wrong("request.method", "delete")
        kind = resource.get("resourceType")
        if kind not in ("Patient", "Immunization"):
            self.wrong("resource.resourceType", "not_supported")
            return None
        ref = self._ref(entry, resource)
        if kind == "Patient":
            return self._patient(resource, ref)
        return self._immunization(resource, ref)

    def _ref(self, entry: dict[str, Any], resource: dict[str, Any]) -> UUID:
        for text in (entry.get("fullUrl"), resource.get("id")):
            ref = parts.uuid_of(text)
            if ref is not None:
                return ref
        self.wrong("fullUrl", "not_a_uuid")
        return UUID(int=0)

    def _patient(self, resource: dict[str, Any], ref: UUID) -> Patient:
        said = _Said(self, "Patient")
        if resource.get("active") is False:
            said.wrong("active", "not_kept")
        for name in ("deceasedBoolean", "deceasedDateTime", "link"):
            # Of a death or of another record of the same person nothing is kept.
            if resource.get(name) not in (None, False, []):
                said.wrong(name, "not_kept")
        called = parts.first_of(resource.get("name"))
        text = called.get("text") or " ".join(
            str(part)
            for part in (called.get("family", ""), *parts.list_of(called.get("given")))
        )
        numbers, phones = [], []
        for n, one in enumerate(
            parts.in_order(resource.get("identifier"), parts.is_old)
        ):
            place = f"identifier[{n}].value"
            kind = fhir.kind_of(one.get("system"))
            if kind is None:
                said.wrong(f"identifier[{n}].system", "unknown")
                continue
            number = said.take(place, lines.read_number, parts.text_in(one, "value"))
            if number is not None:
                numbers.append(number[1])
        for n, one in enumerate(parts.in_order(resource.get("telecom"), parts.rank)):
            if one.get("system") != "phone":
                said.wrong(f"telecom[{n}].system", "not_supported")
                continue
            phone = said.take(
                f"telecom[{n}].value", lines.read_phone, parts.text_in(one, "value")
            )
            if phone is not None:
                phones.append(phone)
        spelled = said.take("name", lines.spell, str(text).strip())
        born = said.take(
            "birthDate", lines.read_born, parts.text_in(resource, "birthDate")
        )
        if born is not None and born[0] > timezone.localdate(self.at).isoformat():
            said.wrong("birthDate", "future")
        gender = resource.get("gender", "unknown")
        if not isinstance(gender, str) or gender not in _SEXES:
            said.wrong("gender", "unknown")
        return Patient(
            self.number,
            ref,
            spelled.full_name if spelled else "",
            parts.text_in(resource, "birthDate"),
            _SEXES.get(str(gender), ""),
            tuple(dict.fromkeys(numbers)),
            tuple(dict.fromkeys(phones)),
            self._residence(resource, said),
        )

    def _residence(self, resource: dict[str, Any], said: "_Said") -> str:
        for extension in parts.list_of(
            parts.first_of(resource.get("address")).get("extension")
        ):
            if isinstance(extension, dict) and extension.get("url") == fhir.UNIT:
                code = str(extension.get("valueCode", ""))
                if code not in self.codes.units:
                    said.wrong("address[0].extension", "unknown")
                return code
        return ""

    def _immunization(self, resource: dict[str, Any], ref: UUID) -> Immunization:
        said = _Said(self, "Immunization")
        status = _STATUSES.get(str(resource.get("status")), "")
        if not status:
            said.wrong("status", "unknown")
        given = said.take(
            "occurrenceDateTime",
            _day_here,
            parts.text_in(resource, "occurrenceDateTime"),
        )
        if given is not None and given > timezone.localdate(self.at).isoformat():
            said.wrong("occurrenceDateTime", "future")
        site, country = self._where(resource, said)
        lot = parts.text_in(resource, "lotNumber")
        lot = (said.take("lotNumber", lines.read_lot, lot) or "") if lot else ""
        patient, name = self._whose(resource, said)
        return Immunization(
            self.number, ref, patient, name, status, given or "",
            self._product(resource, said), site, lot,
            self._dose_number(resource, said), self._source(resource, said),
            self._recorded(resource, said), country,
        )  # fmt: skip

    def _where(self, resource: dict[str, Any], said: "_Said") -> tuple[str, str]:
        """Return the site, and the country of a dose that it only put on record."""
        location = parts.object_in(resource, "location")
        identifier = parts.object_in(location, "identifier")
        site, country = parts.text_in(identifier, "value"), ""
        place = "location.identifier.value"
        if identifier.get("system") == fhir.COUNTRY:
            country, site = site, ""
            if country not in countries.NAMES:
                said.wrong(place, "unknown")
            place = "location.extension"
            for extension in parts.list_of(location.get("extension")):
                if isinstance(extension, dict) and extension.get("url") == fhir.SITE:
                    site = parts.text_in(extension, "valueString")
        if site not in self.codes.sites:
            said.wrong(place, "unknown" if site else "missing")
        return site, country

    def _product(self, resource: dict[str, Any], said: "_Said") -> str:
        codings = parts.list_of(parts.object_in(resource, "vaccineCode").get("coding"))
        for wanted in (fhir.PRODUCT, fhir.CVX):
            for coding in codings:
                if isinstance(coding, dict) and coding.get("system") == wanted:
                    code = str(coding.get("code"))
                    if wanted == fhir.CVX:
                        code = self.codes.cvx.get(code, "")
                    if code in self.codes.products:
                        return code
                    said.wrong("vaccineCode.coding.code", "unknown")
                    return ""
        said.wrong("vaccineCode", "unknown")
        return ""

    def _whose(
        self, resource: dict[str, Any], said: "_Said"
    ) -> tuple[UUID | None, str]:
        patient = parts.object_in(resource, "patient")
        name = parts.text_in(patient, "display")
        if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in name):
            # No letters: the database takes neither.
            said.wrong("patient.display", "encoding")
        if "reference" not in patient:
            if not name:
                said.wrong("patient", "missing")
            return None, name
        ref = parts.uuid_of(str(patient["reference"]).removeprefix("Patient/"))
        if ref is None:
            said.wrong("patient.reference", "not_a_uuid")
        return ref, name

    def _dose_number(self, resource: dict[str, Any], said: "_Said") -> str:
        if not resource.get("protocolApplied"):
            return ""
        number = parts.first_of(resource.get("protocolApplied")).get(
            "doseNumberPositiveInt"
        )
        # True and 1.0 equal 1, and are no such numbers.
        if type(number) is not int or number not in range(1, 10):
            said.wrong("protocolApplied[0].doseNumberPositiveInt", "unknown")
            return ""
        return str(number)

    def _source(self, resource: dict[str, Any], said: "_Said") -> str:
        for coding in parts.list_of(
            parts.object_in(resource, "reportOrigin").get("coding")
        ):
            if isinstance(coding, dict) and coding.get("system") == fhir.SOURCE:
                source = str(coding.get("code"))
                if source not in _SOURCES:
                    said.wrong("reportOrigin.coding.code", "unknown")
                return source
        return "upload" if resource.get("primarySource") is not False else "self_report"

    def _recorded(self, resource: dict[str, Any], said: "_Said") -> datetime | None:
        if "recorded" not in resource:
            return None
        try:
            moment = datetime.fromisoformat(parts.text_in(resource, "recorded"))
        except ValueError:
            said.wrong("recorded", "format")
            return None
        if moment.tzinfo is None or moment > self.at:
            said.wrong("recorded", "zone" if moment.tzinfo is None else "future")
            return None
        return moment


class _Said:
    """Notes problems of a resource by the names of its fields."""

    def __init__(self, entry: _Entry, kind: str) -> None:
        self._entry, self._kind = entry, kind

    def wrong(self, name: str, reason: str) -> None:
        """Note a problem of a field."""
        self._entry.wrong(f"{self._kind}.{name}", reason)

    def take(self, name: str, read: Callable[..., T], *words: str) -> T | None:
        """Return what a reader makes of words, None with its refusal noted."""
        try:
            return read(*words)
        except Refusal as refusal:
            self.wrong(name, refusal.reason)
            return None


def _day_here(text: str) -> str:
    """Return the day in Vietnam on which an instant lies; a day alone is that day.

    Raise Refusal, also for a time of day without its zone.
    """
    if len(text) <= len("2021-08-13"):
        return lines.read_day(text, "given_on")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal("given_on", "format") from error
    if moment.tzinfo is None:
        raise Refusal("given_on", "zone")
    try:
        day = timezone.localdate(moment)
    except OverflowError as error:
        # The end of the year 9999 lies beyond it here.
        raise Refusal("given_on", "format") from error
    return lines.read_day(day.isoformat(), "given_on")
