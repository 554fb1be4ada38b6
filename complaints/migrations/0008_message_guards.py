"""Quiet hours in force, and the row policy of what citizens say of the handling."""

from datetime import date, time

from django.db import migrations

POLICY = """
ALTER TABLE complaints_rating ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_rating FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_rating USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
  OR EXISTS (SELECT 1 FROM complaints_complaint c WHERE c.id = complaint_id)
) WITH CHECK ((SELECT coalesce(current_setting('app.scope', true), '') = 'system'));
"""
POLICY_BACK = """
DROP POLICY scope ON complaints_rating;
ALTER TABLE complaints_rating NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_rating DISABLE ROW LEVEL SECURITY;
"""


def load(apps, schema_editor):
    apps.get_model("complaints", "QuietHours").objects.get_or_create(
        valid_from=date(2021, 3, 8),
        defaults={
            "begins": time(21),
            "ends": time(7),
            "source": "Giờ của đường dây hỗ trợ: 7 giờ đến 21 giờ",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("complaints", "0007_messages")]
    operations = [
        migrations.RunSQL(POLICY, POLICY_BACK),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
