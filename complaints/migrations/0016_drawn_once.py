"""A decision is drawn once, so that nobody draws until the sample pleases."""

import django.db.models.deletion
from django.db import migrations, models

# Of a decision that was drawn more than once the check that was made stays, else the
# first one. Row policies hide all rows from whoever opens none.
ONCE = """
SELECT set_config('app.scope', 'system', true);
DELETE FROM complaints_recheck WHERE id IN (
  SELECT id FROM (
    SELECT id, row_number() OVER (
      PARTITION BY event_id ORDER BY verdict = '', sample_id, id) AS place
    FROM complaints_recheck) ranked
  WHERE place > 1);
SELECT set_config('app.scope', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0015_replies")]

    operations = [
        migrations.RunSQL(ONCE, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="recheck", name="recheck_once_per_sample"
        ),
        migrations.AlterField(
            model_name="recheck",
            name="sample",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rechecks",
                to="complaints.sample",
            ),
        ),
        migrations.AlterField(
            model_name="recheck",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="complaints.event",
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.UniqueConstraint(
                fields=("event",), name="recheck_once_per_event"
            ),
        ),
    ]
