"""Figures tell first answers in time, what was decided, and how often was asked.

The next refresh measures all anew. The cases behind a figure come page by page from
indexes of their own.
"""

from django.db import migrations, models
from django.db.models import Q

OUTCOMES = [
    ("corrected", "Corrected"),
    ("partly_corrected", "Partly corrected"),
    ("kept", "Kept as recorded, with reason"),
    ("already_correct", "It was right already"),
]
COUNTS = (
    "answered_in_time",
    "answer_overdue",
    *(value for value, _label in OUTCOMES),
    "questions",
    "hand_overs",
)
COUNTED = (
    "kind",
    "channel",
    "is_open",
    "is_resolved",
    "is_on_time",
    "is_lapsed",
    "is_left_late",
    "is_untouched",
    "late_from",
    "spent",
    "first_answer",
    "answer_late_from",
    "bucket",
    "answer_bucket",
    "left_bucket",
    "rounds",
    "outcome",
    "asks",
    "hops",
    "is_disagreed",
    "is_reversed",
    "is_self_corrected",
    "is_kept_unseen",
    "is_refiled",
    "rating",
    "waited",
    "checked",
    "paused",
    "elsewhere",
    "seconded",
)
INDEXES = (
    models.Index(
        name="measure_by_sending", fields=["holder", "sent_on"], include=COUNTED
    ),
    models.Index(
        name="measure_by_ending",
        fields=["holder", "ended_on"],
        include=COUNTED,
        condition=Q(ended_on__isnull=False),
    ),
    models.Index(name="measure_sent", fields=["sent_on", "complaint"]),
    models.Index(
        name="measure_ended",
        fields=["ended_on", "complaint"],
        condition=Q(ended_on__isnull=False),
    ),
)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0016_rules_end")]
    operations = [
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
            "measure", "answer_late_from", models.DateTimeField(null=True)
        ),
        migrations.AddField(
            "measure",
            "outcome",
            models.CharField(
                max_length=16, choices=OUTCOMES, blank=True, db_default=""
            ),
        ),
        migrations.AddConstraint(
            "measure",
            models.CheckConstraint(
                name="measure_answer_late_while_open_or_answered",
                condition=Q(answer_late_from=None)
                | Q(is_open=True)
                | Q(first_answer__isnull=False),
            ),
        ),
        *(migrations.RemoveIndex("measure", index.name) for index in INDEXES),
        *(migrations.AddIndex("measure", index) for index in INDEXES),
        migrations.AddIndex(
            "measure",
            models.Index(
                name="measure_slowest",
                fields=["spent", "complaint"],
                condition=Q(is_resolved=True),
            ),
        ),
        migrations.AddIndex(
            "measure",
            models.Index(
                name="measure_awaits_answer",
                fields=["answer_late_from"],
                condition=Q(answer_late_from__isnull=False, first_answer=None),
            ),
        ),
        *(
            migrations.AddField(model, name, models.PositiveIntegerField(db_default=0))
            for model in ("figure", "subtreefigure")
            for name in COUNTS
        ),
        migrations.AlterField(
            "gamingsign",
            "sign",
            models.CharField(
                choices=[
                    ("last_hour", "Decided in the last hour"),
                    ("no_effect", "Closed without effect"),
                    ("early_ask", "Asked at once"),
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
