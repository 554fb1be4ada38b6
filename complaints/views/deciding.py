"""The form of a decision, as a case of its kind takes it."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import lookalikes, subjects
from complaints.actions import orphans
from complaints.choices import ADDING
from complaints.forms import records
from complaints.forms.casework import Resolve
from complaints.forms.orphans import ResolveWithOrphan
from complaints.models import Complaint
from portal.registry.models import Product


def form_of(complaint: Complaint, *, data: Any, at: datetime) -> Resolve:
    """Return the form by which a case is decided, bound where something was sent."""
    today = timezone.localdate(at)
    facts: dict[str, Any] = {
        "complaint": complaint,
        "claims": complaint.claims.order_by("pk"),
        "today": today,
        "seen": subjects.version(complaint),
    }
    if complaint.kind in lookalikes.KINDS:
        typed = records.searched(data)
        facts["records"] = lookalikes.of(complaint, typed=typed, on=today)
        return records.ResolveWithRecord(data, **facts)
    facts["products"] = Product.objects.order_by("name")
    if complaint.kind not in ADDING:
        return Resolve(data, **facts)
    holder = complaint.holder
    facts["sites"] = [(holder.code, holder.name), ("", _("Another site"))]
    lost = orphans.named_like_sender(complaint)
    if lost:
        return ResolveWithOrphan(data, orphans=lost, **facts)
    return Resolve(data, **facts)
