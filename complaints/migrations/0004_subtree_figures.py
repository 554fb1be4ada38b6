import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0003_policy"),
        ("registry", "0002_guards"),
    ]

    operations = [
        # The figures are counted from events: the next recount fills both tables.
        migrations.RunSQL(
            "DELETE FROM complaints_figure; UPDATE complaints_watermark SET event = 0",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(
            model_name="figure",
            name="first_answer_sketch",
        ),
        migrations.RemoveField(
            model_name="figure",
            name="sketch",
        ),
        migrations.AddField(
            model_name="figure",
            name="answer_buckets",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="figure",
            name="answer_counts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="figure",
            name="buckets",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="figure",
            name="counts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), default=list, size=None
            ),
        ),
        migrations.CreateModel(
            name="SubtreeFigure",
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
                ("month", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("missing_dose", "A dose is missing"),
                            ("wrong_dose", "A detail of a dose is wrong"),
                            ("not_mine", "I did not have this dose"),
                            ("doubled_dose", "A dose is recorded twice"),
                            ("wrong_person", "Personal details are wrong"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "cohort",
                    models.CharField(
                        choices=[("opened", "Opened"), ("closed", "Closed")],
                        max_length=6,
                    ),
                ),
                ("received", models.PositiveIntegerField()),
                ("resolved", models.PositiveIntegerField()),
                ("on_time", models.PositiveIntegerField()),
                ("open", models.PositiveIntegerField()),
                ("open_overdue", models.PositiveIntegerField()),
                ("untouched", models.PositiveIntegerField()),
                ("reopened", models.PositiveIntegerField()),
                ("median", models.PositiveIntegerField(null=True)),
                ("p75", models.PositiveIntegerField(null=True)),
                ("p90", models.PositiveIntegerField(null=True)),
                ("first_answer_median", models.PositiveIntegerField(null=True)),
                (
                    "buckets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                (
                    "answer_buckets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "answer_counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                ("computed_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subtree_figures",
                        to="registry.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "cohort", "month", "kind"),
                        name="subtree_figure_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)),
                        name="subtree_figure_month_begins_on_the_first",
                    ),
                ],
            },
        ),
    ]
