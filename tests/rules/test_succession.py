"""What becomes of an open case when its unit closes."""

import pytest

from complaints.choices import OPEN
from complaints.rules import succession

AFTER = {
    "received": ("received", False),
    "in_review": ("received", False),
    "waiting_authority": ("waiting_authority", True),
    "waiting_citizen": ("waiting_citizen", True),
    "awaiting_second": ("awaiting_second", True),
}


@pytest.mark.parametrize("status", OPEN)
def test_what_waits_for_somebody_goes_on_waiting(status):
    expected = AFTER[status]
    found = succession.status_after(status), succession.keeps_assignee(status)
    assert found == expected
