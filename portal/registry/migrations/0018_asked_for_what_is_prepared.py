"""Questions can be asked for what is put before staff."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0017_asked_before_sending"),
    ]

    operations = [
        migrations.AlterField(
            model_name="populationinquiry",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("complaint", "Complaint"),
                    ("campaign", "Campaign"),
                    ("draft", "Draft"),
                    ("prepare", "Prepare"),
                ],
                db_default="complaint",
                default="complaint",
                max_length=9,
            ),
        ),
    ]
