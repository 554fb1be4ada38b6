"""Days off are proposed by one person and confirmed by another, as other rules are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0008_bulk_is_part")]

    operations = [
        migrations.AlterField(
            model_name="ruledraft",
            name="subject",
            field=models.CharField(
                choices=[
                    ("policy", "Policy"),
                    ("ladder", "Ladder"),
                    ("office", "Office"),
                    ("days", "Days"),
                    ("route", "Route"),
                    ("text", "Text"),
                ],
                max_length=6,
            ),
        ),
    ]
