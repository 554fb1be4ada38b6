"""What was told the public of a month stays as it was told."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEPT = """
CREATE FUNCTION complaints_published_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was published stays' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON complaints_publishedmonth
  FOR EACH ROW EXECUTE FUNCTION complaints_published_is_final();
"""
KEPT_BACK = """
DROP TRIGGER append_only ON complaints_publishedmonth;
DROP FUNCTION complaints_published_is_final;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0027_emergencies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublishedMonth",
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
                ("edition", models.PositiveSmallIntegerField()),
                ("rows", models.JSONField()),
                ("country", models.JSONField()),
                ("counted_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "edition"),
                        name="publishedmonth_once_per_edition",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)),
                        name="publishedmonth_begins_on_the_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("by", None), ("edition", 1), ("reason", ""))
                        | models.Q(
                            ("by__isnull", False),
                            ("edition__gt", 1),
                            models.Q(("reason", ""), _negated=True),
                        ),
                        name="publishedmonth_corrected_by_somebody_for_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEPT, KEPT_BACK),
    ]
