"""What a case was before a move of staff, as long as that can be taken back."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from complaints.models.event import Event


class TakeBack(models.Model):
    """A move that whoever made it may undo for some seconds.

    ``before``: the case's facts and its claims' keys as they were: keys and times,
    nothing personal. ``undone_at``: when it was taken back, null where it stands.
    """

    event = models.OneToOneField(
        Event, models.PROTECT, primary_key=True, related_name="take_back"
    )
    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    before = models.JSONField(encoder=DjangoJSONEncoder)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"of {self.event_id}"
