"""People and doses as FHIR R4: names of our code systems, and our words in FHIR.

CVX is the US list of vaccines (public domain); FHIR's own value sets come from
hl7.org/fhir/R4. The other systems are ours, so that a bundle says everything that the
registry does.
"""

from typing import Final

CVX: Final = "http://hl7.org/fhir/sid/cvx"
PRODUCT: Final = "urn:x-dumui:product"
SITE: Final = "urn:x-dumui:organization"
COUNTRY: Final = "urn:iso:std:iso:3166"
UNIT: Final = "urn:x-dumui:administrative-unit"
SOURCE: Final = "urn:x-dumui:dose-source"
_NUMBER: Final = "urn:x-dumui:identity:"

STATUSES: Final = {
    "completed": "completed",
    "entered_in_error": "entered-in-error",
    "not_done": "not-done",
}
GENDERS: Final = {"M": "male", "F": "female", "": "unknown"}
# Who gave the dose reported it; the rest is secondhand (Immunization.primarySource).
PRIMARY: Final = frozenset({"service", "late_entry", "upload"})


def of_number(kind: str) -> str:
    """Return the system of a kind of identity number."""
    return f"{_NUMBER}{kind}"


def kind_of(system: object) -> str | None:
    """Return the kind of identity number that a system stands for, None for others."""
    if isinstance(system, str) and system.startswith(_NUMBER):
        return system.removeprefix(_NUMBER)
    return None
