"""What the database itself holds: chained events, the holder's path, row policies."""

from django.db import migrations

CHAIN = """
CREATE FUNCTION complaints_event_hash(e complaints_event, prior bytea)
RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(
    coalesce(prior, ''::bytea)
    || convert_to(
      concat_ws('|', e.complaint_id, e.seq, e.move,
        extract(epoch FROM e.at), e.actor, coalesce(e.by_id::text, '-'),
        e.status, e.round, e.holder_id, e.data::text), 'UTF8')
    || e.note_digest)
$$;
CREATE FUNCTION complaints_event_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  prior_seq integer;
  prior_hash bytea;
BEGIN
  SELECT seq, hash INTO prior_seq, prior_hash FROM complaints_event
    WHERE complaint_id = NEW.complaint_id ORDER BY seq DESC LIMIT 1;
  NEW.seq := coalesce(prior_seq, 0) + 1;
  NEW.note_digest := sha256(convert_to(NEW.note_salt::text || NEW.note, 'UTF8'));
  NEW.hash := complaints_event_hash(NEW, prior_hash);
  RETURN NEW;
END $$;
CREATE TRIGGER chain BEFORE INSERT ON complaints_event
  FOR EACH ROW EXECUTE FUNCTION complaints_event_chain();

CREATE FUNCTION complaints_event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.note = '' THEN
    NEW.note := OLD.note;
    IF NEW IS NOT DISTINCT FROM OLD THEN
      NEW.note := '';
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON complaints_event
  FOR EACH ROW EXECUTE FUNCTION complaints_event_is_final();

CREATE FUNCTION complaints_switches_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'switches of rules are append-only'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON complaints_ruleswitch
  FOR EACH ROW EXECUTE FUNCTION complaints_switches_are_kept();
CREATE FUNCTION complaints_published_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was published stays' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON complaints_publishedmonth
  FOR EACH ROW EXECUTE FUNCTION complaints_published_is_final();
"""

# An organization that moves takes the paths of what it holds with it.
HOLDER = """
CREATE FUNCTION complaints_holder_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT path INTO NEW.holder_path FROM registry_organization WHERE id = NEW.holder_id;
  RETURN NEW;
END $$;
CREATE TRIGGER holder_path BEFORE INSERT OR UPDATE OF holder_id, holder_path
  ON complaints_complaint
  FOR EACH ROW EXECUTE FUNCTION complaints_holder_path();
"""


def following(name: str, update: str) -> str:
    """Return the trigger by which an update of all rows follows a unit's new path."""
    return f"""
CREATE FUNCTION complaints_{name}() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
BEGIN
  PERFORM set_config('app.scope', 'system', true);
  UPDATE {update} = NEW.id;
  PERFORM set_config('app.scope', scope, true);
  RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER UPDATE OF path ON registry_organization
  FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
  EXECUTE FUNCTION complaints_{name}();
"""


PATHS = (
    HOLDER
    + following(
        "cases_follow_path",
        "complaints_complaint SET holder_path = NEW.path WHERE holder_id",
    )
    + following(
        "findings_follow_path",
        "registry_qualityfinding SET path = NEW.path WHERE organization_id",
    )
    + "".join(
        following(
            f"{table}_follow_path",
            f"complaints_{table} SET path = NEW.path WHERE organization_id",
        )
        for table in ("prepared", "accesssign", "sample", "recheck")
    )
)

# Units move in the tree, which has no circle.
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

# A path is one of some thousands. With a hundred steps in its statistics the planner took
# a station for twenty times as busy as it is, and walked the whole country's queue.
STATISTICS = (
    "ALTER TABLE complaints_complaint ALTER COLUMN holder_path SET STATISTICS 2000"
)

# Scalar sub-selects, so that each setting is read once a statement, not once a row. They
# compare inside, as the planner takes a bare boolean for half of the rows: with the
# comparison outside it believed in one row of 200 and chose loops that never ended.
SCOPE = "(SELECT coalesce(current_setting('app.scope', true), '') = '{}')"
SYSTEM, STAFF, CITIZEN = map(SCOPE.format, ("system", "staff", "citizen"))
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
REACHED = f"""LIKE ANY (
    SELECT reach || '%' FROM unnest(string_to_array({REACH}, ',')) AS reach
    WHERE reach <> '')"""
# A page of the queue counts seven views of complaints: an array that is read once a
# statement is planned in less time than it takes to count them; seven selects were not.
ARRAY = "nullif(current_setting('app.reach', true), '')"
# Who may see the complaint, the event, the incident, the list may see what belongs to it.
OF_A_COMPLAINT, OF_AN_EVENT, OF_AN_INCIDENT = (
    f"{SYSTEM} OR EXISTS (SELECT 1 FROM complaints_{name} o WHERE o.id = {name}_id)"
    for name in ("complaint", "event", "incident")
)
OF_A_LIST = f"""{SYSTEM} OR EXISTS (
    SELECT 1 FROM complaints_reportlist l WHERE l.id = report_list_id)"""
