"""The database notes which certificates a change of the record puts in doubt.

So nobody has to compare all certificates in force with their records every minute.
"""

from django.db import migrations, models
from django.db.models import Q

DOUBT = """
CREATE FUNCTION registry_doubt_certificates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE registry_certificate c SET doubted = true
  FROM stale o JOIN fresh n ON n.id = o.id
  WHERE c.person_id = n.id AND c.revoked_at IS NULL
    AND (o.certificate_stale_since, o.merged_into_id, o.population)
      IS DISTINCT FROM (n.certificate_stale_since, n.merged_into_id, n.population);
  RETURN NULL;
END $$;
CREATE TRIGGER doubt_certificates AFTER UPDATE ON registry_person
  REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION registry_doubt_certificates();
UPDATE registry_certificate SET doubted = true WHERE revoked_at IS NULL;
"""
BACK = """
DROP TRIGGER doubt_certificates ON registry_person;
DROP FUNCTION registry_doubt_certificates();
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_guards")]
    operations = [
        migrations.AddField(
            "certificate",
            "doubted",
            models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(DOUBT, BACK),
        migrations.AddIndex(
            "certificate",
            models.Index(
                condition=Q(doubted=True, revoked_at=None),
                fields=["id"],
                name="certificate_doubted",
            ),
        ),
        migrations.AddIndex(
            "certificate",
            models.Index(
                condition=Q(revoked_at=None),
                fields=["expires_at"],
                name="certificate_ends",
            ),
        ),
    ]
