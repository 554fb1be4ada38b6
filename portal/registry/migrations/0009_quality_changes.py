"""Note what the quality rules have to look at again, in the statement that changes it.

A statement leaves one span where its keys lie close together, as after a bulk load,
and a row for each key otherwise. What the rules do not read (what the population
database said, versions) leaves nothing. Reference data ask for a full run.
"""

from django.db import migrations

NOTE = """
CREATE FUNCTION registry_note_keys(kind text, keys bigint[]) RETURNS void
LANGUAGE sql AS $$
  WITH span AS (
    SELECT min(k) AS first, max(k) AS last, count(*) AS n FROM unnest(keys) k
  )
  INSERT INTO registry_qualitychange (kind, first, last)
  SELECT kind, first, last FROM span WHERE n > 0 AND last - first < 4 * n
  UNION ALL
  SELECT DISTINCT kind, k, k FROM unnest(keys) k, span WHERE last - first >= 4 * n
$$;

CREATE FUNCTION registry_note_dose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM registry_note_keys('dose', (SELECT array_agg(id) FROM fresh));
    RETURN NULL;
  END IF;
  PERFORM registry_note_keys('dose', (SELECT array_agg(id) FROM fresh));
  PERFORM registry_note_keys('person', (
    SELECT array_agg(o.person_id) FROM stale o JOIN fresh n ON n.id = o.id
    WHERE o.person_id IS DISTINCT FROM n.person_id AND o.person_id IS NOT NULL));
  PERFORM registry_note_keys('site', (
    SELECT array_agg(o.site_id) FROM stale o JOIN fresh n ON n.id = o.id
    WHERE o.site_id <> n.site_id));
  RETURN NULL;
END $$;

CREATE FUNCTION registry_note_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM registry_note_keys('person', (SELECT array_agg(id) FROM fresh));
    RETURN NULL;
  END IF;
  PERFORM registry_note_keys('person', (
    SELECT array_agg(n.id) FROM stale o JOIN fresh n ON n.id = o.id
    WHERE (o.full_name, o.name_key, o.born_on, o.born_precision, o.sex, o.residence_id)
      IS DISTINCT FROM
      (n.full_name, n.name_key, n.born_on, n.born_precision, n.sex, n.residence_id)));
  RETURN NULL;
END $$;

CREATE FUNCTION registry_note_owner() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION registry_note_reference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM fresh) THEN
    INSERT INTO registry_qualitychange (kind, first, last) VALUES ('all', 0, 0);
  END IF;
  RETURN NULL;
END $$;
"""
FUNCTIONS = ("dose", "person", "owner", "reference")
NOTED = {
    "dose": "dose",
    "person": "person",
    "identitydocument": "owner",
    "telephone": "owner",
}
REFERENCE = (
    "threshold",
    "product",
    "lot",
    "lotallocation",
    "organization",
    "organizationsuccession",
    "administrativeunit",
)


def _trigger(table: str, function: str, event: str, transition: str) -> str:
    return (
        f"CREATE TRIGGER quality_{event.lower()} AFTER {event} ON registry_{table}"
        f" REFERENCING {transition} FOR EACH STATEMENT"
        f" EXECUTE FUNCTION registry_note_{function}();\n"
    )


def _forward() -> str:
    inserted, deleted = "NEW TABLE AS fresh", "OLD TABLE AS fresh"
    updated = "OLD TABLE AS stale NEW TABLE AS fresh"
    parts = [NOTE]
    for table, function in NOTED.items():
        parts.append(_trigger(table, function, "INSERT", inserted))
        parts.append(_trigger(table, function, "UPDATE", updated))
    for table in REFERENCE:
        parts.append(_trigger(table, "reference", "INSERT", inserted))
        parts.append(_trigger(table, "reference", "UPDATE", updated))
        parts.append(_trigger(table, "reference", "DELETE", deleted))
    return "".join(parts)


def _backward() -> str:
    parts = []
    for table in (*NOTED, *REFERENCE):
        for event in ("insert", "update", "delete"):
            parts.append(
                f"DROP TRIGGER IF EXISTS quality_{event} ON registry_{table};\n"
            )
    parts += [f"DROP FUNCTION registry_note_{name}();\n" for name in FUNCTIONS]
    parts.append("DROP FUNCTION registry_note_keys(text, bigint[]);\n")
    return "".join(parts)


class Migration(migrations.Migration):
    dependencies = [("registry", "0008_quality")]
    operations = [migrations.RunSQL(_forward(), _backward())]
