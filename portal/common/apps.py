"""The app of the parts that know no domain words."""

from importlib import import_module

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "portal.common"
    label = "common"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks of the settings as a whole."""
        import_module("portal.checks")
