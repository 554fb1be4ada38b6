"""Whom campaigns asked for a word."""

import django.db.models.deletion
from django.db import migrations, models

# Workers only: a page shows how many, never who.
POLICY = """
ALTER TABLE complaints_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_invitation FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_invitation USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
POLICY_BACK = "DROP POLICY scope ON complaints_invitation;"


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0025_incidents"),
        ("registry", "0018_asked_for_what_is_prepared"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="invites",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="Invitation",
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
                ("quarter", models.CharField(max_length=6)),
                ("rule", models.CharField(max_length=3)),
                ("at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="complaints.campaignbatch",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "quarter"), name="invitation_once_a_quarter"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quarter__regex", "^20[0-9]{2}Q[1-4]$")),
                        name="invitation_names_a_quarter",
                    ),
                ],
            },
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
