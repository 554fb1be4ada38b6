import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# As for claims and events: who may see the complaint may see what belongs to it.
POLICY = """
ALTER TABLE complaints_caveat ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_caveat FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_caveat USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
  OR EXISTS (SELECT 1 FROM complaints_complaint c WHERE c.id = complaint_id)
) WITH CHECK (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
POLICY_BACK = """
DROP POLICY scope ON complaints_caveat;
ALTER TABLE complaints_caveat NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_caveat DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0010_data_request_guards"),
        ("registry", "0012_dosefile"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Caveat",
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
                    "check_name",
                    models.CharField(
                        choices=[
                            ("name_plain", "The name was typed without accents"),
                            ("name_short", "The name is a single word"),
                            ("before_campaign", "The date lies before the campaign"),
                            ("before_approval", "The vaccine was not approved yet"),
                            ("before_birth", "The date lies before the birth"),
                            ("too_young", "Too young for the vaccine on that day"),
                            ("lot_unknown", "The lot is not in the ledger"),
                            ("lot_other_product", "The lot is of another vaccine"),
                            (
                                "lot_not_yet",
                                "The lot had not been delivered by that day",
                            ),
                            ("lot_over", "The lot was not in use any more on that day"),
                            ("slip_date", "The paper bears another date"),
                            ("slip_product", "The paper bears another vaccine"),
                            ("slip_lot", "The paper bears another lot"),
                            ("slip_number", "The paper bears another dose number"),
                            ("slip_nothing", "Nothing on the paper agrees"),
                            ("paper_name", "The paper bears another name"),
                            ("paper_birth", "The paper bears another birth date"),
                            ("paper_lacks", "The paper shows no date or no vaccine"),
                            ("paper_form", "The paper is a screening form"),
                            (
                                "paper_other",
                                "The picture shows something else than a paper",
                            ),
                            ("paper_covered", "A part of the paper is covered"),
                            ("paper_altered", "The paper was changed by hand"),
                            ("photo_unreadable", "The photo can hardly be read"),
                        ],
                        max_length=17,
                    ),
                ),
                ("said_sealed", models.BinaryField(null=True)),
                ("reason", models.TextField(blank=True, max_length=500)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="complaint",
            name="complaint_open_by_path",
        ),
        migrations.RemoveIndex(
            model_name="complaint",
            name="complaint_open_by_status",
        ),
        migrations.AddField(
            model_name="complaint",
            name="queue_at",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(then=models.F("due_at"), urgent_on__isnull=True),
                    default=models.Func(
                        models.F("due_at"),
                        output_field=models.DateTimeField(),
                        template="date_trunc('day', %(expressions)s AT TIME ZONE 'Asia/Ho_Chi_Minh') AT TIME ZONE 'Asia/Ho_Chi_Minh'",
                    ),
                ),
                output_field=models.DateTimeField(),
            ),
        ),
        migrations.AddField(
            model_name="complaint",
            name="urgent_reason",
            field=models.CharField(
                blank=True,
                choices=[("travel", "Travel"), ("school", "School"), ("work", "Work")],
                db_default="",
                default="",
                max_length=6,
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        (
                            "received",
                            "in_review",
                            "waiting_citizen",
                            "waiting_authority",
                            "awaiting_second",
                        ),
                    )
                ),
                fields=["holder_path", "queue_at"],
                name="complaint_open_by_path",
                opclasses=["text_pattern_ops", "timestamptz_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        (
                            "received",
                            "in_review",
                            "waiting_citizen",
                            "waiting_authority",
                            "awaiting_second",
                        ),
                    )
                ),
                fields=["queue_at", "id"],
                name="complaint_open_by_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        (
                            "received",
                            "in_review",
                            "waiting_citizen",
                            "waiting_authority",
                            "awaiting_second",
                        ),
                    )
                ),
                fields=["status", "queue_at"],
                name="complaint_open_by_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="complaint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("urgent_reason", ""), ("urgent_on__isnull", False), _connector="OR"
                ),
                name="complaint_urgent_reason_only_with_a_date",
            ),
        ),
        migrations.AddField(
            model_name="caveat",
            name="complaint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="caveats",
                to="complaints.complaint",
            ),
        ),
        migrations.AddConstraint(
            model_name="caveat",
            constraint=models.UniqueConstraint(
                fields=("complaint", "check_name"), name="caveat_once_per_complaint"
            ),
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
    ]
