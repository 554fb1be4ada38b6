from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What reports may share by which fraud shows: browser and number of the paper."""

    dependencies = [("complaints", "0025_placed_units")]
    operations = [
        migrations.AddField(
            model_name="submission",
            name="device_digest",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="submission",
            name="paper_digest",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=Q(("device_digest__isnull", False)),
                fields=["device_digest", "submitted_at"],
                name="submission_device",
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=Q(("paper_digest__isnull", False)),
                fields=["paper_digest"],
                name="submission_paper",
            ),
        ),
    ]
