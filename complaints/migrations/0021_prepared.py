"""What rules of tier B put before staff; how much of it a campaign found."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Who may see what a rule prepared: staff at the organization that answers for it or
# above, and whoever sees the report that it goes with. Workers and trusted actions
# write; a citizen's session sees none.
SCOPE = "(SELECT coalesce(current_setting('app.scope', true), '') = '{}')"
SYSTEM, STAFF = map(SCOPE.format, ("system", "staff"))
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
POLICY = f"""
ALTER TABLE complaints_prepared ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_prepared FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_prepared USING (
  {SYSTEM} OR ({STAFF} AND (
    path LIKE ANY (
      SELECT reach || '%' FROM unnest(string_to_array({REACH}, ',')) AS reach
      WHERE reach <> '')
    OR EXISTS (
      SELECT FROM complaints_complaint c
      WHERE c.id = complaint_id AND c.holder_path LIKE ANY (
        SELECT reach || '%' FROM unnest(string_to_array({REACH}, ',')) AS reach
        WHERE reach <> ''))))
) WITH CHECK ({SYSTEM});
CREATE FUNCTION complaints_prepared_follow_path() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
BEGIN
  PERFORM set_config('app.scope', 'system', true);
  UPDATE complaints_prepared SET path = NEW.path WHERE organization_id = NEW.id;
  PERFORM set_config('app.scope', scope, true);
  RETURN NULL;
END $$;
CREATE TRIGGER prepared_follow_path AFTER UPDATE OF path ON registry_organization
  FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
  EXECUTE FUNCTION complaints_prepared_follow_path();
"""
POLICY_BACK = """
DROP TRIGGER prepared_follow_path ON registry_organization;
DROP FUNCTION complaints_prepared_follow_path();
DROP POLICY scope ON complaints_prepared;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0020_bulk"),
        ("registry", "0018_asked_for_what_is_prepared"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="prepared_count",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="campaignbatch",
            name="prepared_count",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="Prepared",
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
                ("rule", models.CharField(max_length=3)),
                ("version", models.PositiveSmallIntegerField()),
                ("place", models.CharField(max_length=40)),
                ("edit_sealed", models.BinaryField()),
                ("ground", models.JSONField(default=dict)),
                ("path", models.CharField(max_length=120)),
                ("found_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To decide"),
                            ("signing", "Waiting for a second person"),
                            ("made", "Corrected"),
                            ("refused", "Kept as recorded"),
                            ("gone", "No longer needed"),
                        ],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prepared",
                        to="complaints.campaignbatch",
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prepared",
                        to="complaints.complaint",
                    ),
                ),
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
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("open", "signing"))),
                        fields=["path", "id"],
                        name="prepared_waiting_by_path",
                        opclasses=["text_pattern_ops", "int8_ops"],
                    ),
                    models.Index(fields=["rule", "state"], name="prepared_by_rule"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "place", "rule"),
                        name="prepared_once_per_person_field_and_rule",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("correction__isnull", False), ("state", "made")),
                            models.Q(
                                models.Q(("state", "made"), _negated=True),
                                ("correction", None),
                            ),
                            _connector="OR",
                        ),
                        name="prepared_made_iff_corrected",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_by", None), ("state__in", ("open", "gone"))
                            ),
                            models.Q(
                                ("decided_by", None),
                                ("proposed_by__isnull", False),
                                ("state", "signing"),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("state__in", ("made", "refused")),
                            ),
                            _connector="OR",
                        ),
                        name="prepared_decided_by_somebody",
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
                        name="prepared_signed_by_another",
                    ),
                ],
            },
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
