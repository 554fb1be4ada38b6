"""What the queue is narrowed by: the lot, indexes for what few cases fit, saved views.

Cases that are open get their day and lot from the dose on record, or from what was read
of their claims (``Clue``); a lot that is claimed without a known site stays sealed and
is not filled in. What has ended is left alone.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

OPEN = (
    "received",
    "in_review",
    "waiting_citizen",
    "waiting_authority",
    "awaiting_second",
)
FILL = f"""
SET LOCAL app.scope = 'system';
UPDATE complaints_complaint c
SET given_on = coalesce(c.given_on, d.given_on),
    lot = coalesce(nullif(k.lot, ''),
                   upper(replace(d.lot_number, ' ', '')), '')
FROM complaints_complaint o
LEFT JOIN registry_dose d ON d.id = o.dose_id
LEFT JOIN complaints_clue k ON k.complaint_id = o.id
WHERE o.id = c.id AND c.status IN {OPEN} AND (d.id IS NOT NULL OR k.lot <> '');
"""
# A view is its maker's or its unit's; the actions open it, and show it to nobody else.
POLICY = """
ALTER TABLE complaints_savedview ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_savedview FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_savedview USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
) WITH CHECK (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
POLICY_BACK = """
DROP POLICY scope ON complaints_savedview;
ALTER TABLE complaints_savedview NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_savedview DISABLE ROW LEVEL SECURITY;
"""


def index(name, fields, condition=None):
    """Return the step that adds an index over open cases."""
    is_open = Q(status__in=OPEN)
    return migrations.AddIndex(
        model_name="complaint",
        index=models.Index(
            name=name,
            fields=fields,
            condition=is_open & condition if condition else is_open,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0006_standard_texts"),
        ("registry", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="complaint",
            name="lot",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=30
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        index("complaint_open_by_kind", ["kind", "queue_at", "id"]),
        index("complaint_open_by_day", ["given_on", "queue_at"]),
        index("complaint_open_by_lot", ["lot", "queue_at"], ~Q(lot="")),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                name="complaint_open_again",
                fields=["queue_at", "id"],
                condition=Q(status__in=OPEN, reported_again__gt=0),
            ),
        ),
        migrations.CreateModel(
            name="SavedView",
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
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=400)),
                ("made_at", models.DateTimeField()),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="savedview_has_a_name_and_filters",
                        condition=~Q(name="") & ~Q(query=""),
                    ),
                    models.UniqueConstraint(
                        name="savedview_own_name_once",
                        fields=["by", "name"],
                        condition=Q(organization=None),
                    ),
                    models.UniqueConstraint(
                        name="savedview_shared_name_once",
                        fields=["organization", "name"],
                        condition=Q(organization__isnull=False),
                    ),
                ],
            },
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
