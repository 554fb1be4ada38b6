"""Lists of reports that units noted; their channel."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CHANNELS = [
    ("self", "By the citizen"),
    ("counter", "At the counter"),
    ("phone", "By telephone"),
    ("paper", "By letter"),
    ("list", "By a unit's list"),
]
# Staff of the unit that sent a list, or above; workers all. Only actions write.
SCOPE = "(SELECT coalesce(current_setting('app.scope', true), '') = '{}')"
SYSTEM, STAFF = map(SCOPE.format, ("system", "staff"))
REACH = "(SELECT coalesce(current_setting('app.reach', true), ''))"
OF_THE_UNIT = f"""{SYSTEM} OR ({STAFF} AND EXISTS (
    SELECT 1 FROM registry_organization o,
      unnest(string_to_array({REACH}, ',')) AS reach
    WHERE o.id = organization_id AND reach <> '' AND o.path LIKE reach || '%'))"""
OF_A_LIST = f"""{SYSTEM} OR EXISTS (
    SELECT 1 FROM complaints_reportlist l WHERE l.id = report_list_id)"""
SEEN = {
    "reportlist": OF_THE_UNIT,
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
POLICIES_BACK = "".join(f"DROP POLICY scope ON complaints_{t};" for t in SEEN)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0021_reopened_checks"),
        ("registry", "0006_own_closed_sites"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="submission",
            name="channel",
            field=models.CharField(choices=CHANNELS, default="self", max_length=7),
        ),
        migrations.AlterField(
            model_name="measure",
            name="channel",
            field=models.CharField(choices=CHANNELS, db_default="self", max_length=7),
        ),
        migrations.AlterField(
            model_name="subtreefigure",
            name="channel",
            field=models.CharField(
                blank=True, choices=CHANNELS, db_default="", max_length=7
            ),
        ),
        migrations.CreateModel(
            name="ReportList",
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
                ("name_sealed", models.BinaryField()),
                ("file_digest", models.BinaryField(max_length=32)),
                ("columns", models.JSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "Reading"),
                            ("judging", "Judging"),
                            ("checked", "Checked"),
                            ("filing", "Filing"),
                            ("filed", "Filed"),
                            ("refused", "Refused"),
                        ],
                        default="reading",
                        max_length=8,
                    ),
                ),
                ("refusal", models.CharField(blank=True, max_length=30)),
                ("rows_read", models.PositiveIntegerField(default=0)),
                ("rows_judged", models.PositiveIntegerField(default=0)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("language", models.CharField(max_length=2)),
                ("progress_at", models.DateTimeField()),
                ("uploaded_at", models.DateTimeField()),
                ("filed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                ("forgotten_at", models.DateTimeField(null=True)),
                (
                    "filed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReportJob",
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
                (
                    "work",
                    models.CharField(
                        choices=[
                            ("read", "Read"),
                            ("judge", "Judge"),
                            ("file", "File"),
                        ],
                        max_length=5,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "report_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="complaints.reportlist",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReportRow",
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
                ("place", models.PositiveIntegerField()),
                ("content_sealed", models.BinaryField()),
                ("findings_sealed", models.BinaryField(null=True)),
                (
                    "said",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "New"),
                            ("reported", "Reported"),
                            ("not_found", "Not Found"),
                            ("several", "Several"),
                            ("unclear", "Unclear"),
                            ("excluded", "Excluded"),
                            ("error", "Error"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "New"),
                            ("reported", "Reported"),
                            ("not_found", "Not Found"),
                            ("several", "Several"),
                            ("unclear", "Unclear"),
                            ("excluded", "Excluded"),
                            ("error", "Error"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("missing_dose", "A dose is missing"),
                            ("wrong_dose", "A detail of a dose is wrong"),
                            ("not_mine", "I did not have this dose"),
                            ("doubled_dose", "A dose is recorded twice"),
                            ("wrong_person", "Personal details are wrong"),
                            ("split_record", "My doses stand on two records"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_excluded", models.BooleanField(default=False)),
                ("is_fixed", models.BooleanField(default=False)),
                ("is_chosen", models.BooleanField(default=False)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
                (
                    "report_list",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="complaints.reportlist",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="complaints.submission",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="reportlist",
            index=models.Index(fields=["organization", "-id"], name="reportlist_of"),
        ),
        migrations.AddConstraint(
            model_name="reportlist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "refused"), models.Q(("refusal", ""), _negated=True)
                    ),
                    models.Q(
                        models.Q(("state", "refused"), _negated=True), ("refusal", "")
                    ),
                    _connector="OR",
                ),
                name="reportlist_refused_iff_it_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="reportlist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("filed_at__isnull", False),
                        ("filed_by__isnull", False),
                        ("state__in", ("filing", "filed")),
                    ),
                    models.Q(
                        models.Q(("state__in", ("filing", "filed")), _negated=True),
                        ("filed_at", None),
                        ("filed_by", None),
                    ),
                    _connector="OR",
                ),
                name="reportlist_filed_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="reportrow",
            index=models.Index(
                fields=["report_list", "verdict", "place"], name="reportrow_verdict"
            ),
        ),
        migrations.AddConstraint(
            model_name="reportrow",
            constraint=models.UniqueConstraint(
                fields=("report_list", "place"), name="reportrow_one_per_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="reportrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("submission", None)),
                    models.Q(("done_at__isnull", False), ("submission__isnull", False)),
                    _connector="OR",
                ),
                name="reportrow_done_iff_it_was_sent",
            ),
        ),
        migrations.RunSQL(POLICIES, POLICIES_BACK),
    ]
