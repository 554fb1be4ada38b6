import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Who may see a list: staff at the site or above it, as with complaints; workers all.
SCOPE = "(SELECT coalesce(current_setting('app.scope', true), '') = '{}')"
SYSTEM, STAFF = map(SCOPE.format, ("system", "staff"))
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
TABLES = ("stagedrow", "listjob")
POLICIES = "".join(
    f"""
ALTER TABLE registry_{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE registry_{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON registry_{table} USING (
  {SYSTEM} OR ({STAFF} AND EXISTS (
    SELECT 1 FROM registry_organization o,
      unnest(string_to_array({REACH}, ',')) AS reach
    WHERE o.id = site_id AND reach <> '' AND o.path LIKE reach || '%'))
) WITH CHECK ({SYSTEM});
"""
    for table in ("sessionlist", "listcolumns")
) + "".join(
    f"""
ALTER TABLE registry_{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE registry_{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON registry_{table} USING (
  {SYSTEM} OR EXISTS (
    SELECT 1 FROM registry_sessionlist l WHERE l.id = session_list_id)
) WITH CHECK ({SYSTEM});
"""
    for table in TABLES
)
POLICIES_BACK = "".join(
    f"""
DROP POLICY scope ON registry_{table};
ALTER TABLE registry_{table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE registry_{table} DISABLE ROW LEVEL SECURITY;
"""
    for table in (*TABLES, "sessionlist", "listcolumns")
)


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0010_quality_merges"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SessionList",
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
                ("name_sealed", models.BinaryField()),
                ("file_digest", models.BinaryField(max_length=32)),
                ("bytes", models.PositiveIntegerField()),
                ("columns", models.JSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "Reading"),
                            ("judging", "Judging"),
                            ("checked", "Checked"),
                            ("committing", "Committing"),
                            ("committed", "Committed"),
                            ("undoing", "Undoing"),
                            ("undone", "Undone"),
                            ("refused", "Refused"),
                        ],
                        default="reading",
                        max_length=10,
                    ),
                ),
                ("refusal", models.CharField(blank=True, max_length=30)),
                ("rows_read", models.PositiveIntegerField(default=0)),
                ("rows_judged", models.PositiveIntegerField(default=0)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("progress_at", models.DateTimeField()),
                ("uploaded_at", models.DateTimeField()),
                ("committed_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                ("forgotten_at", models.DateTimeField(null=True)),
                (
                    "committed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lists",
                        to="registry.organization",
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
                (
                    "uploaded_by",
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
            name="ListJob",
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
                    "work",
                    models.CharField(
                        choices=[
                            ("read", "Read"),
                            ("judge", "Judge"),
                            ("commit", "Commit"),
                            ("undo", "Undo"),
                            ("report", "Report"),
                        ],
                        max_length=6,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
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
                    "session_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="registry.sessionlist",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StagedRow",
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
                ("line", models.PositiveIntegerField()),
                ("content_sealed", models.BinaryField()),
                ("findings_sealed", models.BinaryField(null=True)),
                (
                    "said",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "New"),
                            ("same", "Same"),
                            ("differs", "Differs"),
                            ("ambiguous", "Ambiguous"),
                            ("postponed", "Postponed"),
                            ("duplicate", "Duplicate"),
                            ("excluded", "Excluded"),
                            ("error", "Error"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "New"),
                            ("same", "Same"),
                            ("differs", "Differs"),
                            ("ambiguous", "Ambiguous"),
                            ("postponed", "Postponed"),
                            ("duplicate", "Duplicate"),
                            ("excluded", "Excluded"),
                            ("error", "Error"),
                        ],
                        max_length=9,
                    ),
                ),
                ("is_excluded", models.BooleanField(default=False)),
                ("is_fixed", models.BooleanField(default=False)),
                ("is_chosen", models.BooleanField(default=False)),
                ("newcomer_digest", models.BinaryField(max_length=32, null=True)),
                ("dose_digest", models.BinaryField(max_length=32, null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                ("is_kept", models.BooleanField(default=False)),
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
                    "dose",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.dose",
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
                    "session_list",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staged",
                        to="registry.sessionlist",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListColumns",
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
                ("columns", models.JSONField()),
                ("saved_at", models.DateTimeField()),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="sessionlist",
            index=models.Index(
                fields=["site", "-uploaded_at"], name="sessionlist_site"
            ),
        ),
        migrations.AddIndex(
            model_name="sessionlist",
            index=models.Index(fields=["file_digest"], name="sessionlist_file"),
        ),
        migrations.AddConstraint(
            model_name="sessionlist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "refused"), models.Q(("refusal", ""), _negated=True)
                    ),
                    models.Q(
                        models.Q(("state", "refused"), _negated=True), ("refusal", "")
                    ),
                    _connector="OR",
                ),
                name="sessionlist_refused_iff_it_says_why",
            ),
        ),
        migrations.AddIndex(
            model_name="stagedrow",
            index=models.Index(
                fields=["session_list", "verdict", "place"], name="stagedrow_verdict"
            ),
        ),
        migrations.AddIndex(
            model_name="stagedrow",
            index=models.Index(
                fields=["session_list", "newcomer_digest"], name="stagedrow_newcomer"
            ),
        ),
        migrations.AddIndex(
            model_name="stagedrow",
            index=models.Index(
                fields=["session_list", "dose_digest"], name="stagedrow_dose"
            ),
        ),
        migrations.AddConstraint(
            model_name="stagedrow",
            constraint=models.UniqueConstraint(
                fields=("session_list", "place"), name="stagedrow_one_per_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="stagedrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("correction", None), ("done_at", None)),
                    models.Q(("correction__isnull", False), ("done_at__isnull", False)),
                    _connector="OR",
                ),
                name="stagedrow_done_iff_corrected",
            ),
        ),
        migrations.RunSQL(POLICIES, POLICIES_BACK),
    ]
