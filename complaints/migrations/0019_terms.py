"""Policies of levels and organizations, in wall or office time; office hours."""

from datetime import date, time

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def load(apps, schema_editor):
    """Let the general policy be extended once by as long again; open the offices."""
    apps.get_model("complaints", "Policy").objects.filter(kind="").update(
        extension_hours=48
    )
    apps.get_model("complaints", "OfficeHours").objects.get_or_create(
        organization=None,
        valid_from=date(2021, 3, 8),
        defaults={
            "weekdays": [0, 1, 2, 3, 4],
            "begins": time(7, 30),
            "break_begins": time(11, 30),
            "break_ends": time(13),
            "ends": time(17),
            "source": "Giờ hành chính thường dùng; đơn vị ghi giờ riêng nếu khác",
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0018_remind"),
        ("registry", "0016_inquiry_questions"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfficeHours",
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
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), size=None
                    ),
                ),
                ("begins", models.TimeField()),
                ("ends", models.TimeField()),
                ("break_begins", models.TimeField(null=True)),
                ("break_ends", models.TimeField(null=True)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("source", models.CharField(max_length=120)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="policy",
            name="policy_once_per_kind_and_day",
        ),
        migrations.AddField(
            model_name="complaint",
            name="policy",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="complaints.policy",
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="extension_hours",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="policy",
            name="in_office",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="policy",
            name="level",
            field=models.CharField(
                blank=True,
                choices=[
                    ("ministry", "Ministry"),
                    ("health_department", "Health Department"),
                    ("cdc", "Cdc"),
                    ("district_centre", "District Centre"),
                    ("health_station", "Health Station"),
                    ("hospital", "Hospital"),
                    ("mobile_point", "Mobile Point"),
                    ("branch", "Branch"),
                    ("police", "Police"),
                ],
                db_default="",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="organization",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.organization",
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
                    ("extend", "Extend the time once"),
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
            model_name="policy",
            constraint=models.UniqueConstraint(
                fields=("kind", "level", "organization", "valid_from"),
                name="policy_once_per_reach_and_day",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("repair_hours__gt", 0),
                    ("first_answer_hours__lte", models.F("repair_hours")),
                ),
                name="policy_answers_before_it_repairs",
            ),
        ),
        migrations.AddField(
            model_name="officehours",
            name="organization",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.organization",
            ),
        ),
        migrations.AddConstraint(
            model_name="officehours",
            constraint=models.UniqueConstraint(
                fields=("organization", "valid_from"),
                name="officehours_once_per_organization_and_day",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="officehours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None),
                    ("valid_to__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="officehours_valid_to_after_from",
            ),
        ),
        migrations.AddConstraint(
            model_name="officehours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("begins__lt", models.F("ends")),
                        ("break_begins", None),
                        ("break_ends", None),
                    ),
                    models.Q(
                        ("begins__lt", models.F("break_begins")),
                        ("break_begins__lt", models.F("break_ends")),
                        ("break_ends__lt", models.F("ends")),
                    ),
                    _connector="OR",
                ),
                name="officehours_close_after_they_open",
            ),
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
