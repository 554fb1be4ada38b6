"""A campaign notes where two sources disagree, so that a person looks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0014_other_values")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="disputed",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="campaignbatch",
            name="disputed",
            field=models.JSONField(default=list),
        ),
    ]
