"""Two unique indexes that went with those of their foreign keys come back.

Taking ``db_index`` off a foreign key also drops a partial unique index over the same
column alone.
"""

from django.db import migrations

BACK = """
CREATE UNIQUE INDEX IF NOT EXISTS unitsuccession_one_default
  ON registry_unitsuccession (old_id) WHERE is_default;
CREATE UNIQUE INDEX IF NOT EXISTS telephone_one_contact_per_person
  ON registry_telephone (person_id) WHERE is_contact;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0020_certificates")]

    operations = [migrations.RunSQL(BACK, migrations.RunSQL.noop)]
