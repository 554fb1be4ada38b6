"""Asking other bodies: who waits for whom, the sheet to print, and their answer.

Two kinds of people come here: those with whom the case lies, and accounts of the body
that was asked. The latter see what stands on the sheet and nothing else of the case.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints import casefile, permissions
from complaints.actions import referrals
from complaints.choices import OPEN, Field, Reply
from complaints.forms.referrals import Answer
from complaints.models import Complaint, Referral
from complaints.rules.refused import Refused
from complaints.worklist import Place
from portal.accounts import access
from portal.accounts.access import READERS, StaffRequest
from portal.audit import record
from portal.common import codes, pdf, scope
from portal.common.http import READ_AND_SEND, see_other
from portal.registry import places
from portal.registry.models import Organization

# For these the body has to know whose number it is.
PERSONAL: Final = frozenset(
    {Field.FULL_NAME, Field.BORN_ON, Field.SEX, Field.NATIONAL_ID}
)
# One page shows so many of each side.
PAGE: Final = 50
# As long as a body that was asked can still answer, unless the case has ended.
_WANTED: Final = (Referral.State.WAITING, Referral.State.EXPIRED)


@require_safe
@access.staff(*READERS)
def index(request: StaffRequest) -> HttpResponse:
    """Show what waits for other bodies, and what this body was asked, late first.

    What was not answered in time can still be, as long as the case is open.
    """
    at = timezone.now()
    typed = request.GET.get("so", "")[:20]
    found = _find(request, codes.clean(typed)) if typed else None
    if found is not None:
        return see_other("casework:referral", number=int(found.number))
    paths = _paths(request)
    with scope.system():
        rows = Referral.objects.select_related(
            "complaint__submission", "complaint__holder"
        )
        held = rows.filter(
            _below("complaint__holder_path", paths), state=Referral.State.WAITING
        )
        asked = rows.filter(
            _below("authority__path", paths),
            state__in=_WANTED,
            complaint__status__in=OPEN,
        )
        context = {
            "ours": _side(request, held, "ours_after"),
            "theirs": _side(request, asked, "theirs_after"),
            "typed": typed,
            "at": at,
        }
    return render(request, "casework/referrals.html", context)


def _side(request: StaffRequest, rows: QuerySet[Referral], name: str) -> dict[str, Any]:
    """Return one side's page, late first, and the addresses beside it.

    ``name``: of the part of the address that says where this side goes on; the other
    side stays where it is.
    """
    query = request.GET.copy()
    query.pop("so", None)
    after = Place.read(query.pop(name, [""])[-1])
    first_url = f"?{query.urlencode()}"
    if after is not None:
        rows = rows.filter(
            Q(expected_at__gt=after.at) | Q(expected_at=after.at, pk__gt=after.pk)
        )
    page = list(rows.order_by("expected_at", "pk")[: PAGE + 1])
    if page[PAGE:]:
        query[name] = str(Place(page[PAGE - 1].expected_at, page[PAGE - 1].pk))
    return {
        "rows": page[:PAGE],
        "first_url": first_url if after is not None else "",
        "next_url": f"?{query.urlencode()}" if page[PAGE:] else "",
    }


@require_http_methods(READ_AND_SEND)
@access.staff(*READERS)
def one(request: StaffRequest, number: int) -> HttpResponse:
    """Show what was asked and take the answer; the look is written down."""
    at = timezone.now()
    referral = _found(request, number)
    form = Answer(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            referrals.answer(
                number=referral.number, by=request.user, at=at, **form.cleaned_data
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Their answer is with the case."))
            return see_other("casework:referrals")
    _note_look(request, referral, at=at)
    with scope.system():
        may = permissions.may_answer(
            request.user, referral.complaint, referral.authority, at=at
        )
    context = _sheet(referral) | {
        "form": form,
        "may_answer": may
        and referral.complaint.is_open
        and referral.state in Referral.UNANSWERED,
        "case_url": _case_url(referral) if _is_ours(request, referral) else "",
        "reply": Reply(referral.reply).label if referral.reply else "",
        "at": at,
    }
    status = 422 if form.is_bound else 200
    return render(request, "casework/referral.html", context, status=status)


@require_safe
@access.staff(*READERS)
def sheet(request: StaffRequest, number: int) -> HttpResponse:
    """Show the sheet as it is printed; the look is written down."""
    referral = _found(request, number)
    _note_look(request, referral, at=timezone.now())
    context = _paper(referral) | {"has_pdf": pdf.is_available()}
    return render(request, "casework/referral_sheet.html", context)


@require_safe
@access.staff(*READERS)
def sheet_file(request: StaffRequest, number: int) -> HttpResponse:
    """Give the sheet as PDF; 404 where none can be made, the page is there then."""
    referral = _found(request, number)
    if not pdf.is_available():
        raise Http404
    _note_look(request, referral, at=timezone.now())
    html = render_to_string("casework/referral_sheet.html", _paper(referral), request)
    response = HttpResponse(pdf.render(html), content_type="application/pdf")
    name = f"phieu-{referral.number}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def bodies_near(complaint: Complaint, *, on: date) -> list[str]:
    """Return the names of the bodies that are asked most: the police where one lives.

    First that of the commune of residence, as it is called today, then the province's.
    """
    person = complaint.submission.person
    home = person.residence if person else None
    named = []
    if home is not None:
        communes = places.today(home)
        named += [
            f"Công an {unit.name[:1].lower()}{unit.name[1:]}" for unit in communes[:3]
        ]
        province = communes[0].path.strip("/").split("/")[0] if communes else ""
        near = Organization.objects.filter(province__code=province)
    else:
        near = Organization.objects.filter(province=complaint.holder.province_id)
    police = near.filter(kind=Organization.Kind.POLICE).order_by("sort_key", "pk")
    return [*named, *(body.name for body in police if body.is_open_on(on))]


def of_case(complaint: Complaint) -> dict[str, Any] | None:
    """Return the newest question about a case to another body, as its page shows it."""
    newest = complaint.referrals.order_by("-pk").first()
    if newest is None or newest.state == Referral.State.TAKEN_BACK:
        return None
    return {
        "authority": newest.authority_name,
        "number": newest.pretty_number,
        "expected_at": newest.expected_at,
        "state": newest.state,
        "state_word": newest.get_state_display(),
        "reply": Reply(newest.reply).label if newest.reply else "",
        "url": reverse("casework:referral", args=[int(newest.number)]),
        "sheet_url": reverse("casework:referral_sheet", args=[int(newest.number)]),
    }


def _paths(request: StaffRequest) -> list[str]:
    return [posting.organization.path for posting in request.postings]


def _below(path: str, beginnings: Iterable[str]) -> Q:
    fitting = Q(pk__in=[])
    for beginning in beginnings:
        fitting |= Q(**{f"{path}__below": beginning})
    return fitting


def _find(request: StaffRequest, number: str) -> Referral | None:
    """Return what bears a number, for those who may see it; None for others."""
    with scope.system():
        found: Referral | None = (
            Referral.objects.filter(number=number)
            .select_related(
                "complaint__submission__person",
                "complaint__holder",
                "complaint__dose__product",
                "complaint__dose__site",
                "event__by",
                "authority",
            )
            .first()
        )
    if found is None or not (_is_ours(request, found) or _is_theirs(request, found)):
        return None
    return found


def _found(request: StaffRequest, number: int) -> Referral:
    referral = _find(request, str(number))
    if referral is None:
        raise Http404
    return referral


def _is_ours(request: StaffRequest, referral: Referral) -> bool:
    """Tell whether the case lies with the reader, or below."""
    return referral.complaint.holder_path.startswith(tuple(_paths(request)))


def _is_theirs(request: StaffRequest, referral: Referral) -> bool:
    """Tell whether the reader's own body was asked, and its answer is still wanted."""
    return (
        referral.authority is not None
        and referral.authority.path.startswith(tuple(_paths(request)))
        and referral.state in _WANTED
        and referral.complaint.is_open
    )


