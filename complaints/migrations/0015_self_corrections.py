"""Switches of the self-correction rules, what they changed, and campaigns."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Workers write; staff look at samples and take back; a citizen's session sees none.
POLICY = """
ALTER TABLE complaints_selfcorrection ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_selfcorrection FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_selfcorrection USING (
  (SELECT coalesce(current_setting('app.scope', true), '') IN ('system', 'staff'))
) WITH CHECK (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
CREATE FUNCTION complaints_switches_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'switches of rules are append-only'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON complaints_ruleswitch
  FOR EACH ROW EXECUTE FUNCTION complaints_switches_are_kept();
"""
POLICY_BACK = """
DROP TRIGGER append_only ON complaints_ruleswitch;
DROP FUNCTION complaints_switches_are_kept();
DROP POLICY scope ON complaints_selfcorrection;
ALTER TABLE complaints_selfcorrection NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_selfcorrection DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0014_own_file_guards"),
        ("registry", "0016_inquiry_questions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
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
                    "rules",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=3), size=None
                    ),
                ),
                ("cap", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("cursor", models.BigIntegerField(default=0)),
                ("last_person", models.BigIntegerField()),
                ("total", models.PositiveIntegerField()),
                ("looked_at", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CampaignBatch",
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
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                ("size", models.PositiveSmallIntegerField()),
                ("changed", models.PositiveSmallIntegerField(default=0)),
                ("planned_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="complaints.campaign",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RuleSwitch",
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
                ("rule", models.CharField(max_length=3)),
                (
                    "use",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("report", "when a citizen reports"),
                            ("campaign", "before anybody complains"),
                        ],
                        max_length=8,
                    ),
                ),
                ("is_on", models.BooleanField()),
                ("daily_cap", models.PositiveIntegerField(null=True)),
                ("least_precision", models.PositiveIntegerField(default=9800)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "province",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.administrativeunit",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SelfCorrection",
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
                ("whole", models.UUIDField()),
                ("rule", models.CharField(max_length=3)),
                ("version", models.PositiveSmallIntegerField()),
                ("place", models.CharField(max_length=40)),
                ("proofs", models.JSONField(default=list)),
                ("at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                ("is_sampled", models.BooleanField(default=False)),
                (
                    "finding",
                    models.CharField(
                        blank=True,
                        choices=[("right", "Right"), ("wrong", "Wrong")],
                        max_length=5,
                    ),
                ),
                ("checked_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="self_corrections",
                        to="complaints.campaignbatch",
                    ),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="self_corrections",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "correction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="self_correction",
                        to="registry.correction",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="self_corrections",
                        to="registry.person",
                    ),
                ),
                (
                    "province",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.administrativeunit",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")),
                fields=("state",),
                name="campaign_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "running")),
                    models.Q(
                        models.Q(("state", "running"), _negated=True),
                        ("ended_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="campaign_ended_iff_it_does_not_run",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("changed__lte", models.F("cap"))),
                name="campaign_keeps_to_its_cap",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("people__len", models.F("size"))),
                    models.Q(("done_at__isnull", False), ("people__len", 0)),
                    _connector="OR",
                ),
                name="campaignbatch_holds_people_until_it_is_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("undone_at", None), ("undone_by", None)),
                    models.Q(
                        ("done_at__isnull", False),
                        ("undone_at__gte", models.F("done_at")),
                        ("undone_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="campaignbatch_undone_by_somebody_after_it_was_done",
            ),
        ),
        migrations.AddIndex(
            model_name="ruleswitch",
            index=models.Index(fields=["rule", "-id"], name="ruleswitch_newest"),
        ),
        migrations.AddConstraint(
            model_name="ruleswitch",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="ruleswitch_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleswitch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_on", False), ("by__isnull", False), _connector="OR"
                ),
                name="ruleswitch_only_a_person_switches_on",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleswitch",
            constraint=models.CheckConstraint(
                condition=models.Q(("least_precision__lte", 10000)),
                name="ruleswitch_precision_is_a_share",
            ),
        ),
        migrations.AddIndex(
            model_name="selfcorrection",
            index=models.Index(
                condition=models.Q(("finding", ""), ("is_sampled", True)),
                fields=["id"],
                name="selfcorrection_to_check",
            ),
        ),
        migrations.AddIndex(
            model_name="selfcorrection",
            index=models.Index(fields=["rule", "at"], name="selfcorrection_by_rule"),
        ),
        migrations.AddConstraint(
            model_name="selfcorrection",
            constraint=models.UniqueConstraint(
                fields=("person", "place"),
                name="selfcorrection_one_per_person_and_field",
            ),
        ),
        migrations.AddConstraint(
            model_name="selfcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("batch__isnull", False), ("complaint", None)),
                    models.Q(("batch", None), ("complaint__isnull", False)),
                    _connector="OR",
                ),
                name="selfcorrection_by_a_report_or_a_campaign",
            ),
        ),
        migrations.AddConstraint(
            model_name="selfcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("checked_at", None), ("checked_by", None), ("finding", "")
                    ),
                    models.Q(
                        models.Q(("finding", ""), _negated=True),
                        ("checked_at__isnull", False),
                        ("checked_by__isnull", False),
                        ("is_sampled", True),
                    ),
                    _connector="OR",
                ),
                name="selfcorrection_found_by_somebody",
            ),
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
