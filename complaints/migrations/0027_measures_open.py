"""Indexes for what is open, and for what more than one organization held."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0026_invitations")]

    operations = [
        migrations.AddIndex(
            "measure",
            models.Index(
                name="measure_open",
                fields=["holder", "sent_on"],
                include=["kind", "spent", "runs_from", "is_untouched"],
                condition=models.Q(is_open=True),
            ),
        ),
        migrations.AddIndex(
            "measure",
            models.Index(
                name="measure_handed",
                fields=["holder", "ended_on"],
                condition=models.Q(held_by__isnull=False),
            ),
        ),
    ]
