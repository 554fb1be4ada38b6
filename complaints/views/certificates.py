"""Certificates: one's own with its QR code; anybody's checked; the revoked ones."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import segno
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_safe,
)

from complaints.forms.certificates import CertificateForm
from complaints.views import limits
from complaints.views.cards import day, partial_day
from portal.accounts import access
from portal.common import scope, slots
from portal.common.http import READ_AND_SEND, see_other
from portal.registry.certificates import hc1, issuing
from portal.registry.models import Certificate, Person, Product

PAGE: Final = 1000
# A picture takes about this long.
_BUSY_SECONDS: Final = 3
# What is revoked in a moment may be written a little later than it says.
_SETTLED: Final = timedelta(seconds=60)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS: Final = {
    "not_set_up": gettext_lazy("Certificates are not issued here yet."),
    "no_doses": gettext_lazy("No dose is on record yet, so there is no certificate."),
    "not_matched": gettext_lazy(
        "Your details must agree with the population register first."
    ),
    "another_name": gettext_lazy(
        "A dose bears another name. Report it, then its site corrects it."
    ),
    "vaccine": gettext_lazy(
        "This vaccine is not in the international list, so no code can be made."
    ),
    "country": gettext_lazy(
        "The country of the last dose has no code on record, so none can be made."
    ),
}


@require_http_methods(READ_AND_SEND)
@access.citizen
def own(request: HttpRequest) -> HttpResponse:
    """Show the certificate of the open record; make one when the button is pressed."""
    person_id = request.session.get("person")
    if person_id is None:
        return redirect("citizen:lookup")
    person = Person.objects.get(pk=person_id)
    at = timezone.now()
    missing = ""
    if request.method == "POST":
        try:
            issuing.issue(person.surviving_id, at=at)
        except issuing.CannotIssue as step:
            missing = str(_STEPS[str(step)])
        else:
            return see_other("citizen:certificate")
    found = issuing.in_force(person.surviving_id)
    context: dict[str, Any] = {"missing": missing, "certificate": None}
    if found is not None:
        context["certificate"] = _shown(found, at=at)
        context["qr"] = _qr(found.text)
    status = 422 if missing else 200
    return render(request, "citizen/certificate.html", context, status=status)


@require_http_methods(READ_AND_SEND)
@access.outside
def check(request: HttpRequest) -> HttpResponse:
    """Check any HC1 certificate: who signed it, until when, what it says.

    No transaction is open while a picture is decoded.
    """
    at, seconds = timezone.now(), 0
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = CertificateForm(*sent)
    found: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        too_many = limits.over(
            request, (limits.CERTIFICATES, limits.address(request)), at=at
        )
        if too_many:
            return too_many
        text, seconds = _text_of(request, form, at=at)
        try:
            with scope.citizen(access.submissions_of(request)):
                found = checked(issuing.read(text), at=at) if text else None
        except hc1.Unreadable:
            form.add_error(
                "picture" if form.cleaned_data["picture"] else "text",
                _("This is no vaccination certificate. Its text begins with HC1:"),
            )
    status = 422 if request.method == "POST" and form.errors else 200
    context = {"form": form, "found": found}
    response = render(
        request,
        "citizen/certificate_check.html",
        context,
        status=429 if seconds else status,
    )
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


def _text_of(
    request: HttpRequest, form: CertificateForm, *, at: datetime
) -> tuple[str, int]:
    """Return the text to check, and the seconds to wait where a picture must.

    Of all processes one decodes at a time, so that others go on answering.
    """
    if form.cleaned_data["picture"] is None:
        return form.code(), 0
    seconds = limits.seconds_over(
        limits.CERTIFICATE_PICTURES, limits.address(request), at=at
    )
    if seconds:
        words = _(
            "Many pictures came from your network. Paste the text of the code below."
        )
        form.add_error("picture", words)
        return "", seconds
    with slots.hold("certificate pictures", most=1) as is_free:
        if is_free:
            return form.code(), 0
    words = _(
        "Another picture is being read. Try again in a moment, or paste the text below."
    )
    form.add_error("picture", words)
    return "", _BUSY_SECONDS


@require_safe
@access.public
def revoked(request: HttpRequest) -> JsonResponse:
    """List what was revoked: digests of identifiers, in the order of revocation.

    ``after`` is the place that the page before gave.
    """
    after = request.GET.get("after", "")
    rows = issuing.revoked(
        after=_place(after) if after else None,
        until=timezone.now() - _SETTLED,
        limit=PAGE,
    )
    return JsonResponse(
        {
            "digest": "sha256 of the identifier, first 16 bytes",
            "revoked": [
                {
                    "digest": bytes(row.revocation).hex(),
                    "at": row.revoked_at.isoformat() if row.revoked_at else "",
                }
                for row in rows
            ],
            "after": _place_of(rows[-1]) if rows else after,
        }
    )


def _place(text: str) -> tuple[datetime, int]:
    """Return a place in the list. Raise Http404 for what we never gave."""
    micros, _dash, key = text.partition("-")
    if not (_is_number(micros) and _is_number(key)):
        raise Http404
    return _EPOCH + timedelta(microseconds=int(micros)), int(key)


def _place_of(certificate: Certificate) -> str:
    assert certificate.revoked_at is not None
    since = certificate.revoked_at - _EPOCH
    return f"{since // timedelta(microseconds=1)}-{certificate.pk}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


def _shown(certificate: Certificate, *, at: datetime) -> dict[str, Any]:
    """Return a certificate of ours as its owner sees it."""
    return checked(issuing.read(certificate.text), at=at)


def checked(read: hc1.Read, *, at: datetime) -> dict[str, Any]:
    """Return what a certificate says and whether it is genuine, in words."""
    said = read.content
    # Anybody's text: every part may be anything.
    name = said.get("nam")
    name = name if isinstance(name, dict) else {}
    kind, entry = _entry(said)
    identifier = str(entry.get("ci", ""))
    tone, verdict = _verdict(read, identifier, at=at)
    rows = [
        (_("What it certifies"), str(_KINDS[kind]) if kind else ""),
        (
            _("Full name"),
            " ".join(str(name[part]) for part in ("fn", "gn") if name.get(part)),
        ),
        (_("Birth date"), partial_day(str(said.get("dob", "")))),
        *_facts(kind, entry),
        (_("Country"), str(entry.get("co", ""))),
        (_("Issued by"), str(entry.get("is", ""))),
        (_("Identifier"), identifier),
        (_("Issued on"), day(timezone.localdate(read.issued_at))),
        (_("Valid until"), day(timezone.localdate(read.expires_at))),
    ]
    return {
        "tone": tone,
        "verdict": verdict,
        "is_valid": tone == "ok",
        "rows": [(label, str(value)) for label, value in rows if value],
    }


# What an HC1 certificate may be of, by its part (EU DCC schema 1.3.0).
_KINDS: Final = {
    "v": gettext_lazy("Vaccination"),
    "r": gettext_lazy("Recovery from the illness"),
    "t": gettext_lazy("Test for the virus"),
}
_RESULTS: Final = {
    "260415000": gettext_lazy("Not detected"),
    "260373001": gettext_lazy("Detected"),
}


def _entry(said: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return of what a certificate is, and the first entry; '' and {} for none."""
    for kind in _KINDS:
        entries = said.get(kind)
        if isinstance(entries, list) and entries and isinstance(entries[0], dict):
            return kind, entries[0]
    return "", {}


