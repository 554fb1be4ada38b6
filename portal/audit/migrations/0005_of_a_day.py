"""The index of days serves those who ask for a day, and nobody else."""

from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0004_leaves")]
    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("id__gt", 0)),
                fields=["-at", "-id"],
                name="entry_of_a_day",
            ),
        ),
        RemoveIndexConcurrently(model_name="entry", name="entry_at"),
    ]
