"""Only those closed in the portal are read with each search: there are few of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A narrower index in the place of one on all closed sites."""

    dependencies = [("registry", "0005_closed_sites")]

    operations = [
        migrations.RemoveIndex(model_name="organization", name="organization_closed"),
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(
                condition=models.Q(("closed_on__isnull", False), ("is_own", True)),
                fields=["closed_on"],
                include=("id",),
                name="organization_own_closed",
            ),
        ),
    ]
