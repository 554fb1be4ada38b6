"""Days by which organizations want nothing open any more."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAFF = {
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": settings.AUTH_USER_MODEL,
    "db_index": False,
}


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0019_vouched"),
        ("registry", "0004_unit_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CampaignDate",
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
                ("name", models.CharField(max_length=80)),
                ("begins_on", models.DateField()),
                ("due_on", models.DateField()),
                ("at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("by", models.ForeignKey(**STAFF)),
                ("ended_by", models.ForeignKey(null=True, **STAFF)),
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
                        condition=models.Q(("due_on__gt", models.F("begins_on"))),
                        name="campaigndate_is_due_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", None)),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="campaigndate_ended_by_somebody",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("organization", "due_on"),
                        name="campaigndate_once_a_day",
                    ),
                ],
            },
        ),
    ]
