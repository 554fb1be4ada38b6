"""Step 3 of a report, for who has a paper: photos of it, and what stands on it.

What was typed before is compared with the paper here, so that nobody is refused later
for a slip of the finger. Nothing is insisted on: who holds to it says why.
"""

import uuid
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from complaints.actions import drafts, evidence
from complaints.choices import Check, Field
from complaints.forms.paper import ALTERED, APP, COVERED, FORM, OTHER, SLIP, PaperForm
from complaints.models import Draft
from complaints.rules.plausibility import Doubt
from complaints.views import cards, doubts, drafting, own, photos, slips
from complaints.views.photos import Photo
from portal.accounts import access
from portal.common.http import READ_AND_SEND, see_other
from portal.registry import identity

# In the address of this page: what turned out since is asked at once.
ASK: Final = "hoi"


@require_http_methods(READ_AND_SEND)
@access.public
def paper(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Show the photos of the paper, take more, ask what stands on it, and go on."""
    at = timezone.now()
    today = timezone.localdate(at)
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    had_photos = row.evidence.exists()
    asks = had_photos and drafts.knows_sender(answers) and _is_about_a_dose(answers)
    data = doubts.taken(request) if request.method == "POST" else None
    form = _form(request, data, answers, asks=asks)
    sees = drafting.sees_record(request, answers)
    told = slips.read(data, answers, sees_record=sees, today=today) if asks else []
    for one in [form, *(slip.form for slip in told)]:
        own.refill(request, one, answers)
    is_whole = data is not None and form.is_valid() and all(s.is_valid() for s in told)
    is_kept = data is not None and photos.take(request, form, row, at=at)
    goes_on = data is not None and data.get("action") != "look" and not is_kept
    asked = unasked(row, answers) if ASK in request.GET and data is None else []
    if data is not None and is_whole:
        _keep(answers, form, told)
        own.answered(request, answers)
        drafts.save(row, answers)
    if is_kept and not form.errors:
        return see_other(drafting.step(draft, "paper"))
    shown = photos.of_draft(row)
    if asks and goes_on and is_whole and not form.errors:
        asked = _of_paper(form, shown)
        asked += [doubt for slip in told for doubt in slip.doubts(today=today)]
        _require_kind(form)
    elif goes_on and is_whole and not form.errors:
        asked = _of_photos(shown)
    if goes_on and is_whole and not form.errors:
        is_chosen = all(slip.is_chosen for slip in told)
        if is_chosen and (not asked or doubts.are_answered(request, asked)):
            _settle(request, answers, asked, told)
            drafts.save(row, answers)
            return see_other(_onward(draft, answers))
    before = next((h["reason"] for h in answers.get("paper", {}).get("held", ())), "")
    context = doubts.context(request, asked, before=before) | {
        "form": form,
        "draft": draft,
        "photos": shown,
        "slips": told,
        "asks": asks,
        "must_choose": [s for s in told if s.differing and not s.is_chosen],
        "is_checking": any(photo.state == "quarantined" for photo in shown),
        "may_add": len(shown) < evidence.MAX_FILES,
        "back": drafting.step(draft, "contact"),
    }
    # To look how far the photos are is no answer yet.
    status = 422 if data is not None and data.get("action") != "look" else 200
    return render(request, "citizen/report_paper.html", context, status=status)


def _is_about_a_dose(answers: dict[str, Any]) -> bool:
    return any(matter["kind"] in slips.PROVED_BY_PAPER for matter in answers["matters"])


def _form(
    request: HttpRequest, data: Any, answers: dict[str, Any], *, asks: bool
) -> PaperForm:
    contact = answers["contact"]
    full_name = contact.get("full_name", "")
    born = cards.partial_day(contact.get("born_on", ""))
    if asks and drafting.sees_record(request, answers):
        person, _number = identity.opened(answers["person"])
        full_name, born = person.full_name, cards.born(person)
    return PaperForm(
        *((data, request.FILES) if data is not None else ()),
        asks=asks,
        full_name=full_name,
        born=born,
        initial=answers.get("paper", {}),
    )


def _require_kind(form: PaperForm) -> None:
    if not form.cleaned_data["paper"]:
        field = form.fields["paper"]
        form.add_error("paper", field.error_messages["required"])


def _of_paper(form: PaperForm, shown: list[Photo]) -> list[Doubt]:
    """Return what is to be asked about the photos and what they are said to show."""
    said, shows = form.cleaned_data["paper"], set(form.cleaned_data["shows"])
    flaws = set(form.cleaned_data["flaws"])
    troubles = {photo.trouble for photo in shown}
    found = {
        Check.PAPER_FORM: said == FORM,
        Check.PAPER_OTHER: said == OTHER,
        Check.PAPER_LACKS: said in (SLIP, APP)
        and not {Field.GIVEN_ON, Field.PRODUCT} <= shows,
        Check.PAPER_NAME: said in (SLIP, APP) and Field.FULL_NAME not in shows,
        Check.PAPER_BIRTH: said in (SLIP, APP) and Field.BORN_ON not in shows,
        Check.PAPER_COVERED: COVERED in flaws or COVERED in troubles,
        Check.PAPER_ALTERED: ALTERED in flaws,
    }
    asked = [Doubt(check, "evidence") for check, is_so in found.items() if is_so]
    return asked + _of_photos(shown)


def _of_photos(shown: list[Photo]) -> list[Doubt]:
    """Return that a photo can hardly be read, whatever paper it is of."""
    is_so = bool({photo.trouble for photo in shown} - {"", COVERED})
    return [Doubt(Check.PHOTO_UNREADABLE, "evidence")] if is_so else []


def unasked(row: Draft, answers: dict[str, Any]) -> list[Doubt]:
    """Return what a photo turned out to be after this page was answered.

    Each photo is checked beside the request; who is faster was not asked about it yet.
    """
    shown = photos.of_draft(row)
    found = _of_photos(shown)
    if COVERED in {photo.trouble for photo in shown} and _is_about_a_dose(answers):
        found.append(Doubt(Check.PAPER_COVERED, "evidence"))
    held = {one["check"] for one in answers.get("paper", {}).get("held", ())}
    return [doubt for doubt in found if doubt.check not in held]


def _keep(answers: dict[str, Any], form: PaperForm, told: list[slips.Slip]) -> None:
    """Keep what was said of the paper; it need not be typed again."""
    before = answers.get("paper", {})
    typed = {
        name: form.cleaned_data[name]
        for name in ("paper", "shows", "number", "flaws")
        if name in form.fields
    }
    answers["paper"] = before | typed
    for slip in told:
        answers["matters"][slip.place]["slip"] = slip.form.facts()


def _settle(
    request: HttpRequest,
    answers: dict[str, Any],
    asked: list[Doubt],
    told: list[slips.Slip],
) -> None:
    """Put what was chosen into the matters, and what is held to beside it."""
    of_slips = {id(d) for slip in told for d in slip.asked}
    of_paper = [doubt for doubt in asked if id(doubt) not in of_slips]
    if "paper" in answers:
        answers["paper"]["held"] = doubts.held(request, of_paper)
    for slip in told:
        matter = answers["matters"][slip.place]
        answers["matters"][slip.place] = slip.settled(matter) | {
            "slip_held": doubts.held(request, slip.asked)
        }


def _onward(draft: uuid.UUID, answers: dict[str, Any]) -> str:
    is_known = drafts.knows_sender(answers)
    return drafting.step(draft, "check" if is_known else "contact")