def _facts(kind: str, entry: dict[str, Any]) -> list[tuple[str, str]]:
    if kind == "v":
        return [
            (_("Vaccine"), _product(str(entry.get("mp", "")))),
            (
                _("Dose number"),
                _("%(n)s of %(all)s") % {"n": entry.get("dn"), "all": entry.get("sd")},
            ),
            (_("Date given"), partial_day(str(entry.get("dt", "")))),
        ]
    if kind == "r":
        return [
            (_("First positive test"), partial_day(str(entry.get("fr", "")))),
            (_("Holds from"), partial_day(str(entry.get("df", "")))),
            (_("Holds until"), partial_day(str(entry.get("du", "")))),
        ]
    result = str(entry.get("tr", ""))
    return [
        (_("Sample taken"), partial_day(str(entry.get("sc", ""))[:10])),
        (_("Result of the test"), str(_RESULTS.get(result, result))),
    ]


def _verdict(read: hc1.Read, identifier: str, *, at: datetime) -> tuple[str, str]:
    if read.is_signed is None and issuing.signer_of(read):
        return "warn", _(
            "Its signer could not sign this on that day, so it does not count."
        )
    if read.is_signed is None:
        return "warn", _("We do not know who signed it, so it cannot be checked here.")
    if not read.is_signed:
        return "bad", _("The signature is wrong: this certificate was forged.")
    other = issuing.signer_of(read)
    standing = issuing.Standing.IN_FORCE if other else issuing.standing(identifier)
    if standing == issuing.Standing.NOT_OURS:
        return "bad", _("It bears our signature, but we never issued it.")
    if standing == issuing.Standing.REVOKED:
        return "bad", _("It was revoked: the record was corrected since.")
    if read.expires_at <= at:
        return "warn", _("It has ended. A new one can be made.")
    if standing == issuing.Standing.DOUBTED:
        return "warn", _(
            "The record was just changed. Check again in a few minutes whether this"
            " still holds."
        )
    if other:
        words = _(
            "Genuine: signed by %(who)s, and in force. Whether it was revoked there is"
            " not known here."
        )
        return "ok", words % {"who": other}
    return "ok", _("Genuine: signed by the Ministry of Health, and in force.")


def _product(medicinal: str) -> str:
    code = issuing.product_of(medicinal)
    found = Product.objects.filter(code=code).first() if code else None
    return found.name if found else medicinal


def _qr(text: str) -> SafeString:
    """Return the certificate's QR code as SVG; it is made of numbers only."""
    drawing = segno.make_qr(text, error="m").svg_inline(
        scale=3, border=4, omitsize=True, svgclass=None, lineclass=None
    )
    label = _("QR code of the certificate")
    named = drawing.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return mark_safe(named)  # noqa: S308  -- drawn by segno from our own text
