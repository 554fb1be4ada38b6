"""Signs of gaming, kept beside what was measured of each matter."""

import django.db.models.deletion
from django.db import migrations, models

# Counted by functions, never read row by row for somebody, as measures are.
POLICY = """
ALTER TABLE complaints_gamingsign ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_gamingsign FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_gamingsign USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system'));
"""
POLICY_BACK = "DROP POLICY scope ON complaints_gamingsign;"


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0012_rechecks"),
        ("registry", "0004_unit_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="GamingSign",
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
                    "sign",
                    models.CharField(
                        choices=[
                            ("last_hour", "Decided in the last hour"),
                            ("no_effect", "Closed without effect"),
                            ("late_ask", "Asked when time ran out"),
                            ("ping_pong", "Handed to and fro"),
                            ("bulk", "Closed in bulk"),
                        ],
                        max_length=9,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("day", models.DateField()),
                (
                    "complaint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gaming_signs",
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
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["holder", "day"],
                        include=("sign", "complaint"),
                        name="gamingsign_by_holder",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("complaint", "sign", "at"), name="gamingsign_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
