"""The answer within 48 hours that dispatch 9458/BYT-CNTT of 8 November 2021 asks for."""

from datetime import date

from django.db import migrations


def load(apps, schema_editor):
    apps.get_model("complaints", "Policy").objects.get_or_create(
        kind="",
        valid_from=date(2021, 3, 8),
        defaults={
            "repair_hours": 48,
            "first_answer_hours": 24,
            "pause_days": 10,
            "disagree_days": 30,
            "source": "Công văn 9458/BYT-CNTT, 08/11/2021",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("complaints", "0002_guards")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
