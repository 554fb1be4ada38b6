"""The addresses of those who oversee."""

from django.urls import path

from complaints.views import comparison, message_lists, oversight

app_name = "oversight"

urlpatterns = [
    path("", oversight.times, name="times"),
    path("ho-so/", oversight.cases, name="cases"),
    path("doi-chieu/", comparison.people, name="comparison"),
    path("doi-chieu/so-lieu.<slug:form>", comparison.file, name="comparison_file"),
    path("doi-chieu/viec/", comparison.job, name="comparison_job"),
    path("tin-nhan/", message_lists.messages, name="messages"),
    path("tin-nhan/<slug:key>/", message_lists.message, name="message"),
]
