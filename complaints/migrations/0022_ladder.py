"""Reminders and hand-ups as data, stand-ins, digests, and proposals of rules."""

import uuid
from datetime import date

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# As for messages: who may see the complaint may see what belongs to it.
POLICY = """
ALTER TABLE complaints_reached ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_reached FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_reached USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
  OR EXISTS (SELECT 1 FROM complaints_complaint c WHERE c.id = complaint_id)
) WITH CHECK ((SELECT coalesce(current_setting('app.scope', true), '') = 'system'));
"""
POLICY_BACK = """
DROP POLICY scope ON complaints_reached;
ALTER TABLE complaints_reached NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_reached DISABLE ROW LEVEL SECURITY;
"""
# Clock, percent of the time, levels above the holder, whether that one joins in.
RUNGS = (
    ("answer", 100, 0, False),
    ("repair", 50, 0, False),
    ("repair", 90, 0, False),
    ("repair", 100, 0, False),
    ("repair", 100, 1, False),
    ("repair", 150, 2, True),
)


def load(apps, schema_editor):
    """Remind at half and nine tenths; who stands above hears of what is overdue."""
    ladder, is_new = apps.get_model("complaints", "Ladder").objects.get_or_create(
        valid_from=date(2021, 3, 8),
        defaults={"source": "Công văn 9458/BYT-CNTT: 48 giờ; các mức nhắc của cổng"},
    )
    rung = apps.get_model("complaints", "Rung")
    if is_new:
        for clock, share, levels, hands_up in RUNGS:
            rung.objects.create(
                ladder=ladder,
                clock=clock,
                share=share,
                levels=levels,
                hands_up=hands_up,
            )


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0021_prepared"),
        ("registry", "0017_asked_before_sending"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Digest",
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
                ("hour", models.DateTimeField()),
                ("counts", models.JSONField()),
                ("sent_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Ladder",
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
                ("idle_days", models.PositiveSmallIntegerField(null=True)),
                ("capacity", models.PositiveIntegerField(null=True)),
                ("valid_from", models.DateField(unique=True)),
                ("valid_to", models.DateField(null=True)),
                ("source", models.CharField(max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name="Reached",
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
                ("round", models.PositiveSmallIntegerField()),
                (
                    "clock",
                    models.CharField(
                        choices=[("repair", "Repair"), ("answer", "Answer")],
                        max_length=6,
                    ),
                ),
                ("share", models.PositiveSmallIntegerField()),
                ("levels", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("found_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("told", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="RuleDraft",
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
                ("ref", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "subject",
                    models.CharField(
                        choices=[("policy", "Policy"), ("ladder", "Ladder")],
                        max_length=6,
                    ),
                ),
                ("content", models.JSONField()),
                ("valid_from", models.DateField()),
                ("source", models.CharField(max_length=120)),
                ("proposed_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Rung",
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
                    "clock",
                    models.CharField(
                        choices=[("repair", "Repair"), ("answer", "Answer")],
                        max_length=6,
                    ),
                ),
                ("share", models.PositiveSmallIntegerField()),
                ("levels", models.PositiveSmallIntegerField()),
                ("hands_up", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="StandIn",
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
                    "reason",
                    models.CharField(
                        choices=[
                            ("no_account", "No Account"),
                            ("no_login", "No Login"),
                            ("too_many", "Too Many"),
                        ],
                        max_length=10,
                    ),
                ),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
                ("told_back_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="complaint",
            name="co_holder",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.organization",
            ),
        ),
        migrations.AddField(
            model_name="complaint",
            name="extended_at",
            field=models.DateTimeField(null=True),
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
                    ("extend", "Extend the time once"),
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
        migrations.AddConstraint(
            model_name="complaint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("co_holder", None),
                    models.Q(
                        (
                            "status__in",
                            (
                                "received",
                                "in_review",
                                "waiting_citizen",
                                "waiting_authority",
                                "awaiting_second",
                            ),
                        ),
                        models.Q(("co_holder", models.F("holder")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="complaint_co_holder_is_another_while_it_is_open",
            ),
        ),
        migrations.AddField(
            model_name="digest",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.organization",
            ),
        ),
        migrations.AddField(
            model_name="digest",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="digests",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="ladder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None),
                    ("valid_to__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="ladder_ends_after_it_begins",
            ),
        ),
        migrations.AddField(
            model_name="reached",
            name="complaint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reached",
                to="complaints.complaint",
            ),
        ),
        migrations.AddField(
            model_name="reached",
            name="organization",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.organization",
            ),
        ),
        migrations.AddField(
            model_name="ruledraft",
            name="confirmed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="ruledraft",
            name="dropped_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="ruledraft",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rung",
            name="ladder",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rungs",
                to="complaints.ladder",
            ),
        ),
        migrations.AddField(
            model_name="standin",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stands_in",
                to="registry.organization",
            ),
        ),
        migrations.AddField(
            model_name="standin",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stood_in_for",
                to="registry.organization",
            ),
        ),
        migrations.AddConstraint(
            model_name="digest",
            constraint=models.UniqueConstraint(
                fields=("user", "hour"), name="digest_one_per_person_and_hour"
            ),
        ),
        migrations.AddIndex(
            model_name="reached",
            index=models.Index(
                condition=models.Q(("told_at", None)),
                fields=["id"],
                name="reached_to_tell",
            ),
        ),
        migrations.AddConstraint(
            model_name="reached",
            constraint=models.UniqueConstraint(
                fields=("complaint", "round", "clock", "share", "levels"),
                name="reached_once_per_case_and_clock",
            ),
        ),
        migrations.AddConstraint(
            model_name="reached",
            constraint=models.CheckConstraint(
                condition=models.Q(("found_at__gte", models.F("at"))),
                name="reached_found_after_it_was_so",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruledraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by", None),
                    models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="ruledraft_confirmed_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruledraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("confirmed_at", None), ("confirmed_by", None)),
                        models.Q(
                            ("confirmed_at__isnull", False),
                            ("confirmed_by__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        models.Q(("dropped_at", None), ("dropped_by", None)),
                        models.Q(
                            ("dropped_at__isnull", False), ("dropped_by__isnull", False)
                        ),
                        _connector="OR",
                    ),
                ),
                name="ruledraft_who_and_when_together",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruledraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_at", None), ("dropped_at", None), _connector="OR"
                ),
                name="ruledraft_confirmed_or_dropped",
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.UniqueConstraint(
                fields=("ladder", "clock", "share", "levels"),
                name="rung_once_per_ladder",
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("levels__lte", 2), ("share__gte", 1), ("share__lte", 500)
                ),
                name="rung_share_and_levels_within_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("hands_up", False),
                    models.Q(
                        ("clock", "repair"), ("levels__gte", 1), ("share__gt", 100)
                    ),
                    _connector="OR",
                ),
                name="rung_hands_up_only_what_is_overdue",
            ),
        ),
        migrations.AddConstraint(
            model_name="standin",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until", None)),
                fields=("organization",),
                name="standin_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="standin",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("organization", models.F("by")), _negated=True),
                    models.Q(
                        ("until", None),
                        ("until__gte", models.F("since")),
                        _connector="OR",
                    ),
                ),
                name="standin_by_another_until_after_since",
            ),
        ),
        migrations.RunSQL(POLICY, POLICY_BACK),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