def _sheet(referral: Referral) -> dict[str, Any]:
    """Return what stands on the sheet: who it is about, what is asked, where to send.

    The identity number only where the question is who somebody is.
    """
    case = referral.complaint
    with scope.system():
        file = casefile.read(case)
        asked = [
            row
            for row in file.rows()
            if "claim" in row and row["claim"].field in referral.points
        ]
        number = ""
        if PERSONAL & set(referral.points) and Field.NATIONAL_ID not in referral.points:
            number = _number_of(case)
    return {
        "referral": referral,
        "asked": asked,
        "question": referral.event.note,
        "person": case.submission,
        "number": number,
        "holder": case.holder,
        "asked_at": referral.event.at,
        "asked_by": referral.event.by,
    }


def _paper(referral: Referral) -> dict[str, Any]:
    """Return the sheet in Vietnamese: a paper between authorities, whoever prints."""
    with translation.override("vi"):
        return _sheet(referral) | {
            "answer_at": settings.BASE_URL.rstrip("/") + reverse("casework:referrals"),
        }


def _number_of(case: Complaint) -> str:
    """Return the number on record, else as sent; empty where there is none."""
    person = case.submission.person
    current = person and person.documents.filter(is_current=True).first()
    return current.number if current else case.submission.national_id


def _case_url(referral: Referral) -> str:
    case = referral.complaint
    return reverse("casework:case", args=[int(case.submission.code), case.number])


def _note_look(request: StaffRequest, referral: Referral, *, at: datetime) -> None:
    """Write down that somebody's details were seen on the sheet."""
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=referral.complaint.submission.person_id,
        organization=request.postings[0].organization_id,
        subject="complaints.referral",
        subject_id=referral.pk,
    )
