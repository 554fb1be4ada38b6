"""Helping somebody at the counter, on the telephone, or with a letter.

Any clerk may help any citizen: who stands there is chosen by nobody's scope. In return
each page of theirs that is opened is written down with name, body and purpose.
"""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints.actions import drafts
from complaints.forms.counter import HelpForm, Way
from complaints.models import Submission
from complaints.views import drafting
from complaints.views.lookup import MOST_SUBMISSIONS
from portal.accounts import access, assistance
from portal.accounts.access import StaffRequest
from portal.accounts.models import Assistance
from portal.common.http import READ_AND_SEND, see_other
from portal.registry import identity
from portal.registry.models import Person


@require_http_methods(READ_AND_SEND)
@access.staff(*access.READERS)
def counter(request: StaffRequest) -> HttpResponse:
    """Ask whom to help; then the citizen's own pages open, as long as they are used."""
    at = timezone.now()
    going_on = assistance.current(request, at=at)
    form = HelpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        people = _people(form) if form.cleaned_data["way"] == Way.COUNTER else []
        if len(people) <= 1:
            return _begin(request, form, people[0] if people else None, at=at)
        form.add_error(
            "national_id",
            _("Several records bear this name and birth date. Type the number."),
        )
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "going_on": going_on}
    return render(request, "casework/counter.html", context, status=status)


@require_POST
@access.staff(*access.READERS)
def counter_end(request: StaffRequest) -> HttpResponse:
    """End the help: nothing of the citizen's stays open on this machine."""
    at = timezone.now()
    if assistance.current(request, at=at) is not None:
        messages.success(request, _("The help has ended. Nothing of it stays open."))
    assistance.finish(request, at=at)
    return see_other("casework:counter")


def _people(form: HelpForm) -> list[Person]:
    typed = form.cleaned_data
    return identity.find(
        national_id=typed["national_id"],
        full_name=typed["full_name"],
        born=typed["born_on"],
    )


def _begin(
    request: StaffRequest, form: HelpForm, person: Person | None, *, at: datetime
) -> HttpResponse:
    typed = form.cleaned_data
    own: list[int] = []
    if person is not None:
        filed = Submission.objects.filter(person=person).order_by("-pk")
        own = list(filed.values_list("pk", flat=True)[:MOST_SUBMISSIONS])
    assistance.begin(
        request,
        by=request.user,
        organization=request.postings[0].organization,
        way=typed["way"],
        purpose=typed["purpose"],
        document=typed["document"],
        person=person,
        submissions=own,
        at=at,
    )
    if person is None:
        if typed["way"] == Way.COUNTER:
            messages.warning(
                request,
                _("No record fits. Report what is missing; that needs no record."),
            )
        return see_other("citizen:report")
    if typed["purpose"] == Assistance.Purpose.CONTACT:
        return see_other("citizen:contact")
    begun = drafts.unsent(request.session.get("drafts", []), at=at)
    if begun and typed["purpose"] == Assistance.Purpose.REPORT:
        messages.info(request, _("The report that you began is open again."))
        late = [row for row in begun if drafting.take_typed(request, row)]
        if late:
            return see_other(drafting.where_left(late[0]))
        return see_other("citizen:report_check", draft=begun[0].key)
    return see_other("citizen:record")
