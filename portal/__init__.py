"""The platform: settings and the small apps that know nothing of complaints."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
