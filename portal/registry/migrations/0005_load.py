"""The ledger of whole-country loads, written by its loader only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARDS = "".join(
    f"CREATE TRIGGER only_its_writer BEFORE INSERT OR UPDATE OR DELETE"
    f" ON registry_{table} FOR EACH STATEMENT"
    f" EXECUTE FUNCTION registry_only_its_writer();\n"
    for table in ("load", "loadblock")
)
GUARDS_BACK = "".join(
    f"DROP TRIGGER only_its_writer ON registry_{table};\n"
    for table in ("load", "loadblock")
)


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0004_matching"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Load",
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
                ("fingerprint", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=255)),
                ("size", models.BigIntegerField()),
                ("begun_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LoadBlock",
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
                ("number", models.PositiveIntegerField()),
                ("first_row", models.BigIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("people", models.PositiveIntegerField(default=0)),
                ("doses", models.PositiveIntegerField(default=0)),
                ("same", models.PositiveIntegerField(default=0)),
                ("orphans", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("person_ids", models.JSONField(default=list)),
                ("dose_ids", models.JSONField(default=list)),
                ("findings", models.JSONField(default=list)),
                ("loaded_at", models.DateTimeField()),
                (
                    "load",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="blocks",
                        to="registry.load",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("load", "number"), name="loadblock_once_per_load"
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARDS, GUARDS_BACK),
    ]
