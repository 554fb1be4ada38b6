"""The addresses of staff."""

from django.urls import path

from complaints.views import casework, dose_files, evidence_files, quality

app_name = "casework"

_CASE = "ho-so/<int:code>-<int:number>/"

urlpatterns = [
    path("", casework.queue, name="queue"),
    path("tim/", casework.search, name="search"),
    path("noi-nhan/", casework.receivers, name="receivers"),
    path(_CASE, casework.case, name="case"),
    path(f"{_CASE}<slug:step>/", casework.move, name="move"),
    path("mui-tiem/tep/", dose_files.doses_file, name="doses_file"),
    path("chat-luong/", quality.overview, name="quality"),
    path("chat-luong/<slug:rule>/", quality.rows, name="quality_rows"),
    path(
        "chat-luong/<slug:rule>/<uuid:finding>/",
        quality.finding,
        name="quality_finding",
    ),
    path("minh-chung/<uuid:ref>/", evidence_files.show, name="evidence"),
]
