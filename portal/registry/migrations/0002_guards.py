"""People and doses change only under the writer's flag, and are never deleted.

``registry.corrections``, ``registry.imports`` and the population adapter set
``app.registry_writer`` for their transaction; any other writer is refused.
"""

from django.db import migrations

TABLES = ("person", "identitydocument", "telephone", "dose", "correction")

FORWARD = """
CREATE FUNCTION registry_only_its_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF coalesce(current_setting('app.registry_writer', true), '') = '' THEN
    RAISE EXCEPTION '% is written by registry.corrections only', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION registry_correction_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger of corrections is append-only'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE ON registry_correction
  FOR EACH ROW EXECUTE FUNCTION registry_correction_is_final();
""" + "".join(
    f"CREATE TRIGGER only_its_writer BEFORE INSERT OR UPDATE OR DELETE"
    f" ON registry_{table} FOR EACH STATEMENT"
    f" EXECUTE FUNCTION registry_only_its_writer();\n"
    for table in TABLES
)
BACKWARD = (
    "DROP TRIGGER append_only ON registry_correction;\n"
    + "".join(f"DROP TRIGGER only_its_writer ON registry_{t};\n" for t in TABLES)
    + "DROP FUNCTION registry_only_its_writer();\n"
    + "DROP FUNCTION registry_correction_is_final();\n"
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
