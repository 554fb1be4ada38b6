"""Batches with something in doubt are found by an index, and old processes go on."""

from django.db import migrations, models
from django.db.models import Index, Q, Value


class Migration(migrations.Migration):
    dependencies = [("complaints", "0018_digest_refused")]

    operations = [
        migrations.AlterField(
            model_name="campaignbatch",
            name="disputed",
            field=models.JSONField(
                db_default=Value([], models.JSONField()), default=list
            ),
        ),
        migrations.AddIndex(
            model_name="campaignbatch",
            index=Index(
                name="campaignbatch_disputed",
                fields=["campaign", "id"],
                condition=~Q(disputed=[]),
            ),
        ),
    ]
