"""The addresses of those who oversee."""

from django.urls import path

from complaints.views import (
    burndown,
    campaigns,
    comparison,
    data_requests,
    figures_detail,
    figures_file,
    managing,
    message_lists,
    oversight,
    platform,
    rules,
    selfcorrection,
    standard_texts,
)

app_name = "oversight"

urlpatterns = [
    path("", oversight.times, name="times"),
    path("ho-so/", oversight.cases, name="cases"),
    path("bang.<slug:form>", figures_file.file, name="file"),
    path("chi-tiet.pdf", figures_file.as_pdf, name="print"),
    path("chi-tiet/", figures_detail.detail, name="detail"),
    path("muc-luc/", managing.manage, name="manage"),
    path("cau-soan-san/", standard_texts.index, name="standard_texts"),
    path("cau-soan-san/moi/", standard_texts.new, name="standard_text_new"),
    path("cau-soan-san/<uuid:series>/", standard_texts.one, name="standard_text"),
    path("thoi-han/", rules.rules, name="rules"),
    path("thoi-han/moi/<slug:subject>/", rules.new, name="rule_new"),
    path("thoi-han/de-xuat/<uuid:draft_ref>/", rules.draft, name="rule_draft"),
    path("du-lieu/", data_requests.index, name="data_requests"),
    path("du-lieu/<uuid:ref>/", data_requests.one, name="data_request"),
    path("doi-chieu/", comparison.people, name="comparison"),
    path("doi-chieu/viec/", comparison.job, name="comparison_job"),
    path("nen-tang/", platform.platform, name="platform"),
    path("tu-sua/", selfcorrection.rules, name="selfcorrection"),
    path("tu-sua/dot/", campaigns.campaign, name="campaign"),
    path("tu-sua/con-lai/", burndown.burndown, name="burndown"),
    path(
        "tu-sua/xem-lai/<uuid:ref>/",
        selfcorrection.check,
        name="selfcorrection_check",
    ),
    path(
        "tu-sua/hoan-tac/<uuid:ref>/", selfcorrection.undo, name="selfcorrection_undo"
    ),
    path(
        "tu-sua/<slug:rule_code>/",
        selfcorrection.rule,
        name="selfcorrection_rule",
    ),
    path("tin-nhan/", message_lists.messages, name="messages"),
    path("tin-nhan/<slug:key>/", message_lists.message, name="message"),
]
