"""A measure of each matter; figures are counted from these, not from events."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# Measures are read by system functions that count them, never row by row for somebody.
POLICY = """
ALTER TABLE complaints_measure ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_measure FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_measure USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system'))
"""
POLICY_BACK = """
DROP POLICY scope ON complaints_measure;
ALTER TABLE complaints_measure NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_measure DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0022_ladder"),
    ]

    operations = [
        migrations.DeleteModel("Figure"),
        migrations.DeleteModel("SubtreeFigure"),
        # All is measured and counted from events: the next refresh fills the tables.
        migrations.RunSQL("DELETE FROM complaints_watermark", migrations.RunSQL.noop),
        migrations.AddField("watermark", "at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "complaint",
            models.Index(
                name="complaint_by_subject", fields=["subject_key", "submitted_at"]
            ),
        ),
        migrations.CreateModel(
            name="Measure",
            fields=[
                (
                    "complaint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="measure",
                        serialize=False,
                        to="complaints.complaint",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
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
                ("sent_on", models.DateField()),
                ("ended_on", models.DateField(null=True)),
                ("is_open", models.BooleanField()),
                ("is_resolved", models.BooleanField()),
                ("is_on_time", models.BooleanField()),
                ("is_untouched", models.BooleanField()),
                ("late_from", models.DateTimeField(null=True)),
                ("runs_from", models.DateTimeField(null=True)),
                ("spent", models.PositiveIntegerField()),
                ("first_answer", models.PositiveIntegerField(null=True)),
                ("bucket", models.PositiveSmallIntegerField(null=True)),
                ("answer_bucket", models.PositiveSmallIntegerField(null=True)),
                ("left_bucket", models.PositiveSmallIntegerField(null=True)),
                ("rounds", models.PositiveSmallIntegerField()),
                ("asks", models.PositiveSmallIntegerField()),
                ("hops", models.PositiveSmallIntegerField()),
                ("is_disagreed", models.BooleanField()),
                ("is_reversed", models.BooleanField()),
                ("is_self_corrected", models.BooleanField()),
                ("is_kept_unseen", models.BooleanField()),
                ("is_refiled", models.BooleanField()),
                ("waited", models.PositiveIntegerField()),
                ("checked", models.PositiveIntegerField()),
                ("paused", models.PositiveIntegerField()),
                ("elsewhere", models.PositiveIntegerField()),
                ("seconded", models.PositiveIntegerField()),
                ("held_by", models.JSONField(null=True)),
                ("event", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["holder", "sent_on"],
                        include=(
                            "kind",
                            "is_open",
                            "is_resolved",
                            "is_on_time",
                            "is_untouched",
                            "late_from",
                            "spent",
                            "first_answer",
                            "bucket",
                            "answer_bucket",
                            "left_bucket",
                            "rounds",
                            "asks",
                            "hops",
                            "is_disagreed",
                            "is_reversed",
                            "is_self_corrected",
                            "is_kept_unseen",
                            "is_refiled",
                            "waited",
                            "checked",
                            "paused",
                            "elsewhere",
                            "seconded",
                        ),
                        name="measure_by_sending",
                    ),
                    models.Index(
                        condition=models.Q(("ended_on__isnull", False)),
                        fields=["holder", "ended_on"],
                        include=(
                            "kind",
                            "is_open",
                            "is_resolved",
                            "is_on_time",
                            "is_untouched",
                            "late_from",
                            "spent",
                            "first_answer",
                            "bucket",
                            "answer_bucket",
                            "left_bucket",
                            "rounds",
                            "asks",
                            "hops",
                            "is_disagreed",
                            "is_reversed",
                            "is_self_corrected",
                            "is_kept_unseen",
                            "is_refiled",
                            "waited",
                            "checked",
                            "paused",
                            "elsewhere",
                            "seconded",
                        ),
                        name="measure_by_ending",
                    ),
                    models.Index(
                        condition=models.Q(("is_open", True)),
                        fields=["late_from"],
                        name="measure_falls_due",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_on", None),
                                ("is_open", True),
                                ("late_from__isnull", False),
                                ("runs_from__isnull", False),
                            ),
                            models.Q(
                                ("ended_on__isnull", False),
                                ("is_open", False),
                                ("late_from", None),
                                ("runs_from", None),
                            ),
                            _connector="OR",
                        ),
                        name="measure_open_iff_the_clock_goes_on",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("bucket__isnull", False),
                                ("is_open", False),
                                ("is_resolved", True),
                            ),
                            models.Q(
                                ("bucket", None),
                                ("is_on_time", False),
                                ("is_resolved", False),
                            ),
                            _connector="OR",
                        ),
                        name="measure_bucket_iff_resolved",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Figure",
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
                ("month", models.DateField()),
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
                    "cohort",
                    models.CharField(
                        choices=[("opened", "Opened"), ("closed", "Closed")],
                        max_length=6,
                    ),
                ),
                ("received", models.PositiveIntegerField()),
                ("resolved", models.PositiveIntegerField()),
                ("on_time", models.PositiveIntegerField()),
                ("open", models.PositiveIntegerField()),
                ("open_overdue", models.PositiveIntegerField()),
                ("untouched", models.PositiveIntegerField()),
                ("reopened", models.PositiveIntegerField()),
                ("asked", models.PositiveIntegerField()),
                ("handed", models.PositiveIntegerField()),
                ("disagreed", models.PositiveIntegerField()),
                ("reversed", models.PositiveIntegerField()),
                ("self_corrected", models.PositiveIntegerField()),
                ("kept_unseen", models.PositiveIntegerField()),
                ("refiled", models.PositiveIntegerField()),
                ("waited", models.PositiveBigIntegerField()),
                ("checked", models.PositiveBigIntegerField()),
                ("paused", models.PositiveBigIntegerField()),
                ("elsewhere", models.PositiveBigIntegerField()),
                ("seconded", models.PositiveBigIntegerField()),
                ("median", models.PositiveIntegerField(null=True)),
                ("p75", models.PositiveIntegerField(null=True)),
                ("p90", models.PositiveIntegerField(null=True)),
                ("first_answer_median", models.PositiveIntegerField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="figures",
                        to="registry.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "cohort", "month", "kind"),
                        name="figure_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)),
                        name="figure_month_begins_on_the_first",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="SubtreeFigure",
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
                ("month", models.DateField()),
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
                    "cohort",
                    models.CharField(
                        choices=[("opened", "Opened"), ("closed", "Closed")],
                        max_length=6,
                    ),
                ),
                ("received", models.PositiveIntegerField()),
                ("resolved", models.PositiveIntegerField()),
                ("on_time", models.PositiveIntegerField()),
                ("open", models.PositiveIntegerField()),
                ("open_overdue", models.PositiveIntegerField()),
                ("untouched", models.PositiveIntegerField()),
                ("reopened", models.PositiveIntegerField()),
                ("asked", models.PositiveIntegerField()),
                ("handed", models.PositiveIntegerField()),
                ("disagreed", models.PositiveIntegerField()),
                ("reversed", models.PositiveIntegerField()),
                ("self_corrected", models.PositiveIntegerField()),
                ("kept_unseen", models.PositiveIntegerField()),
                ("refiled", models.PositiveIntegerField()),
                ("waited", models.PositiveBigIntegerField()),
                ("checked", models.PositiveBigIntegerField()),
                ("paused", models.PositiveBigIntegerField()),
                ("elsewhere", models.PositiveBigIntegerField()),
                ("seconded", models.PositiveBigIntegerField()),
                ("median", models.PositiveIntegerField(null=True)),
                ("p75", models.PositiveIntegerField(null=True)),
                ("p90", models.PositiveIntegerField(null=True)),
                ("first_answer_median", models.PositiveIntegerField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subtree_figures",
                        to="registry.organization",
                    ),
                ),
                (
                    "buckets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                (
                    "answer_buckets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "answer_counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                (
                    "left_buckets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "left_counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "cohort", "month", "kind"),
                        name="subtree_figure_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)),
                        name="subtree_figure_month_begins_on_the_first",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
