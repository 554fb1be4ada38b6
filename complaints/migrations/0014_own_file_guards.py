"""Files of one's own data are seen by the actions that open all rows alone."""

from django.db import migrations

FORWARD = """
ALTER TABLE complaints_ownfile ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_ownfile FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_ownfile USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'system')
);
"""
BACKWARD = """
DROP POLICY scope ON complaints_ownfile;
ALTER TABLE complaints_ownfile NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_ownfile DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0013_own_files")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
