"""Pairs that matching proposes to staff, and what it has to look at again."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NOTE = """
CREATE OR REPLACE FUNCTION registry_note_keys(kind text, keys bigint[]) RETURNS void
LANGUAGE sql AS $$
  WITH span AS (
    SELECT min(k) AS first, max(k) AS last, count(*) AS n FROM unnest(keys) k
  ), noted AS (
    SELECT kind AS what, first, last FROM span WHERE n > 0 AND last - first < 4 * n
    UNION ALL
    SELECT DISTINCT kind, k, k FROM unnest(keys) k, span WHERE last - first >= 4 * n
  ), matched AS (
    INSERT INTO registry_matchchange (kind, first, last)
    SELECT what, first, last FROM noted WHERE what IN ('person', 'dose')
  )
  INSERT INTO registry_qualitychange (kind, first, last)
  SELECT what, first, last FROM noted
$$;
"""
NOTE_BACK = """
CREATE OR REPLACE FUNCTION registry_note_keys(kind text, keys bigint[]) RETURNS void
LANGUAGE sql AS $$
  WITH span AS (
    SELECT min(k) AS first, max(k) AS last, count(*) AS n FROM unnest(keys) k
  )
  INSERT INTO registry_qualitychange (kind, first, last)
  SELECT kind, first, last FROM span WHERE n > 0 AND last - first < 4 * n
  UNION ALL
  SELECT DISTINCT kind, k, k FROM unnest(keys) k, span WHERE last - first >= 4 * n
$$;
"""
# Who may see a pair: staff at the organization before which it is, or above; workers
# all. Only workers and trusted actions write.
SCOPE = "(SELECT coalesce(current_setting('app.scope', true), '') = '{}')"
SYSTEM, STAFF = map(SCOPE.format, ("system", "staff"))
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
POLICY = f"""
ALTER TABLE registry_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE registry_proposal FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON registry_proposal USING (
  {SYSTEM} OR ({STAFF} AND path LIKE ANY (
    SELECT reach || '%' FROM unnest(string_to_array({REACH}, ',')) AS reach
    WHERE reach <> ''))
) WITH CHECK ({SYSTEM});
CREATE FUNCTION registry_proposal_follow_path() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
BEGIN
  PERFORM set_config('app.scope', 'system', true);
  UPDATE registry_proposal SET path = NEW.path WHERE organization_id = NEW.id;
  PERFORM set_config('app.scope', scope, true);
  RETURN NULL;
END $$;
CREATE TRIGGER proposal_follow_path AFTER UPDATE OF path ON registry_organization
  FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
  EXECUTE FUNCTION registry_proposal_follow_path();
"""
POLICY_BACK = """
DROP TRIGGER proposal_follow_path ON registry_organization;
DROP FUNCTION registry_proposal_follow_path();
DROP POLICY scope ON registry_proposal;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0012_dosefile"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="correction",
            name="reason",
            field=models.CharField(
                choices=[
                    ("complaint", "Complaint"),
                    ("rule", "Rule"),
                    ("import", "Import"),
                    ("undo", "Undo"),
                    ("review", "Review"),
                ],
                max_length=9,
            ),
        ),
        migrations.CreateModel(
            name="MatchChange",
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
                        choices=[
                            ("person", "people that changed"),
                            ("dose", "doses that changed"),
                        ],
                        max_length=7,
                    ),
                ),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last__gte", models.F("first"))),
                        name="matchchange_is_a_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
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
                            ("owner", "Owner"),
                            ("people", "People"),
                            ("doses", "Doses"),
                        ],
                        max_length=6,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("signing", "Signing"),
                            ("made", "Made"),
                            ("refused", "Refused"),
                            ("gone", "Gone"),
                        ],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("name_folded", models.CharField(blank=True, max_length=120)),
                ("strength", models.PositiveSmallIntegerField()),
                ("score", models.FloatField(default=0)),
                ("evidence", models.JSONField(default=dict)),
                ("is_leading", models.BooleanField(default=True)),
                ("path", models.CharField(max_length=120)),
                ("found_at", models.DateTimeField()),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "choice",
                    models.CharField(
                        blank=True,
                        choices=[("first", "First"), ("other", "Other")],
                        max_length=5,
                    ),
                ),
                ("concerns_oneself", models.BooleanField(default=False)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "correction",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.correction",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dose",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.dose",
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
                    "other_dose",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.dose",
                    ),
                ),
                (
                    "other_person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undo_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_leading", True), ("state", "open")),
                        fields=["kind", "path", "strength", "id"],
                        name="proposal_waiting_by_path",
                        opclasses=[
                            "varchar_ops",
                            "text_pattern_ops",
                            "int2_ops",
                            "int8_ops",
                        ],
                    ),
                    models.Index(
                        condition=models.Q(("state", "signing")),
                        fields=["kind", "id"],
                        name="proposal_signing",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ("made", "refused"))),
                        fields=["kind", "-decided_at", "-id"],
                        name="proposal_decided",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("kind", "owner"), ("state__in", ("open", "signing"))
                        ),
                        fields=["name_folded"],
                        name="proposal_orphan_name",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("dose__isnull", False),
                                ("kind", "owner"),
                                ("other_dose", None),
                                ("other_person", None),
                            ),
                            models.Q(
                                ("dose", None),
                                ("kind", "people"),
                                ("other_dose", None),
                                ("other_person__gt", models.F("person")),
                                ("person__isnull", False),
                            ),
                            models.Q(
                                ("dose__isnull", False),
                                ("kind", "doses"),
                                ("other_dose__isnull", False),
                                ("other_person", None),
                                ("person__isnull", False),
                                models.Q(
                                    ("dose", models.F("other_dose")), _negated=True
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_names_what_its_kind_is_about",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("correction__isnull", False), ("state", "made")),
                            models.Q(
                                models.Q(("state", "made"), _negated=True),
                                ("correction", None),
                                ("undo_by", None),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_made_iff_corrected",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("proposed_by", None),
                            ("decided_by", None),
                            models.Q(
                                ("proposed_by", models.F("decided_by")), _negated=True
                            ),
                            _connector="OR",
                        ),
                        name="proposal_signed_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_by", None),
                                ("proposed_by__isnull", False),
                                ("state", "signing"),
                            ),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("state__in", ("made", "refused")),
                            ),
                            models.Q(
                                ("decided_by", None),
                                ("proposed_by", None),
                                ("state__in", ("open", "gone")),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_waits_for_a_second_iff_proposed",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "owner")),
                        fields=("dose", "person"),
                        name="proposal_once_per_owner",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "people")),
                        fields=("person", "other_person"),
                        name="proposal_once_per_people",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "doses")),
                        fields=("person", "dose", "other_dose"),
                        name="proposal_once_per_doses",
                    ),
                ],
            },
        ),
        migrations.RunSQL(NOTE, NOTE_BACK),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
