"""The citizen's addresses: unaccented Vietnamese, so that they can be read out."""

from django.urls import path

from complaints.views import (
    contact,
    eid,
    lookup,
    news,
    own,
    papers,
    photos,
    report,
    report_contact,
    report_paper,
    tracking,
)

app_name = "citizen"

_DRAFT = "bao-sai/<uuid:draft>/"

urlpatterns = [
    path("tra-cuu/", lookup.lookup, name="lookup"),
    path("tra-cuu/dien-thoai/", lookup.by_phone, name="by_phone"),
    path("tra-cuu/xac-thuc/", lookup.verify, name="verify"),
    path("tra-cuu/nguoi/", lookup.people, name="people"),
    path("tra-cuu/ket-qua/", lookup.record, name="record"),
    path("tra-cuu/can-cuoc/", eid.begin, name="eid"),
    path("tra-cuu/can-cuoc/ve/", eid.finish, name="eid_return"),
    path("tra-cuu/so-khac/", contact.other_phone, name="other_phone"),
    path("doi-so/", contact.change, name="contact"),
    path("doi-so/giay/", contact.by_paper, name="contact_paper"),
    path("doi-so/xac-thuc/", contact.verify, name="contact_verify"),
    path("doi-so/khong-phai-toi/", contact.stop, name="contact_stop"),
    path("k/<str:code>/", contact.stop_by_link, name="contact_stop_link"),
    path("tra-cuu/thoat/", lookup.leave, name="leave"),
    path("bao-sai/", report.begin, name="report"),
    path(f"{_DRAFT}loai/", report.kind, name="report_kind"),
    path(f"{_DRAFT}mui/", report.facts, name="report_facts"),
    path(f"{_DRAFT}lien-he/", report_contact.contact, name="report_contact"),
    path(f"{_DRAFT}xac-thuc/", report_contact.verify, name="report_verify"),
    path(f"{_DRAFT}giay/", report_paper.paper, name="report_paper"),
    path(f"{_DRAFT}anh/<uuid:ref>/", photos.picture, name="report_photo"),
    path(f"{_DRAFT}anh/<uuid:ref>/bo/", photos.drop, name="report_photo_drop"),
    path(f"{_DRAFT}kiem-tra/", report.check, name="report_check"),
    path(f"{_DRAFT}bo/", report.drop, name="report_drop"),
    path(f"{_DRAFT}da-gui/", report.sent, name="report_sent"),
    path(f"{_DRAFT}luu/", own.save, name="report_save"),
    path(f"{_DRAFT}de-lai/", own.put_aside, name="report_aside"),
    path("tiep-tuc/", own.resume, name="resume"),
    path("tiep-tuc/<uuid:draft>/", own.go_on, name="go_on"),
    path("cua-toi/", own.ask, name="own"),
    path("cua-toi/xac-thuc/", own.verify, name="own_verify"),
    path("cua-toi/danh-sach/", own.reports, name="own_reports"),
    path("thu/<str:token>/", news.address, name="mail"),
    path("theo-doi/", tracking.track, name="track"),
    path("t/", tracking.track, name="short"),
    path("t/<str:code>/", tracking.by_link, name="link"),
    path("T/<str:code>/", tracking.by_link, name="link_from_picture"),
    path("theo-doi/<str:code>/nhan-tin/", news.how, name="news"),
    path("theo-doi/<str:code>/bien-nhan/", papers.receipt_page, name="receipt"),
    path("theo-doi/<str:code>/bien-nhan.pdf", papers.receipt_file, name="receipt_file"),
    path("theo-doi/<str:code>/<int:number>/danh-gia/", tracking.rate, name="rate"),
    path(
        "theo-doi/<str:code>/<int:number>/khieu-nai/",
        papers.statutory,
        name="statutory",
    ),
    path("theo-doi/<str:code>/", tracking.status, name="status"),
    path("theo-doi/<str:code>/<int:number>/bo-sung/", tracking.answer, name="answer"),
    path("theo-doi/<str:code>/<int:number>/ket-qua/", tracking.result, name="result"),
    path("theo-doi/<str:code>/<int:number>/rut/", tracking.withdraw, name="withdraw"),
]
