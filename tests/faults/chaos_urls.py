"""Two addresses that do what the pages do, in one request each, and readiness."""

import uuid

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from complaints.actions import casework
from complaints.models import Complaint
from complaints.rules.refused import Refused
from portal import views
from portal.accounts.models import User
from portal.common import scope
from portal.registry.models import Organization
from tests.factories import missing_dose, sender_for, submit


@csrf_exempt
@require_POST
def file(request: HttpRequest) -> JsonResponse:
    """Take in a report under its key; answer with its code once it is committed."""
    submitted = submit(
        missing_dose(Organization.objects.get(code=request.POST["site"])),
        sender=sender_for(full_name=request.POST["name"]),
        key=uuid.UUID(request.POST["key"]),
        at=timezone.now(),
    )
    return JsonResponse({"code": submitted.submission.code})


@csrf_exempt
@require_POST
def resolve(request: HttpRequest) -> JsonResponse:
    """Decide the complaint of a code as the staff of its holder; 409 if refused."""
    with scope.system():
        case = Complaint.objects.get(submission__code=request.POST["code"])
        verdicts = {pk: ("kept", "unreadable") for pk in case.claims.values_list("pk")}
        verdicts = {pk: value for (pk,), value in verdicts.items()}
        nurse = User.objects.filter(postings__organization=case.holder).first()
    try:
        if nurse is None:
            raise Refused("not routed yet")
        casework.resolve(
            complaint_id=case.pk, verdicts=verdicts, by=nurse, at=timezone.now()
        )
    except Refused as refused:
        return JsonResponse({"refused": str(refused)}, status=409)
    return JsonResponse({})


urlpatterns = [
    path("readyz", views.readyz),
    path("file", file),
    path("resolve", resolve),
]
handler500 = "django.views.defaults.server_error"
