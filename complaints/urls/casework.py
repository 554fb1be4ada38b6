"""The addresses of staff."""

from django.urls import path

from complaints.views import (
    bulk,
    casework,
    counter,
    disputed,
    dose_files,
    evidence_files,
    glass,
    incidents,
    letters,
    list_columns,
    list_rows,
    lists,
    lot_doses,
    pairs,
    prepared,
    quality,
    queue,
    queue_news,
    receivers_of,
    referrals,
    report_lists,
    report_rows,
    saved_views,
    undoing,
)

app_name = "casework"

_CASE = "ho-so/<int:code>-<int:number>/"

_BULK = "hang-loat/<uuid:bulk_ref>/"

_INCIDENT = "su-co/<uuid:incident_ref>/"

_LIST = "danh-sach/<uuid:list_ref>/"

_REPORTS = "lap-ho/danh-sach/<uuid:reports_ref>/"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("in/", queue.printed, name="queue_print"),
    path("moi/", queue_news.news, name="queue_news"),
    path("tim/", queue.search, name="search"),
    path("bo-loc/", saved_views.saved_views, name="saved_views"),
    path("bo-loc/<uuid:view_ref>/xoa/", saved_views.forget, name="saved_view_forget"),
    path("tiep/", queue.take_next, name="take_next"),
    path("noi-nhan/", receivers_of.receivers, name="receivers"),
    path("hoan-tac/<uuid:ref>/", undoing.undo, name="undo"),
    path(_CASE, casework.case, name="case"),
    path(f"{_CASE}bo-qua/", queue.skip, name="skip"),
    path(f"{_CASE}co-mat/", casework.who_is_here, name="who_is_here"),
    path(f"{_CASE}noi-nhan/", casework.suggested, name="suggested"),
    path(f"{_CASE}thu/", letters.letter, name="letter"),
    path(f"{_CASE}thu.pdf", letters.letter_file, name="letter_file"),
    path(f"{_CASE}<slug:step>/", casework.move, name="move"),
    path("co-quan-khac/", referrals.index, name="referrals"),
    path("co-quan-khac/<int:number>/", referrals.one, name="referral"),
    path("co-quan-khac/<int:number>/phieu/", referrals.sheet, name="referral_sheet"),
    path(
        "co-quan-khac/<int:number>/phieu.pdf",
        referrals.sheet_file,
        name="referral_file",
    ),
    path("hang-loat/", bulk.choose, name="bulks"),
    path(_BULK, bulk.show, name="bulk"),
    path(f"{_BULK}<slug:step>/", bulk.move, name="bulk_move"),
    path("su-co/", incidents.index, name="incidents"),
    path(_INCIDENT, incidents.show, name="incident"),
    path(f"{_INCIDENT}<slug:step>/", incidents.move, name="incident_move"),
    path("khan-cap/", glass.glass, name="glass"),
    path("khan-cap/<uuid:sign_ref>/", glass.glass_case, name="glass_case"),
    path(
        "khan-cap/<uuid:sign_ref>/anh/<uuid:ref>/<int:page>/",
        glass.glass_photo,
        name="glass_photo",
    ),
    path("lap-ho/", counter.counter, name="counter"),
    path("lap-ho/xong/", counter.counter_end, name="counter_end"),
    path("lap-ho/danh-sach/", report_lists.index, name="report_lists"),
    path(_REPORTS, report_lists.show, name="report_list"),
    path(f"{_REPORTS}dong/<int:place>/", report_rows.row, name="report_row"),
    path(f"{_REPORTS}cot/", report_lists.columns, name="report_columns"),
    path(f"{_REPORTS}gui/", report_lists.send, name="report_send"),
    path(f"{_REPORTS}bao-cao.xlsx", report_lists.report_file, name="report_file"),
    path("mui-tiem/tep/", dose_files.doses_file, name="doses_file"),
    path("mui-tiem/tep/<uuid:ref>/", dose_files.made, name="dose_file"),
    path("mui-tiem/tep/<uuid:ref>/tai/", dose_files.give, name="dose_file_given"),
    path("chat-luong/", quality.overview, name="quality"),
    path("chat-luong/trung-khop/", pairs.index, name="quality_pairs"),
    path("chat-luong/trung-khop/<uuid:pair>/", pairs.pair, name="quality_pair"),
    path(
        "chat-luong/trung-khop/<uuid:pair>/<slug:step>/",
        pairs.decide,
        name="quality_pair_decide",
    ),
    path("chat-luong/mau-thuan/", disputed.index, name="quality_disputed"),
    path("chat-luong/de-xuat/", prepared.index, name="quality_prepared"),
    path(
        "chat-luong/de-xuat/<uuid:ref>/<slug:step>/",
        prepared.decide,
        name="quality_prepared_decide",
    ),
    path("chat-luong/<slug:rule>/", quality.rows, name="quality_rows"),
    path(
        "chat-luong/<slug:rule>/<uuid:finding>/",
        quality.finding,
        name="quality_finding",
    ),
    path("minh-chung/<uuid:ref>/", evidence_files.show, name="evidence"),
    path(
        "minh-chung/<uuid:ref>/<int:page>/", evidence_files.show, name="evidence_page"
    ),
    path(
        "minh-chung/<uuid:ref>/<int:page>/xem/",
        evidence_files.view,
        name="evidence_view",
    ),
    path("lo-vac-xin/", lot_doses.lot, name="lot"),
    path("minh-chung/<uuid:ref>/nho/", evidence_files.thumbnail, name="evidence_small"),
    path("danh-sach/", lists.index, name="lists"),
    path(_LIST, lists.show, name="list"),
    path(f"{_LIST}dong/<int:place>/", list_rows.row, name="list_row"),
    path(f"{_LIST}cot/", list_columns.columns, name="list_columns"),
    path(f"{_LIST}lay/", lists.take, name="list_take"),
    path(f"{_LIST}ghi/", lists.commit, name="list_commit"),
    path(f"{_LIST}hoan-tac/", lists.undo, name="list_undo"),
    path(f"{_LIST}bao-cao.xlsx", lists.report_file, name="list_report"),
]
