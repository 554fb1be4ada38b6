"""What two people decide is the list as it was when it was proposed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0028_office_drafts")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="revision",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="returned",
            field=models.CharField(
                blank=True,
                choices=[
                    (
                        "changed",
                        "The list changed after it was proposed, so settling stopped."
                        " Check its rows, then propose again.",
                    ),
                    (
                        "none",
                        "No report could be settled, so settling stopped."
                        " The reason stands beside each report.",
                    ),
                ],
                db_default="",
                max_length=7,
            ),
        ),
    ]
