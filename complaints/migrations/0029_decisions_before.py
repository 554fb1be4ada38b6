"""Who decided before stands in the events alone; a maker's saved views end with posts."""

from django.db import migrations

POSTED = """
      AND (o.id = organization_id
           OR organization_id IS NULL AND EXISTS (
             SELECT 1 FROM accounts_posting p
             WHERE p.user_id = by_id AND p.organization_id = o.id{}))
  )
)"""
IN_SIGHT = """
ALTER POLICY in_sight ON complaints_savedview USING (
  (SELECT coalesce(current_setting('app.scope', true), '') = 'staff')
  AND EXISTS (
    SELECT 1 FROM registry_organization o
    WHERE o.path = ANY (string_to_array(current_setting('app.reach', true), ','))"""
NOW = """
               AND p.valid_from <= now()
               AND (p.valid_to IS NULL OR p.valid_to > now())"""


class Migration(migrations.Migration):
    """One column less, one policy narrower."""

    dependencies = [("complaints", "0028_published_months")]

    operations = [
        migrations.RemoveField("complaint", "last_resolver"),
        migrations.RunSQL(IN_SIGHT + POSTED.format(NOW), IN_SIGHT + POSTED.format("")),
    ]
