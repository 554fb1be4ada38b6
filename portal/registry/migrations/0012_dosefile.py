"""Files of doses that a worker makes for who asked."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0011_session_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DoseFile",
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
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("form", models.CharField(max_length=4)),
                ("asked_at", models.DateTimeField()),
                ("rows", models.PositiveIntegerField()),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("size", models.PositiveBigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("ready", "Ready"),
                            ("forgotten", "Forgotten"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("size", None), ("state", "waiting")),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True),
                                ("size__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="dosefile_ready_iff_it_has_a_size",
                    )
                ],
            },
        ),
    ]
