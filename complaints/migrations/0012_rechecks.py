"""Samples of closed cases, decided once more by somebody else."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Who may see the unit that decided sees its checks; who drew, the samples. Actions write.
SCOPE = "(SELECT coalesce(current_setting('app.scope', true), '') = '{}')"
SYSTEM, STAFF = map(SCOPE.format, ("system", "staff"))
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
POLICY = "".join(
    f"""
ALTER TABLE complaints_{name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_{name} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_{name} USING (
  {SYSTEM} OR ({STAFF} AND path LIKE ANY (
    SELECT reach || '%' FROM unnest(string_to_array({REACH}, ',')) AS reach
    WHERE reach <> ''))
) WITH CHECK ({SYSTEM});
CREATE FUNCTION complaints_{name}_follow_path() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
BEGIN
  PERFORM set_config('app.scope', 'system', true);
  UPDATE complaints_{name} SET path = NEW.path WHERE organization_id = NEW.id;
  PERFORM set_config('app.scope', scope, true);
  RETURN NULL;
END $$;
CREATE TRIGGER {name}_follow_path AFTER UPDATE OF path ON registry_organization
  FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
  EXECUTE FUNCTION complaints_{name}_follow_path();
"""
    for name in ("sample", "recheck")
)
POLICY_BACK = "".join(
    f"""
DROP TRIGGER {name}_follow_path ON registry_organization;
DROP FUNCTION complaints_{name}_follow_path();
DROP POLICY scope ON complaints_{name};
"""
    for name in ("sample", "recheck")
)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0011_access_signs"),
        ("registry", "0004_unit_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Sample",
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
                ("path", models.CharField(max_length=120)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("per_stratum", models.PositiveSmallIntegerField()),
                ("most", models.PositiveIntegerField()),
                ("seed", models.CharField(max_length=32)),
                ("closed", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "by",
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
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Recheck",
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
                ("path", models.CharField(max_length=120)),
                (
                    "stratum",
                    models.CharField(
                        choices=[
                            ("corrected", "Corrected"),
                            ("partly_corrected", "Partly corrected"),
                            ("kept", "Kept as recorded, with reason"),
                            ("already_correct", "It was right already"),
                        ],
                        max_length=16,
                    ),
                ),
                ("of_stratum", models.PositiveIntegerField()),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("agree", "I decide the same"),
                            ("disagree", "I decide otherwise"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("proof", "The proof says something else"),
                            ("no_proof", "There was not proof enough"),
                            ("ground", "The ground given does not fit"),
                            ("record", "The record was changed wrongly"),
                            ("unseen", "What was claimed was not looked at"),
                            ("other", "Something else"),
                        ],
                        max_length=8,
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=1000)),
                ("checked_at", models.DateTimeField(null=True)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accepted", "The check is right"),
                            ("held", "Our decision was right"),
                        ],
                        max_length=8,
                    ),
                ),
                ("answer_note", models.TextField(blank=True, max_length=1000)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "checker",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="complaints.event",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
                (
                    "sample",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rechecks",
                        to="complaints.sample",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gte", models.F("first"))),
                name="sample_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(("most__gte", 1), ("per_stratum__gte", 1)),
                name="sample_draws_something",
            ),
        ),
        migrations.AddIndex(
            model_name="recheck",
            index=models.Index(
                condition=models.Q(("verdict", "")),
                fields=["path", "id"],
                name="recheck_to_check",
                opclasses=["text_pattern_ops", "int8_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="recheck",
            index=models.Index(
                condition=models.Q(("verdict", ""), _negated=True),
                fields=["path", "checked_at"],
                name="recheck_checked",
                opclasses=["text_pattern_ops", "timestamptz_ops"],
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.UniqueConstraint(
                fields=("sample", "event"), name="recheck_once_per_sample"
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("checker", None), ("taken_at", None)),
                    models.Q(("checker__isnull", False), ("taken_at__isnull", False)),
                    _connector="OR",
                ),
                name="recheck_taken_iff_it_has_a_checker",
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("checked_at", None), ("verdict", "")),
                    models.Q(
                        models.Q(("verdict", ""), _negated=True),
                        ("checked_at__isnull", False),
                        ("checker__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="recheck_verdict_by_its_checker",
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("verdict", "disagree"),
                        models.Q(("reason", ""), _negated=True),
                        models.Q(("note", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("verdict", "disagree"), _negated=True), ("reason", "")
                    ),
                    _connector="OR",
                ),
                name="recheck_disagrees_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answer", ""),
                        ("answer_note", ""),
                        ("answered_at", None),
                        ("answered_by", None),
                    ),
                    models.Q(
                        models.Q(("answer", ""), _negated=True),
                        models.Q(("answer_note", ""), _negated=True),
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                        ("verdict", "disagree"),
                    ),
                    _connector="OR",
                ),
                name="recheck_answered_where_it_disagrees",
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_by", None),
                    models.Q(("answered_by", models.F("checker")), _negated=True),
                    _connector="OR",
                ),
                name="recheck_answered_by_another",
            ),
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
