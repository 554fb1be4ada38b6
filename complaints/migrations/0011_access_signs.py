"""Unusual looks at people's data, and what came of asking about them."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Auditors at the organization or above it read; trusted actions and workers write.
SCOPE = "(SELECT coalesce(current_setting('app.scope', true), '') = '{}')"
SYSTEM, STAFF = map(SCOPE.format, ("system", "staff"))
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
POLICY = f"""
ALTER TABLE complaints_accesssign ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_accesssign FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_accesssign USING (
  {SYSTEM} OR ({STAFF} AND path LIKE ANY (
    SELECT reach || '%' FROM unnest(string_to_array({REACH}, ',')) AS reach
    WHERE reach <> ''))
) WITH CHECK ({SYSTEM});
CREATE FUNCTION complaints_accesssign_follow_path() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
BEGIN
  PERFORM set_config('app.scope', 'system', true);
  UPDATE complaints_accesssign SET path = NEW.path WHERE organization_id = NEW.id;
  PERFORM set_config('app.scope', scope, true);
  RETURN NULL;
END $$;
CREATE TRIGGER accesssign_follow_path AFTER UPDATE OF path ON registry_organization
  FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
  EXECUTE FUNCTION complaints_accesssign_follow_path();
"""
POLICY_BACK = """
DROP TRIGGER accesssign_follow_path ON registry_organization;
DROP FUNCTION complaints_accesssign_follow_path();
DROP POLICY scope ON complaints_accesssign;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0010_wordings"),
        ("registry", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessSign",
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
                    "rule",
                    models.CharField(
                        choices=[
                            ("own", "Own record, or one of the own household"),
                            ("many", "Many different people within an hour"),
                            ("at_night", "Outside office hours"),
                            ("no_case", "People with whom the unit has nothing to do"),
                            ("sought", "One person looked up by many accounts"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "tie",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("number", "the account's own identity number"),
                            ("phone", "the account's own telephone"),
                            (
                                "family",
                                "a telephone shared with the account's own record",
                            ),
                        ],
                        max_length=6,
                    ),
                ),
                ("path", models.CharField(max_length=120)),
                ("day", models.DateField()),
                ("begins", models.DateTimeField()),
                ("ends", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
                ("usual", models.PositiveIntegerField(null=True)),
                ("found_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("justified", "There was a reason"),
                            ("unjustified", "There was no reason"),
                            ("unclear", "It cannot be told"),
                        ],
                        max_length=11,
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=1000)),
                ("reviewed_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
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
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
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
                        condition=models.Q(("outcome", "")),
                        fields=["path", "begins"],
                        name="accesssign_to_review",
                        opclasses=["text_pattern_ops", "timestamptz_ops"],
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rule", "user", "person", "begins"),
                        name="accesssign_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("user__isnull", False),
                            ("person__isnull", False),
                            _connector="OR",
                        ),
                        name="accesssign_about_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("note", ""),
                                ("outcome", ""),
                                ("reviewed_at", None),
                                ("reviewed_by", None),
                            ),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                models.Q(("note", ""), _negated=True),
                                ("reviewed_at__isnull", False),
                                ("reviewed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="accesssign_reviewed_by_somebody_who_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("user", None),
                            ("reviewed_by", None),
                            models.Q(("reviewed_by", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="accesssign_reviewed_by_another",
                    ),
                ],
            },
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
