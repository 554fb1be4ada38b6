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
    routing,
    rules,
    selfcorrection,
    standard_texts,
    texts,
    units,
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
    path("don-vi/", units.units, name="units"),
    path("don-vi/moi/", units.new, name="unit_new"),
    path("don-vi/doi/<uuid:change_ref>/", units.change, name="unit_change"),
    path(
        "don-vi/doi/<uuid:change_ref>/bo/",
        units.take_back,
        name="unit_change_back",
    ),
    path("don-vi/<slug:unit_code>/", units.unit, name="unit"),
    path("don-vi/<slug:unit_code>/dong/", units.close, name="unit_close"),
    path("phan-tuyen/", routing.workbench, name="routing"),
    path("phan-tuyen/moi/", routing.new, name="routing_new"),
    path("phan-tuyen/de-xuat/<uuid:draft_ref>/", routing.draft, name="routing_draft"),
    path("phan-tuyen/<int:row>/bo/", routing.end, name="routing_end"),
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
    path("tin-nhan/<slug:key>/sua/", texts.new, name="text_new"),
    path("tin-nhan/de-xuat/<uuid:draft_ref>/", texts.draft, name="text_draft"),
    path("tin-nhan/ban/<int:row>/bo/", texts.end, name="text_end"),
]
