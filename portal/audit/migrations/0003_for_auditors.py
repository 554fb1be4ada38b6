"""Indexes for those who audit: by instant, by unit, by account.

The latter two hold what staff did: a citizen's look at the own record pays for one.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0002_guards")]
    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(fields=["-at", "-id"], name="entry_at"),
        ),
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("actor", "staff")),
                fields=["organization", "-at", "-id"],
                name="entry_unit",
            ),
        ),
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("actor", "staff")),
                fields=["actor_id", "-at", "-id"],
                name="entry_actor",
            ),
        ),
    ]
