"""The demo's telephone and its messages for scripts; 404 outside the demo."""

from django.urls import path

from complaints.views import demo

app_name = "demo"
urlpatterns = [
    path("messages.json", demo.messages, name="messages"),
    path("dien-thoai/", demo.telephone, name="telephone"),
]
