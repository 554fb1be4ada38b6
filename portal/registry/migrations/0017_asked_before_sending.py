"""Questions can be asked for a report that is not sent yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0016_inquiry_questions")]

    operations = [
        migrations.AlterField(
            "populationinquiry",
            "purpose",
            models.CharField(
                choices=[
                    ("complaint", "Complaint"),
                    ("campaign", "Campaign"),
                    ("draft", "Draft"),
                ],
                db_default="complaint",
                default="complaint",
                max_length=9,
            ),
        ),
    ]
