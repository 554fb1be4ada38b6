"""What somebody held a sampled change against who said whether it was right."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0004_readdressed")]

    operations = [
        migrations.AddField(
            "selfcorrection",
            "checked_against",
            models.CharField(
                blank=True,
                choices=[
                    ("paper", "A paper of the person"),
                    ("person", "The person's own word"),
                    ("site", "The list or book of the vaccination site"),
                    ("register", "Another register"),
                ],
                db_default="",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            "selfcorrection",
            models.CheckConstraint(
                name="selfcorrection_held_against_something_when_found",
                condition=models.Q(("checked_against", ""))
                | models.Q(("finding", ""), _negated=True),
            ),
        ),
    ]
