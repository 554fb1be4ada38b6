"""What names a row that was changed after its day was sealed."""

from django.db import migrations, models

FORWARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_leaves
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
"""
BACKWARD = "DROP TRIGGER append_only ON audit_leaves;"


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_for_auditors")]
    operations = [
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
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
