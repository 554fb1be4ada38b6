"""allauth's tables stay empty, so the administration has no pages for them."""

from django.apps import apps
from django.contrib import admin

for label in ("account", "socialaccount"):
    for model in apps.get_app_config(label).get_models():
        if admin.site.is_registered(model):
            admin.site.unregister(model)
