"""The framework's administration: nothing of allauth's in it, and only our sign-in.

Its own sign-in page knows no second factor and no limit on guessing.
"""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from portal.accounts import factors
from portal.accounts.models import User

for label in ("account", "socialaccount", "mfa"):
    for model in apps.get_app_config(label).get_models():
        if admin.site.is_registered(model):
            admin.site.unregister(model)


def sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Send a stranger to our sign-in; who may not enter finds nothing here."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(request.GET.get("next", request.path))


def may_enter(request: HttpRequest) -> bool:
    """Let in those marked for it, with the second factor where there must be one."""
    user = request.user
    if not isinstance(user, User) or not (user.is_active and user.is_staff):
        return False
    has_factor = bool(request.session.get("second_factor"))
    return not user.must_change_password and (
        has_factor or not factors.is_required(user, ())
    )


admin.site.login = sign_in  # type: ignore[method-assign]  # as its manual has it
admin.site.has_permission = may_enter  # type: ignore[method-assign]  # the same
