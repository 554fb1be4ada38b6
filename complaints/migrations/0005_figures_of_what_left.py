"""Figures tell what lapsed and was late; the next refresh measures all anew.

And what somebody held a sampled change against who said whether it was right.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("complaints", "0004_readdressed")]
    operations = [
        migrations.AddField(
            "selfcorrection",
            "checked_against",
            models.CharField(
                blank=True,
                choices=[
                    ("paper", "A paper of the person"),
                    ("person", "The person's own word"),
                    ("site", "The list or book of the vaccination site"),
                    ("register", "Another register"),
                ],
                db_default="",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            "selfcorrection",
            models.CheckConstraint(
                name="selfcorrection_held_against_something_when_found",
                condition=Q(("checked_against", ""))
                | Q(("finding", ""), _negated=True),
            ),
        ),
        # What was measured before says nothing of it; empty tables are indexed at once.
        migrations.RunSQL(
            "TRUNCATE complaints_measure, complaints_figure, complaints_subtreefigure,"
            " complaints_gamingsign",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "DELETE FROM complaints_watermark WHERE name = 'figures'",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            "measure", "is_lapsed", models.BooleanField(db_default=False)
        ),
        migrations.AddField(
            "measure", "is_left_late", models.BooleanField(db_default=False)
        ),
        migrations.AddConstraint(
            "measure",
            models.CheckConstraint(
                name="measure_left_iff_ended_unresolved",
                condition=Q(is_lapsed=False, is_left_late=False)
                | Q(is_open=False, is_resolved=False),
            ),
        ),
        migrations.AlterField(
            "gamingsign",
            "sign",
            models.CharField(
                choices=[
                    ("last_hour", "Decided in the last hour"),
                    ("no_effect", "Closed without effect"),
                    ("late_ask", "Asked when time ran out"),
                    ("ping_pong", "Handed to and fro"),
                    ("bulk", "Closed in bulk"),
                    ("passed_on", "Handed away"),
                    ("late_pass", "Handed away when time ran out"),
                    ("disputed", "Decision disputed"),
                    ("reversed", "Decision of theirs reversed"),
                ],
                max_length=9,
            ),
        ),
    ]
