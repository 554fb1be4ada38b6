"""Requests about one's own data are seen by the actions that open all rows alone."""

from django.db import migrations

FORWARD = """
ALTER TABLE complaints_datarequest ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_datarequest FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_datarequest USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
BACKWARD = """
DROP POLICY scope ON complaints_datarequest;
ALTER TABLE complaints_datarequest NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_datarequest DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0009_data_requests")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
