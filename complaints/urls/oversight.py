"""The addresses of those who oversee."""

from django.urls import path

from complaints.views import oversight

app_name = "oversight"

urlpatterns = [
    path("", oversight.times, name="times"),
    path("ho-so/", oversight.cases, name="cases"),
]
