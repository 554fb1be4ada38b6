"""The product's settings with three small addresses for chaos, and its design.

``CHAOS_DESIGN=naive`` replaces the outbox by what is common elsewhere: one Celery task
a row, sent after commit. It exists to show that the run can tell the two apart.
"""

import os

from portal.settings import *  # noqa: F403  -- a settings file extends another
from portal.settings import INSTALLED_APPS

ROOT_URLCONF = "tests.faults.chaos_urls"
if os.environ.get("CHAOS_DESIGN") == "naive":
    INSTALLED_APPS += ["tests.faults.naive_app.Naive"]
