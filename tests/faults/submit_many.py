"""Send so many reports, one after the other, and print how long each took."""

import json
import sys
import time

import django

django.setup()

# The app registry has to be ready before models can be imported.
from portal.common import outbox  # noqa: E402
from portal.registry.models import Organization  # noqa: E402
from tests.factories import missing_dose, sender_for, submit  # noqa: E402

site = Organization.objects.exclude(parent=None).get()
took = []
count = int(sys.argv[1])
for number in range(count):
    if number == count // 2:
        # Let it try the broker once more, now that all is loaded.
        outbox._broken_until = 0.0
        outbox._woken.clear()
    began = time.perf_counter()
    submit(missing_dose(site), sender=sender_for(full_name=f"Người {number}"))
    took.append(time.perf_counter() - began)
sys.stdout.write(json.dumps(took))
