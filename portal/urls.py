"""The URL tree: Vietnamese addresses at the root, English under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from portal import views

handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    # At the root, as a worker reaches no higher than where it lies.
    path("sw.js", views.worker, name="worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("demo/", include("complaints.urls.demo")),
    path("api/", include("complaints.urls.api")),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("tro-giup/", views.help_page, name="help"),
        path("bao-mat/", views.privacy, name="privacy"),
        path("tiep-can/", views.accessibility, name="accessibility"),
        path("ngoai-tuyen/", views.offline, name="offline"),
        path("", include("complaints.urls.citizen")),
        path("", include("portal.accounts.urls")),
        path("lam-viec/", include("complaints.urls.casework")),
        path("quan-tri/", include("complaints.urls.oversight")),
        prefix_default_language=False,
    ),
]
