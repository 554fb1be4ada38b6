"""Q49, Q50, Q52 to Q54: certificates, rows of lists, complaints.

The forms at rest of Q49 and Q50 stand in ``quality.certified``, those of Q52 to Q54
where lists and complaints are decided: complaints/quality.py.
"""

from django.utils.translation import gettext_lazy as _

from portal.registry.quality.rule import (
    YES,
    Case,
    Detail,
    Owner,
    Severity,
    Subject,
    rule,
)


@rule(
    "Q49",
    Severity.WARNING,
    owner=Owner.STATION,
    message=_("The dose is signed, but the person does not match the population data"),
    repair=_("Compare the person anew; no certificate is issued before it matches."),
)
def signed_without_a_match(case: Case) -> Detail | None:
    person = case.person
    is_open = (
        person and person.population not in ("", "matched") and case.dose.is_signed
    )
    return YES if is_open else None


@rule(
    "Q50",
    Severity.WARNING,
    owner=Owner.PORTAL,
    message=_("The certificate is older than the dose that it covers"),
    repair=_("Revoke the certificate and issue it anew."),
)
def certificate_is_stale(case: Case) -> Detail | None:
    certified = case.dose.certified_version
    is_stale = certified is not None and certified < case.dose.version
    return YES if is_stale else None


@rule(
    "Q52",
    Severity.WARNING,
    subject=Subject.ROW,
    owner=Owner.SITE,
    message=_("The row of the list fits two or more people"),
    repair=_("Choose the person on the review page: the row stops, not the file."),
)
def row_fits_several(case: Case) -> Detail | None:
    fits = case.record.fits or 0
    return {"people": fits} if fits > 1 else None


@rule(
    "Q53",
    Severity.WARNING,
    subject=Subject.COMPLAINT,
    owner=Owner.SITE,
    message=_(
        "A complaint claims a dose too near to a recorded one for both to be right"
    ),
    repair=_("Show both to whoever decides the case: one of them is wrong."),
)
def claim_is_too_near(case: Case) -> Detail | None:
    matter = case.record.matter
    if matter is None or matter.claimed_on is None:
        return None
    least = case.limits.number(
        "Q10.interval", on=matter.claimed_on, product=matter.claimed_product
    ) - case.limits.number("Q10.grace", on=matter.claimed_on)
    gaps = [abs((dose.given_on - matter.claimed_on).days) for dose in case.record.doses]
    return {"days": min(gaps)} if gaps and min(gaps) < least else None


@rule(
    "Q54",
    Severity.INFORMATION,
    subject=Subject.SITE,
    owner=Owner.SITE,
    message=_("Several complaints share site, day and lot"),
    repair=_("Repair them together, from the list of that session."),
)
def complaints_alike(case: Case) -> Detail | None:
    matter = case.record.matter
    if matter is None:
        return None
    least = case.limits.number("Q54.complaints", on=case.today)
    return {"complaints": matter.alike} if matter.alike >= least else None
