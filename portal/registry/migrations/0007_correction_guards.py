"""Aliases are the registry's too; each correction gets its place in the feed.

The entry is written in the correction's own transaction, whoever writes it and how
(COPY included), so that no correction can be missing from the feed.
"""

from django.db import migrations

FORWARD = """
CREATE TRIGGER only_its_writer BEFORE INSERT OR UPDATE OR DELETE
  ON registry_namealias FOR EACH STATEMENT
  EXECUTE FUNCTION registry_only_its_writer();
CREATE FUNCTION registry_feed_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO registry_feedentry (correction_id) SELECT id FROM added;
  RETURN NULL;
END $$;
CREATE TRIGGER feed AFTER INSERT ON registry_correction
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION registry_feed_correction();
INSERT INTO registry_feedentry (correction_id) SELECT id FROM registry_correction;
CREATE FUNCTION registry_feed_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND NEW.correction_id = OLD.correction_id
     AND (OLD.position IS NULL OR NEW.position = OLD.position) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a place in the feed stays as it was given'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER final BEFORE UPDATE OR DELETE ON registry_feedentry
  FOR EACH ROW EXECUTE FUNCTION registry_feed_is_final();
"""
BACKWARD = """
DROP TRIGGER final ON registry_feedentry;
DROP FUNCTION registry_feed_is_final();
DROP TRIGGER feed ON registry_correction;
DROP FUNCTION registry_feed_correction();
DROP TRIGGER only_its_writer ON registry_namealias;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_corrections")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
