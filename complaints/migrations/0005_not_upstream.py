"""An index over what was corrected and the national platform does not hold yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0004_referrals")]
    operations = [
        migrations.AddIndex(
            "complaint",
            models.Index(
                condition=models.Q(
                    confirmed_upstream_at=None,
                    outcome__in=("corrected", "partly_corrected"),
                ),
                fields=["ended_at", "id"],
                name="complaint_not_upstream",
            ),
        ),
    ]
