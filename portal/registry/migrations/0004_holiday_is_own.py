"""A day off that was entered in the portal is left alone by reference data."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_certificate_tried_at")]

    operations = [
        migrations.AddField(
            model_name="holiday",
            name="is_own",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
