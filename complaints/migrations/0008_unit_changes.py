"""Units that open, are renamed or close, and the cases that go to a successor."""

import uuid

import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Which cases went where is for the action that moved them only.
POLICIES = """
ALTER TABLE complaints_unitchangecase ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_unitchangecase FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_unitchangecase USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
POLICIES_BACK = """
DROP POLICY scope ON complaints_unitchangecase;
ALTER TABLE complaints_unitchangecase NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_unitchangecase DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0007_filters"),
        ("registry", "0004_unit_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UnitChange",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("renamed", "Renamed"),
                            ("closed", "Closed"),
                        ],
                        max_length=7,
                    ),
                ),
                ("day", models.DateField()),
                ("name_before", models.CharField(blank=True, max_length=160)),
                ("name_after", models.CharField(blank=True, max_length=160)),
                (
                    "staff",
                    models.CharField(
                        blank=True,
                        choices=[("move", "Move"), ("end", "End")],
                        max_length=4,
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("undone", "Undone"),
                        ],
                        max_length=9,
                    ),
                ),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("done_at", models.DateTimeField(null=True)),
                ("cases", models.PositiveIntegerField(default=0)),
                (
                    "facts",
                    models.JSONField(
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                        related_name="changes",
                        to="registry.organization",
                    ),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="takes_over",
                        to="registry.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UnitChangeCase",
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
                ("before", models.JSONField()),
                (
                    "change",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moved",
                        to="complaints.unitchange",
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="complaints.event",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="unitchange",
            index=models.Index(fields=["-id"], name="unitchange_newest"),
        ),
        migrations.AddConstraint(
            model_name="unitchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("planned", "running"))),
                fields=("organization",),
                name="unitchange_one_waits_per_unit",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("done_at__isnull", False), ("state__in", ("done", "undone"))
                    ),
                    models.Q(
                        models.Q(("state__in", ("done", "undone")), _negated=True),
                        ("done_at", None),
                    ),
                    _connector="OR",
                ),
                name="unitchange_done_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_by__isnull", False),
                        ("state__in", ("withdrawn", "undone")),
                    ),
                    models.Q(
                        models.Q(("state__in", ("withdrawn", "undone")), _negated=True),
                        ("ended_at", None),
                        ("ended_by", None),
                    ),
                    _connector="OR",
                ),
                name="unitchange_taken_back_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "refused"), models.Q(("trouble", ""), _negated=True)
                    ),
                    models.Q(
                        models.Q(("state", "refused"), _negated=True), ("trouble", "")
                    ),
                    _connector="OR",
                ),
                name="unitchange_refused_iff_it_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("successor", None),
                    models.Q(
                        ("kind", "closed"),
                        models.Q(
                            ("successor", models.F("organization")), _negated=True
                        ),
                    ),
                    _connector="OR",
                ),
                name="unitchange_succeeds_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "renamed"), models.Q(("name_after", ""), _negated=True)
                    ),
                    models.Q(
                        models.Q(("kind", "renamed"), _negated=True), ("name_after", "")
                    ),
                    _connector="OR",
                ),
                name="unitchange_renamed_iff_it_has_a_new_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitchangecase",
            constraint=models.UniqueConstraint(
                fields=("change", "event"), name="unitchangecase_once_per_event"
            ),
        ),
        migrations.RunSQL(POLICIES, POLICIES_BACK),
    ]
