"""Whom the population database was not asked about is found without a walk."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("registry", "0010_who_asked")]

    operations = [
        AddIndexConcurrently(
            "person",
            models.Index(
                name="person_not_sent",
                fields=["id"],
                condition=Q(population="not_sent", status="active"),
            ),
        ),
    ]
