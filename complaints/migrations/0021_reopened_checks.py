"""A case is opened again once its unit accepts that a check decided otherwise."""

from django.db import migrations, models

MOVES = [
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
    ("reopen", "Opened again after a check"),
    ("confirm", "It is right now"),
]


class Migration(migrations.Migration):
    dependencies = [("complaints", "0020_campaign_dates")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="move",
            field=models.CharField(choices=MOVES, max_length=12),
        ),
        migrations.AddField(
            model_name="recheck",
            name="reopened_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reopened_at", None), ("answer", "accepted"), _connector="OR"
                ),
                name="recheck_reopens_what_was_accepted",
            ),
        ),
    ]
