"""The product's settings with the control in the outbox's place.

One Celery task a row, sent after the commit, as is common elsewhere. It exists to show
that a chaos run can tell the two apart.
"""

from portal.settings import *  # noqa: F403  -- a settings file extends another
from portal.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.faults.naive_app.Naive"]
