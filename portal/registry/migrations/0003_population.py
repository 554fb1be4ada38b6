import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="PopulationAnswer",
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
                ("batch", models.UUIDField(unique=True)),
                ("body_digest", models.BinaryField(max_length=32)),
                ("questions", models.PositiveSmallIntegerField()),
                ("body", models.BinaryField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PopulationBatch",
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
                ("number", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("round", models.PositiveSmallIntegerField(default=1)),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                ("size", models.PositiveSmallIntegerField()),
                ("planned_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PopulationFigure",
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
                ("people", models.PositiveIntegerField()),
                ("matched", models.PositiveIntegerField()),
                ("mismatched", models.PositiveIntegerField()),
                ("wrong_number", models.PositiveIntegerField()),
                ("wrong_name", models.PositiveIntegerField()),
                ("wrong_birth", models.PositiveIntegerField()),
                ("wrong_sex", models.PositiveIntegerField()),
                ("no_number", models.PositiveIntegerField()),
                ("bad_format", models.PositiveIntegerField()),
                ("not_sent", models.PositiveIntegerField()),
                ("computed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PopulationInquiry",
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
                ("number", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("about", models.BigIntegerField(unique=True)),
                ("claimed_sealed", models.BinaryField()),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("is_match", models.BooleanField(null=True)),
                ("source", models.CharField(blank=True, max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="PopulationRun",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("started_by", models.BigIntegerField(null=True)),
                ("started_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("cursor", models.BigIntegerField(default=0)),
                ("last_person", models.BigIntegerField()),
                ("total", models.PositiveIntegerField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("matched", models.PositiveIntegerField(default=0)),
                ("mismatched", models.PositiveIntegerField(default=0)),
                ("no_number", models.PositiveIntegerField(default=0)),
                ("bad_format", models.PositiveIntegerField(default=0)),
                ("silent", models.PositiveIntegerField(default=0)),
                ("moved_on", models.PositiveIntegerField(default=0)),
                ("trouble", models.CharField(blank=True, max_length=20)),
                ("trouble_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="person",
            name="population_source",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="person",
            name="population_wrong",
            field=models.CharField(blank=True, db_default="", max_length=60),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("population_wrong", ""),
                    ("population", "mismatched"),
                    _connector="OR",
                ),
                name="person_wrong_fields_are_those_of_a_mismatch",
            ),
        ),
        migrations.AddField(
            model_name="populationfigure",
            name="unit",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="registry.administrativeunit",
            ),
        ),
        migrations.AddField(
            model_name="populationinquiry",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.person",
            ),
        ),
        migrations.AddConstraint(
            model_name="populationrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")),
                fields=("state",),
                name="populationrun_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="populationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", False), ("state", "finished")),
                    models.Q(
                        models.Q(("state", "finished"), _negated=True),
                        ("finished_at", None),
                    ),
                    _connector="OR",
                ),
                name="populationrun_is_finished_iff_it_has_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="populationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "done",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("matched"),
                                            "+",
                                            models.F("mismatched"),
                                        ),
                                        "+",
                                        models.F("no_number"),
                                    ),
                                    "+",
                                    models.F("bad_format"),
                                ),
                                "+",
                                models.F("silent"),
                            ),
                            "+",
                            models.F("moved_on"),
                        ),
                    )
                ),
                name="populationrun_counts_everybody_once",
            ),
        ),
        migrations.AddField(
            model_name="populationbatch",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="registry.populationrun",
            ),
        ),
        migrations.AddConstraint(
            model_name="populationinquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at", None), ("is_match", None)),
                    models.Q(
                        ("answered_at__isnull", False), ("is_match__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="populationinquiry_is_answered_with_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="populationbatch",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["run"],
                name="populationbatch_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="populationbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("people__len", models.F("size"))),
                    models.Q(("done_at__isnull", False), ("people__len", 0)),
                    _connector="OR",
                ),
                name="populationbatch_holds_people_until_it_is_done",
            ),
        ),
    ]
