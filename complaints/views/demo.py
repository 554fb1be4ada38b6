"""The demo's telephone: what would have been sent, on a page and for scripts."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from complaints.demo import window
from complaints.forms.lookup import TelephoneForm
from portal.accounts import access
from portal.common import phones
from portal.common.http import READ_AND_SEND

View = Callable[..., HttpResponse]


def _in_the_demo_only(view: View) -> View:
    """Answer 404 wherever messages are real."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request)

    return guarded


# A script has no form to take a token from; it changes nothing and needs no session.
@csrf_exempt
@require_POST
@access.public
@_in_the_demo_only
def messages(request: HttpRequest) -> HttpResponse:
    """Answer with the messages to a telephone or an address, newest first."""
    email = request.POST.get("email", "")
    if email:
        return JsonResponse(window.messages(email=email), safe=False)
    try:
        phone = phones.normalise(request.POST.get("phone", ""))
    except phones.NotAPhone as error:
        return JsonResponse({"phone": error.reason}, status=422)
    return JsonResponse(window.messages(phone), safe=False)


@require_http_methods(READ_AND_SEND)
@access.public
@_in_the_demo_only
def telephone(request: HttpRequest) -> HttpResponse:
    """Show the messages to a telephone; before one is typed, the latest of all.

    The number comes by POST, as numbers do not belong into addresses.
    """
    form = TelephoneForm(request.POST or None)
    if form.is_bound and not form.is_valid():
        return render(request, "demo/telephone.html", {"form": form}, status=422)
    phone = form.cleaned_data["phone"] if form.is_bound else ""
    context = {"form": form, "phone": phone, "sent": window.messages(phone)}
    return render(request, "demo/telephone.html", context)
