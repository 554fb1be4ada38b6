"""Work that fails on purpose, in the ways that work fails."""

import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db.models import F

from portal.common.models import Tally

RAISES: Final = 9001
KILLS: Final = 9002
HANGS: Final = 9003


def work(subjects: Sequence[int], *, at: datetime) -> None:
    """Count each subject once in the transaction that does it, or fail as it says."""
    for subject in subjects:
        key = f"probe:{subject}"
        Tally.objects.get_or_create(key=key, defaults={"ends_at": at})
        Tally.objects.filter(key=key).update(count=F("count") + 1)
    if RAISES in subjects:
        raise ValueError("Nguyễn Thị Thử, 079158012345")
    if KILLS in subjects:
        os.kill(os.getpid(), signal.SIGKILL)
    if HANGS in subjects:
        sys.stdout.write("hanging\n")
        sys.stdout.flush()
        # Until whoever started this process ends it.
        sys.stdin.read()
