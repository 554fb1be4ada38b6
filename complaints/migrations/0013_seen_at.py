"""What was put forward keeps its first day; a campaign counts whom it cannot read."""

from django.db import migrations, models
from django.db.models.functions import Now

FILLED = """
SELECT set_config('app.scope', 'system', true);
UPDATE complaints_prepared SET seen_at = found_at;
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0012_rule_versions")]

    operations = [
        migrations.AddField(
            model_name="prepared",
            name="seen_at",
            field=models.DateTimeField(db_default=Now()),
        ),
        migrations.RunSQL(FILLED, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="campaign",
            name="failed",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
