"""Names that organizations bore before; which ones were changed in the portal."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0003_doubted_certificates"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="is_own",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="OrganizationName",
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
                ("name", models.CharField(max_length=160)),
                ("folded", models.CharField(max_length=160)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="names",
                        to="registry.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["folded"], name="organizationname_folded")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_to__gt", models.F("valid_from"))),
                        name="organizationname_ends_after_it_begins",
                    ),
                    models.UniqueConstraint(
                        fields=("organization", "valid_to"),
                        name="organizationname_one_until_a_day",
                    ),
                ],
            },
        ),
    ]
