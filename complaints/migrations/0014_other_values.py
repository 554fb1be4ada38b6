"""Right is another value: checked of what is written from now on, at once.

What is there already is read in a migration of its own (0020), while people report.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0013_seen_at"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="claim",
            name="claim_correction_only_if_upheld",
        ),
        migrations.AlterField(
            model_name="claim",
            name="verdict",
            field=models.CharField(
                blank=True,
                choices=[
                    ("upheld", "Upheld"),
                    ("other", "Right is another value"),
                    ("kept", "Kept as recorded"),
                    ("already_correct", "It was right already"),
                ],
                max_length=15,
            ),
        ),
        AddConstraintNotValid(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("correction", None),
                    ("verdict__in", ("upheld", "other")),
                    _connector="OR",
                ),
                name="claim_correction_only_if_upheld",
            ),
        ),
        AddConstraintNotValid(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "other"), _negated=True),
                    ("decided_sealed__isnull", False),
                    _connector="OR",
                ),
                name="claim_other_has_its_value",
            ),
        ),
    ]
