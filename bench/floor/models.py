"""The floor's tables as Django sees them; ``schema`` makes them."""

from django.db import models


class Site(models.Model):
    """A place that gives doses."""

    name = models.TextField()

    class Meta:
        app_label, managed, db_table = "floor", False, "site"

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody with doses."""

    national_id = models.TextField()
    born_on = models.DateField()
    full_name = models.TextField()

    class Meta:
        app_label, managed, db_table = "floor", False, "person"

    def __str__(self) -> str:
        return self.full_name


class Dose(models.Model):
    """One injection."""

    person = models.ForeignKey(Person, models.DO_NOTHING)
    site = models.ForeignKey(Site, models.DO_NOTHING)
    product = models.SmallIntegerField()
    dose_number = models.SmallIntegerField()
    lot = models.TextField()
    given_on = models.DateField()

    class Meta:
        app_label, managed, db_table = "floor", False, "dose"

    def __str__(self) -> str:
        return self.lot


class Complaint(models.Model):
    """One report: 0 waiting, 1 routed, 4 closed."""

    code = models.TextField()
    person = models.ForeignKey(Person, models.DO_NOTHING)
    kind = models.SmallIntegerField()
    status = models.SmallIntegerField(default=0)
    site = models.ForeignKey(Site, models.DO_NOTHING, null=True)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    routed_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        app_label, managed, db_table = "floor", False, "complaint"

    def __str__(self) -> str:
        return self.code


class Event(models.Model):
    """A line of history."""

    complaint = models.ForeignKey(Complaint, models.DO_NOTHING)
    from_status = models.SmallIntegerField(null=True)
    to_status = models.SmallIntegerField()
    actor = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label, managed, db_table = "floor", False, "complaint_event"

    def __str__(self) -> str:
        return self.actor


class Outbox(models.Model):
    """A piece of waiting work."""

    topic = models.TextField()
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        app_label, managed, db_table = "floor", False, "outbox"

    def __str__(self) -> str:
        return self.topic
