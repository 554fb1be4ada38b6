from django.db import migrations, models

# Files checked before lie in the storage unsealed and under other names, and are not
# served any more: their rows say so instead of leading nowhere.
BEFORE = """
UPDATE complaints_evidence SET state = 'refused', refusal = 'broken'
WHERE state IN ('checked', 'refused')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0005_split_records"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="fingerprint",
            field=models.BinaryField(max_length=128, null=True),
        ),
        migrations.AddField(
            model_name="evidence",
            name="pages",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="evidence",
            name="refusal",
            field=models.CharField(
                blank=True,
                choices=[
                    ("broken", "The file could not be opened"),
                    ("pixels", "The picture was too large"),
                    ("locked", "The PDF asks for a password"),
                    ("long", "The PDF has more than ten pages"),
                    ("infected", "The virus scanner found something in it"),
                ],
                max_length=8,
            ),
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
                    ("note", "Add a note"),
                    ("join", "Reported again"),
                    ("withdraw", "Withdraw"),
                    ("overdue", "Overdue"),
                    ("lapse", "Lapse"),
                    ("refuse_file", "A photo could not be used"),
                    ("disagree", "Still not right"),
                    ("confirm", "It is right now"),
                ],
                max_length=12,
            ),
        ),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["sha256"], name="evidence_same_file"),
        ),
        migrations.AddConstraint(
            model_name="evidence",
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
                name="evidence_refusal_iff_refused",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("pages__gt", 0), ("state", "checked")),
                    models.Q(
                        models.Q(("state", "checked"), _negated=True), ("pages", 0)
                    ),
                    _connector="OR",
                ),
                name="evidence_pages_iff_checked",
            ),
        ),
    ]
