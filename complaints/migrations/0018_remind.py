"""A move more: the citizen is reminded of a question."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0017_take_back"),
    ]

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
    ]
