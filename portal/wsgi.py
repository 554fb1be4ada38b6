"""The WSGI entry point: one thread a process, as measured fastest."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()
import_module("portal.checks").refuse_unsafe()

# The first wake-up of a process builds the publisher, which takes a second or so: here
# nobody waits for it, in a request a citizen would. Both are imported late, as they
# need models.
import_module("portal.common.outbox").wake_up("route")
