"""Digests made anew under another key are no change of a number."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION registry_note_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Only the digest is made anew, under another key: the number is the same.
  IF coalesce(current_setting('app.registry_writer', true), '') = 'digests' THEN
    RETURN NULL;
  END IF;
  PERFORM registry_note_keys('person', (SELECT array_agg(person_id) FROM fresh));
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'registry_identitydocument' THEN
    DELETE FROM registry_numberreading r USING stale o JOIN fresh n ON n.id = o.id
      WHERE r.document_id = n.id AND o.number_digest <> n.number_digest;
  ELSIF TG_OP = 'UPDATE' THEN
    DELETE FROM registry_telephonereading r USING stale o JOIN fresh n ON n.id = o.id
      WHERE r.telephone_id = n.id AND o.number_digest <> n.number_digest;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    -- Whoever shared the old number shares it no longer.
    PERFORM registry_note_keys('person', CASE TG_TABLE_NAME
      WHEN 'registry_identitydocument' THEN (
        SELECT array_agg(i.person_id) FROM stale o JOIN fresh n ON n.id = o.id
        JOIN registry_identitydocument i ON i.number_digest = o.number_digest
        WHERE o.number_digest <> n.number_digest)
      ELSE (
        SELECT array_agg(i.person_id) FROM stale o JOIN fresh n ON n.id = o.id
        JOIN registry_telephone i ON i.number_digest = o.number_digest
        WHERE o.number_digest <> n.number_digest) END);
  END IF;
  RETURN NULL;
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION registry_note_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM registry_note_keys('person', (SELECT array_agg(person_id) FROM fresh));
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'registry_identitydocument' THEN
    DELETE FROM registry_numberreading r USING stale o JOIN fresh n ON n.id = o.id
      WHERE r.document_id = n.id AND o.number_digest <> n.number_digest;
  ELSIF TG_OP = 'UPDATE' THEN
    DELETE FROM registry_telephonereading r USING stale o JOIN fresh n ON n.id = o.id
      WHERE r.telephone_id = n.id AND o.number_digest <> n.number_digest;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    -- Whoever shared the old number shares it no longer.
    PERFORM registry_note_keys('person', CASE TG_TABLE_NAME
      WHEN 'registry_identitydocument' THEN (
        SELECT array_agg(i.person_id) FROM stale o JOIN fresh n ON n.id = o.id
        JOIN registry_identitydocument i ON i.number_digest = o.number_digest
        WHERE o.number_digest <> n.number_digest)
      ELSE (
        SELECT array_agg(i.person_id) FROM stale o JOIN fresh n ON n.id = o.id
        JOIN registry_telephone i ON i.number_digest = o.number_digest
        WHERE o.number_digest <> n.number_digest) END);
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_own_closed_sites")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
