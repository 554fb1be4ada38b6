"""Who looks at a case, was given it, or passed it by; and the index of names."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import complaints.models.submission

# As for claims and events: who may see the complaint may see what belongs to it.
TABLES = ("lease", "presence", "skip")
POLICIES = "".join(
    f"""
ALTER TABLE complaints_{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_{table} USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
  OR EXISTS (SELECT 1 FROM complaints_complaint c WHERE c.id = complaint_id)
) WITH CHECK (
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
        ("complaints", "0011_caveats_and_queue"),
        ("registry", "0014_reasons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                (
                    "complaint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="lease",
                        serialize=False,
                        to="complaints.complaint",
                    ),
                ),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Presence",
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
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Skip",
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
                    "reason",
                    models.CharField(
                        choices=[
                            ("conflict", "It concerns me or somebody I know"),
                            ("papers", "Our papers for it are not at hand today"),
                            (
                                "unsure",
                                "A colleague with more experience should decide",
                            ),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="submission",
            index=django.contrib.postgres.indexes.GinIndex(
                complaints.models.submission.NameWords("name_folded"),
                name="submission_name_words",
            ),
        ),
        migrations.AddField(
            model_name="lease",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="presence",
            name="complaint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="presences",
                to="complaints.complaint",
            ),
        ),
        migrations.AddField(
            model_name="presence",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="skip",
            name="complaint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="skips",
                to="complaints.complaint",
            ),
        ),
        migrations.AddField(
            model_name="skip",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="presence",
            constraint=models.UniqueConstraint(
                fields=("complaint", "user"), name="presence_once_per_case_and_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="skip",
            constraint=models.UniqueConstraint(
                fields=("complaint", "user"), name="skip_once_per_case_and_user"
            ),
        ),
        migrations.RunSQL(POLICIES, POLICIES_BACK),
    ]
