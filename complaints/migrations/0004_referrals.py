"""Other bodies that are asked to confirm something, and what they say."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.common.codes

# As for events: who may see the case may see what was asked about it; an account of the
# body that was asked sees the sheet through an action that opens all rows.
POLICY = """
ALTER TABLE complaints_referral ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_referral FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_referral USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
  OR EXISTS (SELECT 1 FROM complaints_complaint c WHERE c.id = complaint_id)
) WITH CHECK (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
POLICY_BACK = """
DROP POLICY scope ON complaints_referral;
ALTER TABLE complaints_referral NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_referral DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0003_policy")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="move",
            field=models.CharField(
                choices=[
                    ("submit", "Send"),
                    ("route", "Route"),
                    ("accept", "Take on"),
                    ("ask", "Ask the citizen"),
                    ("answer", "Answer"),
                    ("hand_over", "Hand over"),
                    ("escalate", "Pass to the level above"),
                    ("extend", "Extend the time once"),
                    ("wait", "Ask another body"),
                    ("resume", "Back from the other body"),
                    ("hand_up", "A higher level joins in"),
                    ("give_back", "Given back"),
                    ("propose", "Propose to a second person"),
                    ("countersign", "Countersign"),
                    ("decline", "Decline the proposal"),
                    ("resolve", "Resolve"),
                    ("undo", "Take back"),
                    ("note", "Add a note"),
                    ("join", "Reported again"),
                    ("withdraw", "Withdraw"),
                    ("overdue", "Overdue"),
                    ("remind", "Reminder"),
                    ("lapse", "Lapse"),
                    ("refuse_file", "A photo could not be used"),
                    ("disagree", "Still not right"),
                    ("revert", "Automatic correction taken back"),
                    ("confirm", "It is right now"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Referral",
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
                    "number",
                    models.CharField(
                        default=portal.common.codes.new_code, max_length=10, unique=True
                    ),
                ),
                ("authority_name", models.CharField(max_length=160)),
                ("points", models.JSONField()),
                ("expected_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "They are asked"),
                            ("answered", "They answered"),
                            ("expired", "No answer in time"),
                            ("overtaken", "Went on without an answer"),
                            ("taken_back", "The question was taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "reply",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("claimed", "It is as the citizen says"),
                            ("recorded", "It is as it is recorded"),
                            ("other", "Neither: see their words"),
                            ("unknown", "They cannot say"),
                        ],
                        max_length=8,
                    ),
                ),
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
                    "authority",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral",
                        to="complaints.event",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["expected_at", "id"],
                        name="referral_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("complaint",),
                        name="referral_one_waiting_per_complaint",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state", "waiting")),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="referral_ended_iff_it_does_not_wait",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                ("state", "answered"),
                                models.Q(("reply", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "answered"), _negated=True),
                                ("answered_at", None),
                                ("answered_by", None),
                                ("reply", ""),
                            ),
                            _connector="OR",
                        ),
                        name="referral_answered_iff_by_somebody",
                    ),
                ],
            },
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
