"""What waited for a second person says what was asked."""

from django.db import migrations

# Before "asked_for" there was one thing to ask in each state.
FILLED = """
SELECT set_config('app.scope', 'system', true);
UPDATE registry_sessionlist
SET asked_for = CASE state WHEN 'committed' THEN 'undo' ELSE 'commit' END
WHERE asked_by_id IS NOT NULL AND asked_for = ''
  AND state IN ('checked', 'committing', 'committed');
UPDATE registry_sessionlist SET asked_for = 'undo'
WHERE asked_by_id IS NOT NULL AND asked_for = '' AND state = 'undoing';
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_list_facts")]

    operations = [migrations.RunSQL(FILLED, migrations.RunSQL.noop)]
