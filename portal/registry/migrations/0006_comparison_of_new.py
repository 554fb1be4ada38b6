"""A comparison by itself of people who were added since the last one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_said_at")]

    operations = [
        migrations.AddField(
            model_name="populationrun",
            name="of_new",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