# Who may see the unit that decided sees its checks and signs; who drew, the samples.
ON_THE_PATH = f"{SYSTEM} OR ({STAFF} AND path {REACHED})"
SEEN = {
    "complaint": f"""{SYSTEM}
  OR ({STAFF} AND holder_path LIKE ANY (
    (SELECT string_to_array(replace({ARRAY}, ',', '%,') || '%', ','))::text[]))
  OR ({CITIZEN} AND submission_id::text = ANY (
    (SELECT string_to_array({ARRAY}, ','))::text[]))""",
    "claim": OF_A_COMPLAINT,
    "event": OF_A_COMPLAINT,
    "rating": OF_A_COMPLAINT,
    "caveat": OF_A_COMPLAINT,
    "lease": OF_A_COMPLAINT,
    "presence": OF_A_COMPLAINT,
    "skip": OF_A_COMPLAINT,
    "reached": OF_A_COMPLAINT,
    "referral": OF_A_COMPLAINT,
    "takeback": OF_AN_EVENT,
    # What units say of their figures: staff who see the case, no citizen.
    "figurereview": f"""{SYSTEM} OR ({STAFF} AND EXISTS (
    SELECT 1 FROM complaints_complaint c WHERE c.id = complaint_id))""",
    # Requests, files and invitations: shown by actions that open all rows alone.
    "datarequest": SYSTEM,
    "ownfile": SYSTEM,
    "invitation": SYSTEM,
    # A set is its chooser's alone; the actions open it, and show it to nobody else.
    "bulk": SYSTEM,
    "bulkitem": SYSTEM,
    "bulkrun": SYSTEM,
    "savedview": SYSTEM,
    "unitchangecase": SYSTEM,
    # Measures are read by functions that count them, never row by row for somebody.
    "measure": SYSTEM,
    "gamingsign": SYSTEM,
    # Staff look at samples and take back; a citizen's session sees none.
    "selfcorrection": SCOPE.replace("= '{}'", "IN ('system', 'staff')"),
    # Staff who answer for the record, or who see the report that it goes with.
    "prepared": f"""{SYSTEM} OR ({STAFF} AND (path {REACHED} OR EXISTS (
    SELECT FROM complaints_complaint c
    WHERE c.id = complaint_id AND c.holder_path {REACHED})))""",
    # Who may see what the holder holds may see its incidents; clues are the gatherer's.
    "incident": f"""{SYSTEM} OR ({STAFF} AND EXISTS (
    SELECT 1 FROM registry_organization o
    WHERE o.id = holder_id AND o.path {REACHED}))""",
    "incidentmember": OF_AN_INCIDENT,
    "incidentrun": OF_AN_INCIDENT,
    "incidentnotice": OF_AN_INCIDENT,
    "clue": SYSTEM,
    "sample": ON_THE_PATH,
    "recheck": ON_THE_PATH,
    "accesssign": ON_THE_PATH,
    "reportlist": f"""{SYSTEM} OR ({STAFF} AND EXISTS (
    SELECT 1 FROM registry_organization o,
      unnest(string_to_array({REACH}, ',')) AS reach
    WHERE o.id = organization_id AND reach <> '' AND o.path LIKE reach || '%'))""",
    "reportrow": OF_A_LIST,
    "reportjob": OF_A_LIST,
}
POLICIES = "".join(
    f"""
ALTER TABLE complaints_{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_{table} USING ({seen}) WITH CHECK ({SYSTEM});
"""
    for table, seen in SEEN.items()
)
# Saved views can be read where their maker, or the unit that shares them, is in sight,
# as long as the maker has a post there: they hold codes of filters and a name, nothing
# of a case.
IN_SIGHT = f"""
CREATE POLICY in_sight ON complaints_savedview FOR SELECT USING (
  {STAFF}
  AND EXISTS (
    SELECT 1 FROM registry_organization o
    WHERE o.path = ANY (string_to_array(current_setting('app.reach', true), ','))
      AND (o.id = organization_id
           OR organization_id IS NULL AND EXISTS (
             SELECT 1 FROM accounts_posting p
             WHERE p.user_id = by_id AND p.organization_id = o.id
               AND p.valid_from <= now()
               AND (p.valid_to IS NULL OR p.valid_to > now())))
  )
);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_initial"),
        ("complaints", "0001_initial"),
        ("registry", "0002_guards"),
    ]
    operations = [
        migrations.RunSQL(part)
        for part in (CHAIN, PATHS, TREE, STATISTICS, POLICIES, IN_SIGHT)
    ]
