"""The addresses of machines; what they hold in the address is never personal."""

from django.urls import path

from complaints.views import feed, receipts

app_name = "api"
urlpatterns = [
    path("corrections/", feed.corrections, name="corrections"),
    path("corrections/confirmed/", feed.confirmed, name="confirmed"),
    path("tin-nhan/", receipts.report, name="receipts"),
    path("thu-tra-lai/", receipts.report_mail, name="mail_receipts"),
]
