"""The URL tree: Vietnamese addresses at the root, English under /en/."""

from django.urls import path

urlpatterns: list = []
