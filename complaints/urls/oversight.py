"""The addresses of those who oversee."""

from django.urls import path

from complaints.views import comparison, data_requests, message_lists, oversight

app_name = "oversight"

urlpatterns = [
    path("", oversight.times, name="times"),
    path("ho-so/", oversight.cases, name="cases"),
    path("du-lieu/", data_requests.index, name="data_requests"),
    path("du-lieu/<uuid:ref>/", data_requests.one, name="data_request"),
    path("doi-chieu/", comparison.people, name="comparison"),
    path("doi-chieu/viec/", comparison.job, name="comparison_job"),
    path("tin-nhan/", message_lists.messages, name="messages"),
    path("tin-nhan/<slug:key>/", message_lists.message, name="message"),
]
