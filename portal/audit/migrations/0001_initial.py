"""Entries and seals."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
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
                ("at", models.DateTimeField()),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("look_up", "Look Up"),
                            ("change", "Change"),
                            ("sign_in", "Sign In"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "actor",
                    models.CharField(
                        choices=[
                            ("citizen", "Citizen"),
                            ("staff", "Staff"),
                            ("system", "System"),
                        ],
                        max_length=8,
                    ),
                ),
                ("actor_id", models.BigIntegerField(null=True)),
                ("organization", models.BigIntegerField(null=True)),
                ("person", models.BigIntegerField(null=True)),
                ("subject", models.CharField(max_length=20)),
                ("subject_id", models.BigIntegerField(null=True)),
                ("detail", models.CharField(blank=True, max_length=80)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("subject", "accounts.user"), ("verb", "change")
                        ),
                        fields=["subject_id", "actor_id"],
                        name="entry_account",
                    ),
                    models.Index(
                        condition=models.Q(("actor", "staff")),
                        fields=["actor_id", "-at", "-id"],
                        name="entry_actor",
                    ),
                    models.Index(
                        condition=models.Q(("id__gt", 0)),
                        fields=["-at", "-id"],
                        name="entry_of_a_day",
                    ),
                    models.Index(fields=["person", "-at"], name="entry_person"),
                    models.Index(
                        condition=models.Q(("actor", "staff")),
                        fields=["organization", "-at", "-id"],
                        name="entry_unit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Seal",
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
                ("day", models.DateField()),
                ("of", models.CharField(max_length=10)),
                ("last_id", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("of", "day"), name="seal_once_per_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Leaves",
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
                ("day", models.DateField()),
                ("of", models.CharField(max_length=10)),
                ("last_id", models.BigIntegerField()),
                ("leaves", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("of", "day", "last_id"),
                        name="leaves_once_per_day_and_part",
                    )
                ],
            },
        ),
    ]
