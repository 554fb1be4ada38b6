"""Incidents: one cause behind many reports, its list, and what became of each."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Who may see what the holder holds may see its incidents; clues are the gatherer's.
SYSTEM = "(SELECT coalesce(current_setting('app.scope', true), '') = 'system')"
STAFF = "(SELECT coalesce(current_setting('app.scope', true), '') = 'staff')"
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
VISIBLE = {
    "incident": f"""{SYSTEM} OR ({STAFF} AND EXISTS (
      SELECT 1 FROM registry_organization o,
        unnest(string_to_array({REACH}, ',')) AS reach
      WHERE o.id = holder_id AND reach <> '' AND o.path LIKE reach || '%'))""",
    "incidentmember": f"""{SYSTEM} OR EXISTS (
      SELECT 1 FROM complaints_incident i WHERE i.id = incident_id)""",
    "incidentrun": f"""{SYSTEM} OR EXISTS (
      SELECT 1 FROM complaints_incident i WHERE i.id = incident_id)""",
    "clue": SYSTEM,
}
POLICIES = "".join(
    f"""
ALTER TABLE complaints_{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints_{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaints_{table} USING ({seen}) WITH CHECK ({SYSTEM});
"""
    for table, seen in VISIBLE.items()
)
POLICIES_BACK = "".join(
    f"""
DROP POLICY scope ON complaints_{table};
ALTER TABLE complaints_{table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE complaints_{table} DISABLE ROW LEVEL SECURITY;
"""
    for table in VISIBLE
)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0024_fewer_indexes"),
        ("registry", "0017_asked_before_sending"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("ref", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("given_on", models.DateField()),
                ("lot", models.CharField(blank=True, max_length=30)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for the list"),
                            ("proposed", "Proposed, waits for a second person"),
                            ("settling", "Being settled"),
                            ("settled", "Settled"),
                            ("dissolved", "Over: no report is open any more"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("formed_at", models.DateTimeField()),
                ("matched_at", models.DateTimeField(null=True)),
                ("proposed_at", models.DateTimeField(null=True)),
                ("signed_at", models.DateTimeField(null=True)),
                ("progress_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("told", models.PositiveIntegerField(default=0)),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="registry.organization",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.product",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session_list",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="registry.sessionlist",
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IncidentMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("joined_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("settled", "Settled"),
                            ("left", "Left"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300)),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "event",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="complaints.event",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="complaints.incident",
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="registry.stagedrow",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IncidentRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="complaints.incident",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Clue",
            fields=[
                (
                    "complaint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="clue",
                        serialize=False,
                        to="complaints.complaint",
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("given_on", models.DateField()),
                ("lot", models.CharField(blank=True, max_length=30)),
                ("filed_at", models.DateTimeField()),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.product",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["site", "given_on"], name="clue_session")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["state", "-id"], name="incident_state"),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("open", "proposed", "settling"))),
                fields=("site", "given_on", "product", "lot"),
                name="incident_one_open_per_session",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("product", None), models.Q(("lot", ""), _negated=True)),
                    models.Q(("lot", ""), ("product__isnull", False)),
                    _connector="OR",
                ),
                name="incident_names_a_product_or_a_lot",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ("open", "dissolved")),
                        ("proposed_by", None),
                        ("signed_by", None),
                    ),
                    models.Q(
                        ("signed_by", None),
                        ("state", "proposed"),
                        ("proposed_by__isnull", False),
                        ("session_list__isnull", False),
                    ),
                    models.Q(
                        ("state__in", ("settling", "settled")),
                        ("proposed_by__isnull", False),
                        ("signed_by__isnull", False),
                        ("session_list__isnull", False),
                        models.Q(("proposed_by", models.F("signed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="incident_two_people_decide",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at__isnull", False), ("state", "settled")),
                    models.Q(
                        models.Q(("state", "settled"), _negated=True),
                        ("settled_at", None),
                    ),
                    _connector="OR",
                ),
                name="incident_settled_iff_it_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentmember",
            constraint=models.UniqueConstraint(
                fields=("incident", "complaint"), name="incidentmember_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentmember",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("event__isnull", False), ("state", "settled")),
                    models.Q(
                        models.Q(("state", "settled"), _negated=True), ("event", None)
                    ),
                    _connector="OR",
                ),
                name="incidentmember_settled_iff_it_was_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentmember",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "left"), models.Q(("words", ""), _negated=True)),
                    models.Q(models.Q(("state", "left"), _negated=True), ("words", "")),
                    _connector="OR",
                ),
                name="incidentmember_left_iff_it_says_why",
            ),
        ),
        migrations.RunSQL(POLICIES, POLICIES_BACK),
    ]
