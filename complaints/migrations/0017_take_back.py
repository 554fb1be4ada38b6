"""What a case was before a move of staff, for as long as that can be taken back."""

import uuid

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models

# As for messages: who may see the event may see what belongs to it.
POLICY = """
ALTER TABLE complaints_takeback ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_takeback FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_takeback USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
  OR EXISTS (SELECT 1 FROM complaints_event e WHERE e.id = event_id)
) WITH CHECK (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
POLICY_BACK = """
DROP POLICY scope ON complaints_takeback;
ALTER TABLE complaints_takeback NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_takeback DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0016_revert")]
    operations = [
        migrations.CreateModel(
            name="TakeBack",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="take_back",
                        serialize=False,
                        to="complaints.event",
                    ),
                ),
                ("ref", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "before",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder
                    ),
                ),
                ("undone_at", models.DateTimeField(null=True)),
            ],
        ),
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
                    ("propose", "Propose to a second person"),
                    ("countersign", "Countersign"),
                    ("decline", "Decline the proposal"),
                    ("resolve", "Resolve"),
                    ("undo", "Take back"),
                    ("note", "Add a note"),
                    ("join", "Reported again"),
                    ("withdraw", "Withdraw"),
                    ("overdue", "Overdue"),
                    ("lapse", "Lapse"),
                    ("refuse_file", "A photo could not be used"),
                    ("disagree", "Still not right"),
                    ("revert", "Automatic correction taken back"),
                    ("confirm", "It is right now"),
                ],
                max_length=12,
            ),
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
