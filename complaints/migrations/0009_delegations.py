"""Who answers instead of whom, and last month routed again under a draft."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0008_unit_changes"),
        ("registry", "0004_unit_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="ruledraft",
            name="subject",
            field=models.CharField(
                choices=[
                    ("policy", "Policy"),
                    ("ladder", "Ladder"),
                    ("office", "Office"),
                    ("route", "Route"),
                    ("text", "Text"),
                ],
                max_length=6,
            ),
        ),
        migrations.CreateModel(
            name="Delegation",
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
                ("with_below", models.BooleanField(default=False)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("source", models.CharField(max_length=120)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations",
                        to="registry.organization",
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegated",
                        to="registry.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("organization", "kind", "valid_from"),
                        name="delegation_once_per_reach_and_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="delegation_does_not_end_before_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("with_below", True),
                            models.Q(("organization", models.F("to")), _negated=True),
                            _connector="OR",
                        ),
                        name="delegation_to_another_or_from_below",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", None)),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                                ("valid_to__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="delegation_rolled_back_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Replay",
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
                ("ref", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                        ],
                        default="running",
                        max_length=7,
                    ),
                ),
                ("total", models.PositiveIntegerField()),
                ("looked", models.PositiveIntegerField(default=0)),
                ("after", models.BigIntegerField(default=0)),
                ("pairs", models.JSONField(default=list)),
                ("examples", models.JSONField(default=list)),
                ("seconds", models.FloatField(default=0)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replays",
                        to="complaints.ruledraft",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at", None), ("state", "running")),
                            models.Q(
                                models.Q(("state", "running"), _negated=True),
                                ("done_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="replay_done_iff_it_has_a_time",
                    )
                ],
            },
        ),
    ]
