"""Of when an answer of the population database is, beside when it came."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_holiday_is_own")]

    operations = [
        migrations.AddField(
            model_name="populationinquiry",
            name="said_at",
            field=models.DateTimeField(null=True),
        ),
    ]
