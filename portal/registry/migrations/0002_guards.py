"""What the database itself holds: who writes, what is final, what is noted, who sees.

People and doses change only under the writer's flag, and are never deleted:
``registry.corrections``, ``registry.imports`` and the population adapter set
``app.registry_writer`` for their transaction; any other writer is refused.
"""

from django.db import migrations

WRITTEN = (
    "person",
    "identitydocument",
    "telephone",
    "dose",
    "correction",
    "namealias",
    "load",
    "loadblock",
)
WRITER = """
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
""" + "".join(
    f"CREATE TRIGGER only_its_writer BEFORE INSERT OR UPDATE OR DELETE"
    f" ON registry_{table} FOR EACH STATEMENT"
    f" EXECUTE FUNCTION registry_only_its_writer();\n"
    for table in WRITTEN
)

# Each correction gets its place in the feed in its own transaction, whoever writes it
# and how (COPY included), so that no correction can be missing from the feed.
LEDGER = """
CREATE FUNCTION registry_correction_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger of corrections is append-only'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE ON registry_correction
  FOR EACH ROW EXECUTE FUNCTION registry_correction_is_final();
CREATE FUNCTION registry_feed_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO registry_feedentry (correction_id) SELECT id FROM added;
  RETURN NULL;
END $$;
CREATE TRIGGER feed AFTER INSERT ON registry_correction
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION registry_feed_correction();
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

# What the quality rules and matching have to look at again is noted in the statement
# that changes it: one span where its keys lie close together, as after a bulk load,
# and a row for each key otherwise. What nobody reads (what the population database
# said, versions) leaves nothing. Reference data ask for a full run of the rules.
NOTES = """
CREATE FUNCTION registry_note_keys(kind text, keys bigint[]) RETURNS void
LANGUAGE sql AS $$
  WITH span AS (
    SELECT min(k) AS first, max(k) AS last, count(*) AS n FROM unnest(keys) k
  ), noted AS (
    SELECT kind AS what, first, last FROM span WHERE n > 0 AND last - first < 4 * n
    UNION ALL
    SELECT DISTINCT kind, k, k FROM unnest(keys) k, span WHERE last - first >= 4 * n
  ), matched AS (
    INSERT INTO registry_matchchange (kind, first, last)
    SELECT what, first, last FROM noted WHERE what IN ('person', 'dose')
  )
  INSERT INTO registry_qualitychange (kind, first, last)
  SELECT what, first, last FROM noted
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
    WHERE (o.full_name, o.name_key, o.born_on, o.born_precision, o.sex,
           o.residence_id, o.status, o.merged_into_id) IS DISTINCT FROM
      (n.full_name, n.name_key, n.born_on, n.born_precision, n.sex,
       n.residence_id, n.status, n.merged_into_id)));
  RETURN NULL;
END $$;

CREATE FUNCTION registry_note_owner() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION registry_note_reference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM fresh) THEN
    INSERT INTO registry_qualitychange (kind, first, last) VALUES ('all', 0, 0);
  END IF;
  RETURN NULL;
END $$;
"""
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
TRANSITIONS = {
    "INSERT": "NEW TABLE AS fresh",
    "UPDATE": "OLD TABLE AS stale NEW TABLE AS fresh",
    "DELETE": "OLD TABLE AS fresh",
}


def _noting(table: str, function: str, *events: str) -> str:
    return "".join(
        f"CREATE TRIGGER quality_{event.lower()} AFTER {event} ON registry_{table}"
        f" REFERENCING {TRANSITIONS[event]} FOR EACH STATEMENT"
        f" EXECUTE FUNCTION registry_note_{function}();\n"
        for event in events
    )


NOTING = "".join(
    [_noting(table, function, "INSERT", "UPDATE") for table, function in NOTED.items()]
    + [_noting(table, "reference", *TRANSITIONS) for table in REFERENCE]
)

# Which certificates a change of the record puts in doubt is noted, so that nobody has
# to compare all certificates in force with their records every minute.
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
"""

# Who may see a list or a pair: staff at the organization before which it is, or above;
# workers all. Only workers and trusted actions write. Scalar sub-selects, so that each
# setting is read once a statement, not once a row.
SCOPE = "(SELECT coalesce(current_setting('app.scope', true), '') = '{}')"
SYSTEM, STAFF = map(SCOPE.format, ("system", "staff"))
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
AT_THE_SITE = f"""{SYSTEM} OR ({STAFF} AND EXISTS (
    SELECT 1 FROM registry_organization o,
      unnest(string_to_array({REACH}, ',')) AS reach
    WHERE o.id = site_id AND reach <> '' AND o.path LIKE reach || '%'))"""
OF_A_LIST = f"""{SYSTEM} OR EXISTS (
    SELECT 1 FROM registry_sessionlist l WHERE l.id = session_list_id)"""
ON_THE_PATH = f"""{SYSTEM} OR ({STAFF} AND path LIKE ANY (
    SELECT reach || '%' FROM unnest(string_to_array({REACH}, ',')) AS reach
    WHERE reach <> ''))"""
SEEN = {
    "sessionlist": AT_THE_SITE,
    "listcolumns": AT_THE_SITE,
    "stagedrow": OF_A_LIST,
    "listjob": OF_A_LIST,
    "proposal": ON_THE_PATH,
}
POLICIES = "".join(
    f"""
ALTER TABLE registry_{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE registry_{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON registry_{table} USING ({seen}) WITH CHECK ({SYSTEM});
"""
    for table, seen in SEEN.items()
)
PATHS = """
CREATE FUNCTION registry_proposal_follow_path() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
BEGIN
  PERFORM set_config('app.scope', 'system', true);
  UPDATE registry_proposal SET path = NEW.path WHERE organization_id = NEW.id;
  PERFORM set_config('app.scope', scope, true);
  RETURN NULL;
END $$;
CREATE TRIGGER proposal_follow_path AFTER UPDATE OF path ON registry_organization
  FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
  EXECUTE FUNCTION registry_proposal_follow_path();
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [
        migrations.RunSQL(part)
        for part in (WRITER, LEDGER, NOTES, NOTING, DOUBT, POLICIES, PATHS)
    ]
