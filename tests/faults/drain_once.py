"""Drain one queue at a given instant in a process that may be killed."""

import sys
from datetime import datetime

import django

django.setup()

# The app registry has to be ready before models can be imported.
from portal.common import outbox  # noqa: E402

outbox.drain(queue=sys.argv[1], at=datetime.fromisoformat(sys.argv[2]))
