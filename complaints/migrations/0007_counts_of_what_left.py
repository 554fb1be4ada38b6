from django.db import migrations, models

COUNTS = ("lapsed", "withdrawn", "left_late", "answered", "unanswered")


class Migration(migrations.Migration):
    dependencies = [("complaints", "0006_measures_by_index")]
    operations = [
        migrations.AddField(model, name, models.PositiveIntegerField(db_default=0))
        for model in ("figure", "subtreefigure")
        for name in COUNTS
    ]
