"""The addresses of machines; what they hold in the address is never personal."""

from django.urls import path

from complaints.views import delivery_reports, feed

app_name = "api"
urlpatterns = [
    path("corrections/", feed.corrections, name="corrections"),
    path("corrections/confirmed/", feed.confirmed, name="confirmed"),
    path("tin-nhan/", delivery_reports.report, name="receipts"),
    path("thu-tra-lai/", delivery_reports.report_mail, name="mail_receipts"),
]
