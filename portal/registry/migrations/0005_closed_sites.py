"""Which sites closed when is read with each search, from a narrow index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index on organizations."""

    dependencies = [("registry", "0004_unit_names")]

    operations = [
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(
                condition=models.Q(("closed_on__isnull", False)),
                fields=["closed_on"],
                include=("id",),
                name="organization_closed",
            ),
        ),
    ]
