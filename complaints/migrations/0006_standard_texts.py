"""Words that units keep ready, in versions."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0005_not_upstream")]

    operations = [
        migrations.CreateModel(
            name="StandardText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("series", models.UUIDField(default=uuid.uuid4)),
                ("version", models.PositiveSmallIntegerField(default=1)),
                (
                    "move",
                    models.CharField(
                        choices=[
                            ("ask", "Ask the citizen"),
                            ("resolve", "Resolve"),
                            ("hand_over", "Hand over"),
                            ("escalate", "Pass to the level above"),
                            ("wait", "Ask another body"),
                            ("extend", "Extend the time once"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("missing_dose", "A dose is missing"),
                            ("wrong_dose", "A detail of a dose is wrong"),
                            ("not_mine", "I did not have this dose"),
                            ("doubled_dose", "A dose is recorded twice"),
                            ("wrong_person", "Personal details are wrong"),
                            ("split_record", "My doses stand on two records"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("vi", "Tiếng Việt"), ("en", "English")], max_length=2
                    ),
                ),
                ("title", models.CharField(max_length=80)),
                ("text", models.CharField(max_length=1000)),
                ("made_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="standard_texts",
                        to="registry.organization",
                    ),
                ),
                (
                    "retired_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("series", "version"),
                        name="standardtext_versions_differ",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None)),
                        fields=("series",),
                        name="standardtext_one_version_in_use",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("retired_at", None), ("retired_by", None)),
                            models.Q(
                                ("retired_at__isnull", False),
                                ("retired_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="standardtext_retired_by_somebody",
                    ),
                ],
            },
        ),
    ]
