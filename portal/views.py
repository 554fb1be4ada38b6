"""Home, health, readiness, and the pages for what went wrong."""

import json
import sys
from typing import Final
from zlib import crc32

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from portal.accounts import access, kept
from portal.common import broker, database

# Seconds after which a browser or a proxy may ask again while the database is away.
COME_BACK: Final = 30


@require_safe
@access.public
def home(request: HttpRequest) -> HttpResponse:
    """Show the three ways in: look up, report, track."""
    return render(request, "home.html")


@require_safe
@access.public
def help_page(request: HttpRequest) -> HttpResponse:
    """Answer what people ask before they call."""
    return render(request, "help.html")


@require_safe
@access.public
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept, why, for how long, and who may see it."""
    return render(request, "privacy.html")


@require_safe
@access.public
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how the portal can be used and where it falls short."""
    return render(request, "accessibility.html")


@require_safe
@access.public
def offline(request: HttpRequest) -> HttpResponse:
    """Say that there is no connection; browsers keep it for when there is none."""
    response = render(request, "offline.html")
    # The one page that is the same for everybody and may be kept.
    response["Cache-Control"] = "public, max-age=3600"
    return response


@require_safe
@access.bare
def worker(request: HttpRequest) -> HttpResponse:
    """Return the script that shows the offline page; it keeps nothing else."""
    pages = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            pages[language] = reverse("offline")
    files = [static(name) for name in ("base.css", "app.js", "icon.svg")]
    kept = [*pages.values(), *files]
    script = render_to_string(
        "worker.js",
        {
            # A new style sheet or script has a new name, and so has the store.
            "name": f"dumui-{crc32(' '.join(kept).encode()):08x}",
            "files": json.dumps(kept),
            "pages": json.dumps(pages),
            "static": json.dumps(settings.STATIC_URL),
        },
    )
    response = HttpResponse(script, content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@access.bare
def manifest(request: HttpRequest) -> JsonResponse:
    """Return under which name and picture the portal can stand on a home screen."""
    told = {
        "name": "Đủ Mũi: phản ánh tiêm chủng",
        "short_name": "Đủ Mũi",
        "lang": "vi",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": "#0a4a50",
        "background_color": "#f2f6f5",
        "icons": [
            {"src": static("icon.svg"), "type": "image/svg+xml", "sizes": "any"},
            *(
                {
                    "src": static(f"icon-{side}.png"),
                    "type": "image/png",
                    "sizes": f"{side}x{side}",
                    "purpose": "any",
                }
                for side in (192, 512)
            ),
        ],
    }
    response = JsonResponse(told, content_type="application/manifest+json")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
@access.bare
def livez(request: HttpRequest) -> HttpResponse:
    """Answer while the process lives."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@access.bare
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and holds this code's schema.

    A dead broker is named but does not make the portal unready: the poller routes.
    """
    try:
        plan = _pending_migrations()
    except DatabaseError:
        return JsonResponse({"database": "unreachable"}, status=503)
    queue = "none"
    if settings.REDIS_URL:
        queue = "ok" if broker.is_alive() else "away"
    state = {"database": "migrations pending" if plan else "ok", "broker": queue}
    return JsonResponse(state, status=503 if plan else 200)


_schema_is_current = False


def _pending_migrations() -> bool:
    """Compare schema and code until they agree once; then only touch the database.

    A later schema is never a problem: the one before it must work on it.
    """
    global _schema_is_current
    if _schema_is_current:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return False
    executor = MigrationExecutor(connection)
    pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    _schema_is_current = not pending
    return pending


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a form that was open too long, and how to go on: from the form's page.

    Where it was sent to may take nothing but what is sent.
    """
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()})
    again = came_from if is_ours else request.get_full_path()
    return render(request, "403_csrf.html", {"again": again}, status=403)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that this is not allowed."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, and where to go; staff get theirs.

    What they had typed into a form whose case is gone by now is shown once more.
    """
    if not hasattr(request, "roles"):
        return render(request, "404.html", status=404)
    sent = [(name, str(value)) for name, value in request.POST.items()]
    typed = kept.sentences(sent)
    return render(request, "404_work.html", {"typed": typed}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it was our fault, without touching the database.

    Django calls it while the exception is being handled. A database that is away is
    no fault of the code: the answer is 503, and when to come back.
    """
    if database.is_away(sys.exc_info()[1]):
        database.leave()
        response = render(request, "503.html", status=503)
        response["Retry-After"] = str(COME_BACK)
        return response
    return render(request, "500.html", status=500)
