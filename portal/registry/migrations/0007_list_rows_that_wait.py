"""Which row a row repeats, what somebody asked for with a list, what its report is of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_comparison_of_new")]

    operations = [
        migrations.AddField(
            model_name="stagedrow",
            name="against",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="sessionlist",
            name="report_language",
            field=models.CharField(blank=True, db_default="", max_length=2),
        ),
        migrations.AddField(
            model_name="sessionlist",
            name="report_of",
            field=models.CharField(blank=True, db_default="", max_length=60),
        ),
        migrations.AddField(
            model_name="sessionlist",
            name="asked_for",
            field=models.CharField(
                blank=True,
                choices=[("commit", "Commit"), ("undo", "Undo")],
                db_default="",
                max_length=6,
            ),
        ),
    ]
