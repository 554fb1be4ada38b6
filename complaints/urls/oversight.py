"""The addresses of those who oversee."""

from django.urls import path

from complaints.views import comparison, oversight

app_name = "oversight"

urlpatterns = [
    path("", oversight.times, name="times"),
    path("ho-so/", oversight.cases, name="cases"),
    path("doi-chieu/", comparison.people, name="comparison"),
    path("doi-chieu/viec/", comparison.job, name="comparison_job"),
]
