"""The bare pages: look up by number, file a complaint, list the oldest open ones."""

import secrets
from datetime import date

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from bench.floor.models import Complaint, Dose, Event, Outbox, Person

LIST = 50


def ready(request: HttpRequest) -> HttpResponse:
    """Say that the server is up."""
    return HttpResponse("ok")


def look_up(request: HttpRequest) -> HttpResponse:
    """Find a person by number and birth date; show the doses. Two statements."""
    person = Person.objects.filter(
        national_id=request.POST["national_id"],
        born_on=date.fromisoformat(request.POST["born_on"]),
    ).first()
    doses = (
        Dose.objects.filter(person=person)
        .select_related("site")
        .order_by("dose_number")
    )
    return render(request, "doses.html", {"person": person, "doses": list(doses)})


def complain(request: HttpRequest) -> HttpResponse:
    """File a complaint with its history and waiting work: three inserts, durable."""
    with transaction.atomic():
        complaint = Complaint.objects.create(
            code=secrets.token_hex(6),
            person_id=int(request.POST["person"]),
            kind=int(request.POST["kind"]),
            body=request.POST["body"],
        )
        Event.objects.create(complaint=complaint, to_status=0, actor="citizen")
        Outbox.objects.create(topic="created", payload={"id": complaint.pk})
    return HttpResponse(complaint.code, status=201)


def work(request: HttpRequest) -> HttpResponse:
    """List the oldest open complaints with their people. One statement."""
    rows = (
        Complaint.objects.filter(status__lt=4)
        .select_related("person")
        .order_by("created_at", "pk")[:LIST]
    )
    return render(request, "work.html", {"rows": rows})


urlpatterns = [
    path("livez", ready),
    path("look-up", look_up),
    path("complain", complain),
    path("work", work),
]
