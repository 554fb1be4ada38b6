"""Inquiries hold questions of any detail, several at once, for campaigns too.

Nobody waits for one longer than thirty seconds. Those under way end without an answer:
``inquiry_due`` gives their complaints to a person, as it does when nobody answers.
"""

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Least


def end_waiting(apps, schema_editor):
    inquiries = apps.get_model("registry", "PopulationInquiry").objects
    inquiries.update(
        answered_at=None,
        due_at=Least(F("due_at"), django.utils.timezone.now()),
    )


class Migration(migrations.Migration):
    dependencies = [("registry", "0015_taking")]

    operations = [
        migrations.RemoveConstraint(
            "populationinquiry", "populationinquiry_is_answered_with_a_time"
        ),
        migrations.RunPython(end_waiting, migrations.RunPython.noop),
        migrations.RemoveField("populationinquiry", "is_match"),
        migrations.RemoveField("populationinquiry", "person"),
        migrations.RenameField(
            "populationinquiry", "claimed_sealed", "questions_sealed"
        ),
        migrations.AlterField("populationinquiry", "about", models.BigIntegerField()),
        migrations.AddField(
            "populationinquiry",
            "purpose",
            models.CharField(
                choices=[("complaint", "Complaint"), ("campaign", "Campaign")],
                db_default="complaint",
                default="complaint",
                max_length=9,
            ),
        ),
        migrations.AddField(
            "populationinquiry",
            "round",
            models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            "populationinquiry", "answers", models.JSONField(null=True)
        ),
        migrations.AddConstraint(
            "populationinquiry",
            models.UniqueConstraint(
                fields=("about", "purpose", "round"),
                name="populationinquiry_once_a_round",
            ),
        ),
        migrations.AddConstraint(
            "populationinquiry",
            models.CheckConstraint(
                condition=Q(answered_at=None, answers=None)
                | Q(answered_at__isnull=False, answers__isnull=False),
                name="populationinquiry_is_answered_with_a_time",
            ),
        ),
    ]
