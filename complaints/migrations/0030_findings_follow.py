"""Samples, checks and unusual looks follow a unit by triggers of their own already."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION complaints_scrutiny_follows_path() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
BEGIN
  PERFORM set_config('app.scope', 'system', true);
  {}
  PERFORM set_config('app.scope', scope, true);
  RETURN NULL;
END $$;
"""
FINDINGS = (
    "UPDATE registry_qualityfinding SET path = NEW.path WHERE organization_id = NEW.id;"
)
ALL = "".join(
    f"UPDATE complaints_{table} SET path = NEW.path WHERE organization_id = NEW.id;\n  "
    for table in ("sample", "recheck", "accesssign")
)


class Migration(migrations.Migration):
    """One function shorter."""

    dependencies = [("complaints", "0029_decisions_before")]

    operations = [
        migrations.RunSQL(FUNCTION.format(FINDINGS), FUNCTION.format(ALL + FINDINGS)),
    ]
