"""Units move in the tree, which has no circle; what hangs on a path follows."""

import django.db.models.deletion
from django.db import migrations, models

# Checked as the transaction ends, since a unit and those below it change together. A
# path that begins with that of the unit above and is one step longer leaves no circle.
TREE = """
CREATE FUNCTION complaints_organization_in_its_tree() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM registry_organization o
    JOIN registry_organization above ON above.id = o.parent_id
    WHERE (o.id = NEW.id OR o.parent_id = NEW.id)
      AND (NOT starts_with(o.path, above.path)
        OR substr(o.path, length(above.path) + 1) !~ '^[^/]+/$')
  ) THEN
    RAISE EXCEPTION 'an organization stands outside of its place in the tree'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'organization_in_its_tree';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER organization_in_its_tree
  AFTER INSERT OR UPDATE OF parent_id, path ON registry_organization
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION complaints_organization_in_its_tree();
"""
TREE_BACK = """
DROP TRIGGER organization_in_its_tree ON registry_organization;
DROP FUNCTION complaints_organization_in_its_tree;
"""
# Samples, checks, unusual looks and findings are seen by the path that they keep.
FOLLOW = """
CREATE FUNCTION complaints_scrutiny_follows_path() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
BEGIN
  PERFORM set_config('app.scope', 'system', true);
  UPDATE complaints_sample SET path = NEW.path WHERE organization_id = NEW.id;
  UPDATE complaints_recheck SET path = NEW.path WHERE organization_id = NEW.id;
  UPDATE complaints_accesssign SET path = NEW.path WHERE organization_id = NEW.id;
  UPDATE registry_qualityfinding SET path = NEW.path WHERE organization_id = NEW.id;
  PERFORM set_config('app.scope', scope, true);
  RETURN NULL;
END $$;
CREATE TRIGGER scrutiny_follows_path AFTER UPDATE OF path ON registry_organization
  FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
  EXECUTE FUNCTION complaints_scrutiny_follows_path();
"""
FOLLOW_BACK = """
DROP TRIGGER scrutiny_follows_path ON registry_organization;
DROP FUNCTION complaints_scrutiny_follows_path;
"""
ABOVE = {
    "null": True,
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "db_index": False,
    "to": "registry.organization",
}


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0024_words_of_people"),
        ("registry", "0004_unit_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="unitchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("opened", "Opened"),
                    ("renamed", "Renamed"),
                    ("closed", "Closed"),
                    ("moved", "Moved"),
                ],
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="unitchange",
            name="parent_before",
            field=models.ForeignKey(**ABOVE),
        ),
        migrations.AddField(
            model_name="unitchange",
            name="parent_after",
            field=models.ForeignKey(**ABOVE),
        ),
        migrations.AddConstraint(
            model_name="unitchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "moved"),
                    ("parent_after__isnull", False),
                    ("parent_before__isnull", False),
                )
                | models.Q(
                    models.Q(("kind", "moved"), _negated=True),
                    ("parent_after", None),
                    ("parent_before", None),
                ),
                name="unitchange_moved_iff_it_has_a_new_place",
            ),
        ),
        migrations.RunSQL(TREE, TREE_BACK),
        migrations.RunSQL(FOLLOW, FOLLOW_BACK),
    ]
