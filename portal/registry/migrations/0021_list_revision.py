"""A list counts what staff changed in its rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0020_certificates")]

    operations = [
        migrations.AddField(
            model_name="sessionlist",
            name="revision",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
