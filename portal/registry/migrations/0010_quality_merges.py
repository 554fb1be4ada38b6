"""Note also that a record was merged, separated, or found to stand for nobody."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION registry_note_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM registry_note_keys('person', (SELECT array_agg(id) FROM fresh));
    RETURN NULL;
  END IF;
  PERFORM registry_note_keys('person', (
    SELECT array_agg(n.id) FROM stale o JOIN fresh n ON n.id = o.id
    WHERE (o.full_name, o.name_key, o.born_on, o.born_precision, o.sex,
           o.residence_id@OLD@) IS DISTINCT FROM
      (n.full_name, n.name_key, n.born_on, n.born_precision, n.sex,
       n.residence_id@NEW@)));
  RETURN NULL;
END $$;
"""


def _with(*columns: str) -> str:
    text = FUNCTION
    for mark, row in (("@OLD@", "o"), ("@NEW@", "n")):
        text = text.replace(mark, "".join(f", {row}.{column}" for column in columns))
    return text


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_quality_changes")]
    operations = [migrations.RunSQL(_with("status", "merged_into_id"), _with())]
