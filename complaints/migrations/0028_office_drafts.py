"""Office hours can be proposed, too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0027_measures_open"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ruledraft",
            name="subject",
            field=models.CharField(
                choices=[
                    ("policy", "Policy"),
                    ("ladder", "Ladder"),
                    ("office", "Office"),
                ],
                max_length=6,
            ),
        ),
    ]
