"""Many cases at once: the chosen set, what became of each; what staff have read."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A set is its chooser's alone; the actions open it, and show it to nobody else.
TABLES = ("bulk", "bulkitem", "bulkrun")
POLICIES = "".join(
    f"""
ALTER TABLE complaints_{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_{table} USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
    for table in TABLES
)
POLICIES_BACK = "".join(
    f"""
DROP POLICY scope ON complaints_{table};
ALTER TABLE complaints_{table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_{table} DISABLE ROW LEVEL SECURITY;
"""
    for table in TABLES
)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0019_terms"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="presence",
            name="version",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="Bulk",
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
                ("language", models.CharField(max_length=2)),
                ("chosen_at", models.DateTimeField()),
                ("total", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("chosen", "Chosen"),
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                        ],
                        default="chosen",
                        max_length=8,
                    ),
                ),
                (
                    "move",
                    models.CharField(blank=True, max_length=12),
                ),
                ("facts_sealed", models.BinaryField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("progress_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BulkItem",
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
                ("place", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("changed", "Changed"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300)),
                (
                    "bulk",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="complaints.bulk",
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
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="complaints.event",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BulkRun",
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
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "bulk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="complaints.bulk",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="bulk",
            index=models.Index(fields=["by", "-id"], name="bulk_by"),
        ),
        migrations.AddConstraint(
            model_name="bulk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("facts_sealed", None),
                        ("move", ""),
                        ("started_at", None),
                        ("state", "chosen"),
                    ),
                    models.Q(
                        models.Q(("state", "chosen"), _negated=True),
                        models.Q(("move", ""), _negated=True),
                        ("facts_sealed__isnull", False),
                        ("started_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="bulk_begun_iff_it_has_a_move",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state__in", ("chosen", "running"))),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state__in", ("stopped", "finished")),
                    ),
                    _connector="OR",
                ),
                name="bulk_ended_iff_it_does_not_run",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkitem",
            index=models.Index(
                fields=["bulk", "state", "place"], name="bulkitem_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(
                fields=("bulk", "place"), name="bulkitem_one_per_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(
                fields=("bulk", "complaint"), name="bulkitem_one_per_case"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("event__isnull", False), ("state", "done")),
                    models.Q(
                        models.Q(("state", "done"), _negated=True), ("event", None)
                    ),
                    _connector="OR",
                ),
                name="bulkitem_done_iff_it_was_moved",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "refused"), models.Q(("words", ""), _negated=True)
                    ),
                    models.Q(
                        models.Q(("state", "refused"), _negated=True), ("words", "")
                    ),
                    _connector="OR",
                ),
                name="bulkitem_refused_iff_it_says_why",
            ),
        ),
        migrations.RunSQL(POLICIES, POLICIES_BACK),
    ]
