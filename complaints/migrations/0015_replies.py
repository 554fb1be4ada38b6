"""What units say of their figures: a case that counts wrongly, and the decision."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# As for events: who may see the case may see what was said of it.
POLICY = """
ALTER TABLE complaints_figurereview ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_figurereview FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_figurereview USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
  OR (
    (SELECT coalesce(current_setting('app.scope', true), '') = 'staff')
    AND EXISTS (SELECT 1 FROM complaints_complaint c WHERE c.id = complaint_id)
  )
) WITH CHECK (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
POLICY_BACK = """
DROP POLICY scope ON complaints_figurereview;
ALTER TABLE complaints_figurereview NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_figurereview DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0014_short_queues"),
        ("registry", "0004_unit_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FigureReview",
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
                ("reason", models.TextField(max_length=500)),
                ("flagged_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("answer", models.TextField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField(null=True)),
                ("month", models.DateField()),
                ("version", models.PositiveIntegerField(null=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                (
                    "complaint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="figure_reviews",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "flagged_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="figure_reviews",
                        to="registry.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("waiting", "accepted"))),
                        fields=("complaint",),
                        name="figurereview_one_that_counts_per_case",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("version__isnull", False)),
                        fields=("holder", "month", "version"),
                        name="figurereview_versions_without_repeats",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer", ""),
                                ("decided_at", None),
                                ("decided_by", None),
                                ("state", "waiting"),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("state__in", ("accepted", "refused")),
                                models.Q(("answer", ""), _negated=True),
                                models.Q(
                                    ("decided_by", models.F("flagged_by")),
                                    _negated=True,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="figurereview_decided_by_another_with_an_answer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("after__isnull", False),
                                ("before__isnull", False),
                                ("state", "accepted"),
                                ("version__isnull", False),
                            ),
                            models.Q(
                                models.Q(("state", "accepted"), _negated=True),
                                ("after", None),
                                ("before", None),
                                ("version", None),
                            ),
                            _connector="OR",
                        ),
                        name="figurereview_corrects_iff_accepted",
                    ),
                ],
            },
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
