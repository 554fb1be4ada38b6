"""People, doses, corrections, lists, places: what is recorded, and where."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from portal.common.together import Together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name="AdministrativeUnit",
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
                        ("code", models.CharField(max_length=16, unique=True)),
                        (
                            "epoch",
                            models.CharField(
                                choices=[
                                    ("old", "before 1 July 2025"),
                                    ("new", "since 1 July 2025"),
                                ],
                                max_length=3,
                            ),
                        ),
                        (
                            "level",
                            models.CharField(
                                choices=[
                                    ("province", "Province"),
                                    ("district", "District"),
                                    ("commune", "Commune"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("name", models.CharField(max_length=100)),
                        ("folded", models.CharField(max_length=100)),
                        ("sort_key", models.CharField(max_length=300)),
                        (
                            "parent",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="parts",
                                to="registry.administrativeunit",
                            ),
                        ),
                        ("path", models.CharField(max_length=60)),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["folded"],
                                name="unit_folded",
                                opclasses=["text_pattern_ops"],
                            ),
                            models.Index(
                                fields=["path"],
                                name="unit_path",
                                opclasses=["text_pattern_ops"],
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gt", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="unit_ends_after_it_begins",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("level", "province"), ("parent", None)),
                                    models.Q(
                                        models.Q(("level", "province"), _negated=True),
                                        ("parent__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="unit_has_a_parent_unless_it_is_a_province",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UnitSuccession",
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
                            "old",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="successions",
                                to="registry.administrativeunit",
                            ),
                        ),
                        (
                            "new",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="predecessions",
                                to="registry.administrativeunit",
                            ),
                        ),
                        ("is_default", models.BooleanField(default=False)),
                        ("valid_from", models.DateField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("old", "new"),
                                name="unitsuccession_once_per_pair",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_default", True)),
                                fields=("old",),
                                name="unitsuccession_one_default",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UnitAlias",
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
                            "unit",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="aliases",
                                to="registry.administrativeunit",
                            ),
                        ),
                        ("name", models.CharField(max_length=100)),
                        ("folded", models.CharField(max_length=100)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["folded"], name="unitalias_folded")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("unit", "folded"),
                                name="unitalias_once_per_unit",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Person",
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
                        ("full_name", models.CharField(max_length=120)),
                        ("name_key", models.CharField(max_length=200)),
                        ("name_folded", models.CharField(max_length=120)),
                        ("sort_key", models.CharField(max_length=400)),
                        ("born_on", models.DateField()),
                        (
                            "born_precision",
                            models.CharField(
                                choices=[
                                    ("day", "Day"),
                                    ("month", "Month"),
                                    ("year", "Year"),
                                ],
                                default="day",
                                max_length=5,
                            ),
                        ),
                        (
                            "sex",
                            models.CharField(
                                blank=True,
                                choices=[("M", "Male"), ("F", "Female")],
                                max_length=1,
                            ),
                        ),
                        (
                            "residence",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.administrativeunit",
                            ),
                        ),
                        (
                            "population",
                            models.CharField(
                                choices=[
                                    ("not_sent", "Not Sent"),
                                    ("matched", "Matched"),
                                    ("mismatched", "Mismatched"),
                                    ("no_number", "No Number"),
                                    ("bad_format", "Bad Format"),
                                ],
                                default="not_sent",
                                max_length=10,
                            ),
                        ),
                        ("population_at", models.DateTimeField(null=True)),
                        (
                            "population_source",
                            models.CharField(blank=True, db_default="", max_length=20),
                        ),
                        (
                            "population_wrong",
                            models.CharField(blank=True, db_default="", max_length=60),
                        ),
                        ("is_restricted", models.BooleanField(default=False)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("merged", "Merged"),
                                    ("entered_in_error", "Entered In Error"),
                                ],
                                db_default="active",
                                default="active",
                                max_length=16,
                            ),
                        ),
                        (
                            "merged_into",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="merged",
                                to="registry.person",
                            ),
                        ),
                        ("certificate_stale_since", models.DateTimeField(null=True)),
                        ("version", models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["born_on", "residence"], name="person_born_home"
                            ),
                            models.Index(
                                condition=models.Q(("status", "active"), _negated=True),
                                fields=["status"],
                                name="person_inactive",
                            ),
                            models.Index(
                                condition=models.Q(("merged_into__isnull", False)),
                                fields=["merged_into"],
                                name="person_merged",
                            ),
                            models.Index(
                                fields=["name_folded", "born_on"],
                                name="person_name_born",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("merged_into__isnull", False),
                                        ("status", "merged"),
                                        models.Q(
                                            ("merged_into", models.F("id")),
                                            _negated=True,
                                        ),
                                    ),
                                    models.Q(
                                        models.Q(("status", "merged"), _negated=True),
                                        ("merged_into", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="person_merged_iff_it_points_at_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("population_wrong", ""),
                                    ("population", "mismatched"),
                                    _connector="OR",
                                ),
                                name="person_wrong_fields_are_those_of_a_mismatch",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="IdentityDocument",
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
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="documents",
                                to="registry.person",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("pin12", "Pin12"),
                                    ("cmnd9", "Cmnd9"),
                                    ("passport", "Passport"),
                                    ("other", "Other"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("number_sealed", models.BinaryField()),
                        (
                            "number_digest",
                            models.BinaryField(db_index=True, max_length=32),
                        ),
                        ("source", models.CharField(max_length=20)),
                        ("is_current", models.BooleanField(default=True)),
                        (
                            "is_void",
                            models.BooleanField(db_default=False, default=False),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("person", "number_digest"),
                                name="identitydocument_once_per_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("is_current", True),
                                    ("is_void", True),
                                    _negated=True,
                                ),
                                name="identitydocument_void_is_not_current",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Telephone",
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
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="telephones",
                                to="registry.person",
                            ),
                        ),
                        ("number_sealed", models.BinaryField()),
                        (
                            "number_digest",
                            models.BinaryField(db_index=True, max_length=32),
                        ),
                        ("is_contact", models.BooleanField(default=True)),
                        (
                            "is_void",
                            models.BooleanField(db_default=False, default=False),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("person", "number_digest"),
                                name="telephone_once_per_person",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_contact", True)),
                                fields=("person",),
                                name="telephone_one_contact_per_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("is_contact", True),
                                    ("is_void", True),
                                    _negated=True,
                                ),
                                name="telephone_void_is_no_contact",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="NameShare",
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
                            "part",
                            models.CharField(
                                choices=[
                                    ("family", "Family"),
                                    ("middle", "Middle"),
                                    ("given", "Given"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("key", models.CharField(max_length=60)),
                        ("share", models.FloatField()),
                        ("counted_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("part", "key"), name="nameshare_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="NameAlias",
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
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="aliases",
                                to="registry.person",
                            ),
                        ),
                        ("full_name", models.CharField(max_length=120)),
                        ("name_folded", models.CharField(max_length=120)),
                        (
                            "is_void",
                            models.BooleanField(db_default=False, default=False),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["name_folded"], name="namealias_folded"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("person", "full_name"),
                                name="namealias_once_per_person",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Organization",
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
                        ("code", models.CharField(max_length=32, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("ministry", "Ministry"),
                                    ("health_department", "Health Department"),
                                    ("cdc", "Cdc"),
                                    ("district_centre", "District Centre"),
                                    ("health_station", "Health Station"),
                                    ("hospital", "Hospital"),
                                    ("mobile_point", "Mobile Point"),
                                    ("branch", "Branch"),
                                    ("police", "Police"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("name", models.CharField(max_length=160)),
                        ("folded", models.CharField(max_length=160)),
                        ("sort_key", models.CharField(max_length=500)),
                        (
                            "parent",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="below",
                                to="registry.organization",
                            ),
                        ),
                        ("path", models.CharField(max_length=120)),
                        (
                            "commune",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="organizations",
                                to="registry.administrativeunit",
                            ),
                        ),
                        (
                            "province",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.administrativeunit",
                            ),
                        ),
                        ("gives_doses", models.BooleanField(default=False)),
                        ("opened_on", models.DateField()),
                        ("closed_on", models.DateField(null=True)),
                        ("phone", models.CharField(blank=True, max_length=20)),
                        (
                            "is_own",
                            models.BooleanField(db_default=False, default=False),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["folded"],
                                name="organization_folded",
                                opclasses=["text_pattern_ops"],
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("closed_on__isnull", False), ("is_own", True)
                                ),
                                fields=["closed_on"],
                                include=("id",),
                                name="organization_own_closed",
                            ),
                            models.Index(
                                fields=["path"],
                                name="organization_path",
                                opclasses=["text_pattern_ops"],
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("closed_on", None),
                                    ("closed_on__gte", models.F("opened_on")),
                                    _connector="OR",
                                ),
                                name="organization_closes_after_it_opens",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "ministry"), ("parent", None)),
                                    models.Q(
                                        models.Q(("kind", "ministry"), _negated=True),
                                        ("parent__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="organization_only_the_ministry_has_no_parent",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrganizationName",
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
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="names",
                                to="registry.organization",
                            ),
                        ),
                        ("name", models.CharField(max_length=160)),
                        ("folded", models.CharField(max_length=160)),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["folded"], name="organizationname_folded"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to__gt", models.F("valid_from"))
                                ),
                                name="organizationname_ends_after_it_begins",
                            ),
                            models.UniqueConstraint(
                                fields=("organization", "valid_to"),
                                name="organizationname_one_until_a_day",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrganizationSuccession",
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
                            "old",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="successions",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "new",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="predecessions",
                                to="registry.organization",
                            ),
                        ),
                        ("valid_from", models.DateField()),
                        ("reason", models.CharField(max_length=200)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("old", models.F("new")), _negated=True
                                ),
                                name="organizationsuccession_not_to_itself",
                            ),
                            models.UniqueConstraint(
                                fields=("old", "new"),
                                name="organizationsuccession_once_per_pair",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Holiday",
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
                        ("day", models.DateField(unique=True)),
                        ("name", models.CharField(max_length=80)),
                        ("is_workday", models.BooleanField(default=False)),
                        ("source", models.CharField(max_length=120)),
                    ],
                ),
                migrations.CreateModel(
                    name="Product",
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
                        ("code", models.CharField(max_length=20, unique=True)),
                        ("name", models.CharField(max_length=60)),
                        ("maker", models.CharField(max_length=80)),
                        ("approved_on", models.DateField(null=True)),
                        ("min_age_years", models.PositiveSmallIntegerField(default=18)),
                        ("primary_doses", models.PositiveSmallIntegerField(default=2)),
                        ("cvx", models.CharField(blank=True, max_length=3)),
                    ],
                ),
                migrations.CreateModel(
                    name="ProductAlias",
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
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="aliases",
                                to="registry.product",
                            ),
                        ),
                        ("name", models.CharField(max_length=60)),
                        ("folded", models.CharField(max_length=60, unique=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Lot",
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
                        ("number", models.CharField(max_length=30, unique=True)),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lots",
                                to="registry.product",
                            ),
                        ),
                        ("expires_on", models.DateField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="LotAllocation",
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
                            "lot",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="allocations",
                                to="registry.lot",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="allocations",
                                to="registry.organization",
                            ),
                        ),
                        ("received_on", models.DateField()),
                        ("doses", models.PositiveIntegerField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("lot", "organization", "received_on"),
                                name="lotallocation_once_per_day",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Dose",
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
                        (
                            "person",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="doses",
                                to="registry.person",
                            ),
                        ),
                        (
                            "origin",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.person",
                            ),
                        ),
                        ("given_on", models.DateField()),
                        (
                            "product",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="registry.product",
                            ),
                        ),
                        ("lot_number", models.CharField(blank=True, max_length=30)),
                        (
                            "lot",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="registry.lot",
                            ),
                        ),
                        (
                            "site",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="doses",
                                to="registry.organization",
                            ),
                        ),
                        ("dose_number", models.PositiveSmallIntegerField(null=True)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("completed", "Completed"),
                                    ("entered_in_error", "Entered In Error"),
                                    ("not_done", "Not Done"),
                                ],
                                default="completed",
                                max_length=16,
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("service", "Service"),
                                    ("late_entry", "Late Entry"),
                                    ("upload", "Upload"),
                                    ("self_report", "Self Report"),
                                    ("foreign", "Foreign"),
                                    ("trial", "Trial"),
                                ],
                                default="service",
                                max_length=11,
                            ),
                        ),
                        (
                            "country",
                            models.CharField(
                                blank=True, db_default="", default="", max_length=2
                            ),
                        ),
                        ("name_recorded", models.CharField(blank=True, max_length=120)),
                        ("recorded_at", models.DateTimeField()),
                        ("version", models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["site", "given_on"], name="dose_site_day"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Certificate",
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
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="certificates",
                                to="registry.person",
                            ),
                        ),
                        (
                            "dose",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.dose",
                            ),
                        ),
                        ("identifier", models.CharField(max_length=72, unique=True)),
                        ("revocation", models.BinaryField(max_length=16)),
                        ("text_sealed", models.BinaryField()),
                        ("issued_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(null=True)),
                        (
                            "reason",
                            models.CharField(
                                blank=True,
                                choices=[("stale", "Stale"), ("expired", "Expired")],
                                max_length=7,
                            ),
                        ),
                        (
                            "doubted",
                            models.BooleanField(db_default=False, default=False),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(
                                    ("doubted", True), ("revoked_at", None)
                                ),
                                fields=["id"],
                                name="certificate_doubted",
                            ),
                            models.Index(
                                condition=models.Q(("revoked_at", None)),
                                fields=["expires_at"],
                                name="certificate_ends",
                            ),
                            models.Index(
                                condition=models.Q(("revoked_at__isnull", False)),
                                fields=["revoked_at", "id"],
                                name="certificate_revoked",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("expires_at__gt", models.F("issued_at"))
                                ),
                                name="certificate_ends_after_it_begins",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("revoked_at", None)),
                                fields=("person",),
                                name="certificate_one_in_force",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reason", ""), ("revoked_at", None)),
                                    models.Q(
                                        ("revoked_at__isnull", False),
                                        models.Q(("reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="certificate_revoked_with_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Correction",
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
                        (
                            "target",
                            models.CharField(
                                choices=[("person", "Person"), ("dose", "Dose")],
                                max_length=6,
                            ),
                        ),
                        ("target_id", models.BigIntegerField()),
                        ("version_before", models.PositiveIntegerField()),
                        (
                            "operation",
                            models.CharField(
                                choices=[
                                    ("change", "Change"),
                                    ("add", "Add"),
                                    ("void", "Void"),
                                    ("restore", "Restore"),
                                    ("detach", "Detach"),
                                    ("attach", "Attach"),
                                    ("reassign", "Reassign"),
                                    ("alias", "Alias"),
                                    ("merge", "Merge"),
                                    ("split", "Split"),
                                    ("undo", "Undo"),
                                ],
                                db_default="change",
                                max_length=8,
                            ),
                        ),
                        ("before_sealed", models.BinaryField()),
                        ("after_sealed", models.BinaryField()),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("complaint", "Complaint"),
                                    ("rule", "Rule"),
                                    ("import", "Import"),
                                    ("undo", "Undo"),
                                    ("review", "Review"),
                                    ("contact", "Contact"),
                                    ("request", "Request"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("reason_ref", models.CharField(max_length=40)),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("session_list", "Session List"),
                                    ("orphan", "Orphan"),
                                    ("slip_seen", "Slip"),
                                    ("photo", "Photo"),
                                    ("other_record", "Other Record"),
                                    ("population", "Population"),
                                ],
                                db_default="",
                                max_length=12,
                            ),
                        ),
                        (
                            "needs_second",
                            models.BooleanField(db_default=False, default=False),
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
                            "approved_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("applied_at", models.DateTimeField()),
                        (
                            "reverses",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="registry.correction",
                            ),
                        ),
                        (
                            "part_of",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="parts",
                                to="registry.correction",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("part_of__isnull", False)),
                                fields=["part_of"],
                                name="correction_parts",
                            ),
                            models.Index(
                                fields=["reason", "reason_ref"],
                                name="correction_reason",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("operation__in", ("detach", "reassign")),
                                        _negated=True,
                                    ),
                                    models.Q(("reason", "complaint"), _negated=True),
                                    ("needs_second", True),
                                    _connector="OR",
                                ),
                                name="correction_moving_a_dose_takes_two",
                            ),
                            models.UniqueConstraint(
                                fields=("target", "target_id", "version_before"),
                                name="correction_one_per_target_version",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("approved_by", None),
                                    models.Q(
                                        ("approved_by", models.F("proposed_by")),
                                        _negated=True,
                                    ),
                                    _connector="OR",
                                ),
                                name="correction_second_person_is_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("needs_second", False),
                                    models.Q(
                                        ("approved_by__isnull", False),
                                        ("proposed_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="correction_two_people_where_it_takes_two",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FeedEntry",
                    fields=[
                        (
                            "correction",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="feed",
                                serialize=False,
                                to="registry.correction",
                            ),
                        ),
                        (
                            "position",
                            models.PositiveBigIntegerField(null=True, unique=True),
                        ),
                        ("confirmed_upstream_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("confirmed_upstream_at", None)),
                                fields=["correction"],
                                name="feedentry_unconfirmed",
                            ),
                            models.Index(
                                condition=models.Q(("position", None)),
                                fields=["correction"],
                                name="feedentry_unplaced",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("confirmed_upstream_at", None),
                                    ("position__isnull", False),
                                    _connector="OR",
                                ),
                                name="feedentry_confirmed_only_where_it_was_read",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DoseFile",
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
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("first", models.DateField()),
                        ("last", models.DateField()),
                        ("form", models.CharField(max_length=4)),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("rows", models.PositiveIntegerField()),
                        ("rows_done", models.PositiveIntegerField(default=0)),
                        ("size", models.PositiveBigIntegerField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("ready", "Ready"),
                                    ("forgotten", "Forgotten"),
                                ],
                                default="waiting",
                                max_length=9,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("size", None), ("state", "waiting")),
                                    models.Q(
                                        models.Q(("state", "waiting"), _negated=True),
                                        ("size__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="dosefile_ready_iff_it_has_a_size",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Load",
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
                        ("fingerprint", models.CharField(max_length=64, unique=True)),
                        ("name", models.CharField(max_length=255)),
                        ("size", models.BigIntegerField()),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("begun_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="LoadBlock",
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
                            "load",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="blocks",
                                to="registry.load",
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("first_row", models.BigIntegerField()),
                        ("rows", models.PositiveIntegerField()),
                        ("digest", models.CharField(max_length=64)),
                        ("people", models.PositiveIntegerField(default=0)),
                        ("doses", models.PositiveIntegerField(default=0)),
                        ("same", models.PositiveIntegerField(default=0)),
                        ("orphans", models.PositiveIntegerField(default=0)),
                        ("refused", models.PositiveIntegerField(default=0)),
                        ("person_ids", models.JSONField(default=list)),
                        ("dose_ids", models.JSONField(default=list)),
                        ("findings", models.JSONField(default=list)),
                        ("loaded_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("load", "number"),
                                name="loadblock_once_per_load",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PopulationRun",
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
                            "state",
                            models.CharField(
                                choices=[
                                    ("running", "Running"),
                                    ("stopped", "Stopped"),
                                    ("finished", "Finished"),
                                ],
                                default="running",
                                max_length=8,
                            ),
                        ),
                        ("started_by", models.BigIntegerField(null=True)),
                        ("started_at", models.DateTimeField()),
                        ("changed_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("last_person", models.BigIntegerField()),
                        ("total", models.PositiveIntegerField(null=True)),
                        ("done", models.PositiveIntegerField(default=0)),
                        ("matched", models.PositiveIntegerField(default=0)),
                        ("mismatched", models.PositiveIntegerField(default=0)),
                        ("no_number", models.PositiveIntegerField(default=0)),
                        ("bad_format", models.PositiveIntegerField(default=0)),
                        ("silent", models.PositiveIntegerField(default=0)),
                        ("moved_on", models.PositiveIntegerField(default=0)),
                        ("trouble", models.CharField(blank=True, max_length=20)),
                        ("trouble_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "done",
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    django.db.models.expressions.CombinedExpression(
                                                        django.db.models.expressions.CombinedExpression(
                                                            models.F("matched"),
                                                            "+",
                                                            models.F("mismatched"),
                                                        ),
                                                        "+",
                                                        models.F("no_number"),
                                                    ),
                                                    "+",
                                                    models.F("bad_format"),
                                                ),
                                                "+",
                                                models.F("silent"),
                                            ),
                                            "+",
                                            models.F("moved_on"),
                                        ),
                                    )
                                ),
                                name="populationrun_counts_everybody_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("finished_at__isnull", False),
                                        ("state", "finished"),
                                    ),
                                    models.Q(
                                        models.Q(("state", "finished"), _negated=True),
                                        ("finished_at", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="populationrun_is_finished_iff_it_has_an_end",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "running")),
                                fields=("state",),
                                name="populationrun_one_at_a_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PopulationBatch",
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
                        ("number", models.UUIDField(default=uuid.uuid4, unique=True)),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="batches",
                                to="registry.populationrun",
                            ),
                        ),
                        ("round", models.PositiveSmallIntegerField(default=1)),
                        (
                            "people",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        ("size", models.PositiveSmallIntegerField()),
                        ("planned_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at", None)),
                                fields=["run"],
                                name="populationbatch_waiting",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("done_at", None),
                                        ("people__len", models.F("size")),
                                    ),
                                    models.Q(
                                        ("done_at__isnull", False), ("people__len", 0)
                                    ),
                                    _connector="OR",
                                ),
                                name="populationbatch_holds_people_until_it_is_done",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PopulationInquiry",
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
                        ("number", models.UUIDField(default=uuid.uuid4, unique=True)),
                        (
                            "purpose",
                            models.CharField(
                                choices=[
                                    ("complaint", "Complaint"),
                                    ("campaign", "Campaign"),
                                    ("draft", "Draft"),
                                    ("prepare", "Prepare"),
                                ],
                                db_default="complaint",
                                default="complaint",
                                max_length=9,
                            ),
                        ),
                        ("about", models.BigIntegerField()),
                        (
                            "round",
                            models.PositiveSmallIntegerField(db_default=1, default=1),
                        ),
                        ("questions_sealed", models.BinaryField()),
                        ("asked_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("answers", models.JSONField(null=True)),
                        ("source", models.CharField(blank=True, max_length=20)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("answered_at", None), ("answers", None)),
                                    models.Q(
                                        ("answered_at__isnull", False),
                                        ("answers__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="populationinquiry_is_answered_with_a_time",
                            ),
                            models.UniqueConstraint(
                                fields=("about", "purpose", "round"),
                                name="populationinquiry_once_a_round",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PopulationFigure",
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
                            "unit",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="registry.administrativeunit",
                            ),
                        ),
                        ("people", models.PositiveIntegerField()),
                        ("matched", models.PositiveIntegerField()),
                        ("mismatched", models.PositiveIntegerField()),
                        ("wrong_number", models.PositiveIntegerField()),
                        ("wrong_name", models.PositiveIntegerField()),
                        ("wrong_birth", models.PositiveIntegerField()),
                        ("wrong_sex", models.PositiveIntegerField()),
                        ("no_number", models.PositiveIntegerField()),
                        ("bad_format", models.PositiveIntegerField()),
                        ("not_sent", models.PositiveIntegerField()),
                        ("computed_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="PopulationEntry",
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
                            "number_digest",
                            models.BinaryField(max_length=32, unique=True),
                        ),
                        ("name_key", models.CharField(max_length=200)),
                        ("born_on", models.DateField()),
                        ("sex", models.CharField(max_length=1)),
                    ],
                ),
                migrations.CreateModel(
                    name="PopulationAnswer",
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
                        ("batch", models.UUIDField(unique=True)),
                        ("body_digest", models.BinaryField(max_length=32)),
                        ("questions", models.PositiveSmallIntegerField()),
                        ("body", models.BinaryField()),
                        ("at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Proposal",
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
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("owner", "Owner"),
                                    ("people", "People"),
                                    ("doses", "Doses"),
                                ],
                                max_length=6,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("signing", "Signing"),
                                    ("made", "Made"),
                                    ("refused", "Refused"),
                                    ("gone", "Gone"),
                                ],
                                default="open",
                                max_length=7,
                            ),
                        ),
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
                            "other_person",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.person",
                            ),
                        ),
                        (
                            "dose",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.dose",
                            ),
                        ),
                        (
                            "other_dose",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.dose",
                            ),
                        ),
                        ("name_folded", models.CharField(blank=True, max_length=120)),
                        ("strength", models.PositiveSmallIntegerField()),
                        ("score", models.FloatField(default=0)),
                        ("evidence", models.JSONField(default=dict)),
                        ("is_leading", models.BooleanField(default=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("path", models.CharField(max_length=120)),
                        ("found_at", models.DateTimeField()),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "choice",
                            models.CharField(
                                blank=True,
                                choices=[("first", "First"), ("other", "Other")],
                                max_length=5,
                            ),
                        ),
                        ("concerns_oneself", models.BooleanField(default=False)),
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
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("decided_at", models.DateTimeField(null=True)),
                        (
                            "correction",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.correction",
                            ),
                        ),
                        (
                            "undo_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ("made", "refused"))),
                                fields=["kind", "-decided_at", "-id"],
                                name="proposal_decided",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("kind", "owner"),
                                    ("state__in", ("open", "signing")),
                                ),
                                fields=["name_folded"],
                                name="proposal_orphan_name",
                            ),
                            models.Index(
                                condition=models.Q(("state", "signing")),
                                fields=["kind", "id"],
                                name="proposal_signing",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("is_leading", True), ("state", "open")
                                ),
                                fields=["kind", "path", "strength", "id"],
                                name="proposal_waiting_by_path",
                                opclasses=[
                                    "varchar_ops",
                                    "text_pattern_ops",
                                    "int2_ops",
                                    "int8_ops",
                                ],
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("correction__isnull", False), ("state", "made")
                                    ),
                                    models.Q(
                                        models.Q(("state", "made"), _negated=True),
                                        ("correction", None),
                                        ("undo_by", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="proposal_made_iff_corrected",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("dose__isnull", False),
                                        ("kind", "owner"),
                                        ("other_dose", None),
                                        ("other_person", None),
                                    ),
                                    models.Q(
                                        ("dose", None),
                                        ("kind", "people"),
                                        ("other_dose", None),
                                        ("other_person__gt", models.F("person")),
                                        ("person__isnull", False),
                                    ),
                                    models.Q(
                                        ("dose__isnull", False),
                                        ("kind", "doses"),
                                        ("other_dose__isnull", False),
                                        ("other_person", None),
                                        ("person__isnull", False),
                                        models.Q(
                                            ("dose", models.F("other_dose")),
                                            _negated=True,
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="proposal_names_what_its_kind_is_about",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "doses")),
                                fields=("person", "dose", "other_dose"),
                                name="proposal_once_per_doses",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "owner")),
                                fields=("dose", "person"),
                                name="proposal_once_per_owner",
                                nulls_distinct=False,
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "people")),
                                fields=("person", "other_person"),
                                name="proposal_once_per_people",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("proposed_by", None),
                                    ("decided_by", None),
                                    models.Q(
                                        ("proposed_by", models.F("decided_by")),
                                        _negated=True,
                                    ),
                                    _connector="OR",
                                ),
                                name="proposal_signed_by_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_by", None),
                                        ("proposed_by__isnull", False),
                                        ("state", "signing"),
                                    ),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("state__in", ("made", "refused")),
                                    ),
                                    models.Q(
                                        ("decided_by", None),
                                        ("proposed_by", None),
                                        ("state__in", ("open", "gone")),
                                    ),
                                    _connector="OR",
                                ),
                                name="proposal_waits_for_a_second_iff_proposed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MatchChange",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("person", "people that changed"),
                                    ("dose", "doses that changed"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("first", models.BigIntegerField()),
                        ("last", models.BigIntegerField()),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("last__gte", models.F("first"))),
                                name="matchchange_is_a_span",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Threshold",
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
                        ("code", models.CharField(max_length=60, unique=True)),
                        ("rule", models.CharField(max_length=3)),
                        ("name", models.CharField(max_length=20)),
                        (
                            "product",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="registry.product",
                            ),
                        ),
                        (
                            "previous",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="registry.product",
                            ),
                        ),
                        (
                            "province",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="registry.administrativeunit",
                            ),
                        ),
                        ("age_from", models.PositiveSmallIntegerField(null=True)),
                        ("age_to", models.PositiveSmallIntegerField(null=True)),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(null=True)),
                        ("number", models.IntegerField(null=True)),
                        ("day", models.DateField(null=True)),
                        (
                            "unit",
                            models.CharField(
                                choices=[
                                    ("days", "Days"),
                                    ("years", "Years"),
                                    ("doses", "Doses"),
                                    ("people", "People"),
                                    ("percent", "Percent"),
                                    ("entries", "Entries"),
                                    ("hour", "Hour"),
                                    ("date", "Date"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("source", models.CharField(max_length=200)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gt", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="threshold_ends_after_it_begins",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("day__isnull", False),
                                        ("number", None),
                                        ("unit", "date"),
                                    ),
                                    models.Q(
                                        models.Q(("unit", "date"), _negated=True),
                                        ("day", None),
                                        ("number__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="threshold_is_a_number_or_a_day",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="NumberReading",
                    fields=[
                        (
                            "document",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="reading",
                                serialize=False,
                                to="registry.identitydocument",
                            ),
                        ),
                        ("form", models.CharField(max_length=8)),
                        ("is_dummy", models.BooleanField()),
                        ("sex", models.CharField(blank=True, max_length=1)),
                        ("birth_year", models.PositiveSmallIntegerField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="TelephoneReading",
                    fields=[
                        (
                            "telephone",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="reading",
                                serialize=False,
                                to="registry.telephone",
                            ),
                        ),
                        ("is_mobile", models.BooleanField()),
                    ],
                ),
                migrations.CreateModel(
                    name="QualityChange",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("all", "everything: reference data changed"),
                                    ("person", "people that changed"),
                                    ("dose", "doses that changed"),
                                    ("site", "sites that lost a dose"),
                                    ("people", "people of a full run"),
                                    (
                                        "orphans",
                                        "doses without a person, of a full run",
                                    ),
                                    ("sites", "sites of a full run"),
                                    ("count", "the counts of a full run"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("first", models.BigIntegerField()),
                        ("last", models.BigIntegerField()),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("last__gte", models.F("first"))),
                                name="qualitychange_is_a_span",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QualityFinding",
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
                        ("rule", models.CharField(max_length=3)),
                        ("severity", models.CharField(max_length=1)),
                        (
                            "subject",
                            models.CharField(
                                choices=[
                                    ("person", "Person"),
                                    ("dose", "Dose"),
                                    ("site", "Site"),
                                    ("complaint", "Complaint"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("subject_id", models.BigIntegerField()),
                        ("part", models.CharField(blank=True, max_length=60)),
                        ("person_id", models.BigIntegerField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("path", models.CharField(max_length=120)),
                        ("detail", models.JSONField(default=dict)),
                        ("since", models.DateTimeField()),
                        ("resolved_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("resolved_at", None)),
                                fields=["rule", "path", "id"],
                                name="qualityfinding_open_by_path",
                                opclasses=[
                                    "varchar_ops",
                                    "text_pattern_ops",
                                    "int8_ops",
                                ],
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("resolved_at", None)),
                                fields=("subject", "subject_id", "rule", "part"),
                                name="qualityfinding_open_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("resolved_at", None),
                                    ("resolved_at__gte", models.F("since")),
                                    _connector="OR",
                                ),
                                name="qualityfinding_resolved_after_it_was_found",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QualityCount",
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
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("rule", models.CharField(max_length=3)),
                        ("day", models.DateField()),
                        ("open", models.PositiveIntegerField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "rule", "day"),
                                name="qualitycount_once_per_day",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QualityRun",
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
                        ("at", models.DateTimeField()),
                        ("is_full", models.BooleanField()),
                        ("people", models.PositiveIntegerField()),
                        ("doses", models.PositiveIntegerField()),
                        ("opened", models.PositiveIntegerField()),
                        ("resolved", models.PositiveIntegerField()),
                        ("seconds", models.FloatField()),
                    ],
                ),
                migrations.CreateModel(
                    name="SessionList",
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
                        (
                            "site",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lists",
                                to="registry.organization",
                            ),
                        ),
                        ("name_sealed", models.BinaryField()),
                        ("file_digest", models.BinaryField(max_length=32)),
                        ("bytes", models.PositiveIntegerField()),
                        ("columns", models.JSONField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("reading", "Reading"),
                                    ("judging", "Judging"),
                                    ("checked", "Checked"),
                                    ("committing", "Committing"),
                                    ("committed", "Committed"),
                                    ("undoing", "Undoing"),
                                    ("undone", "Undone"),
                                    ("refused", "Refused"),
                                ],
                                default="reading",
                                max_length=10,
                            ),
                        ),
                        ("refusal", models.CharField(blank=True, max_length=30)),
                        ("rows_read", models.PositiveIntegerField(default=0)),
                        ("rows_judged", models.PositiveIntegerField(default=0)),
                        ("rows_done", models.PositiveIntegerField(default=0)),
                        (
                            "revision",
                            models.PositiveIntegerField(db_default=0, default=0),
                        ),
                        ("progress_at", models.DateTimeField()),
                        (
                            "uploaded_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("uploaded_at", models.DateTimeField()),
                        (
                            "committed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("committed_at", models.DateTimeField(null=True)),
                        (
                            "undone_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("undone_at", models.DateTimeField(null=True)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("expires_at", models.DateTimeField()),
                        ("forgotten_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["file_digest"], name="sessionlist_file"
                            ),
                            models.Index(
                                fields=["site", "-uploaded_at"], name="sessionlist_site"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state", "refused"),
                                        models.Q(("refusal", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "refused"), _negated=True),
                                        ("refusal", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="sessionlist_refused_iff_it_says_why",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StagedRow",
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
                            "session_list",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="staged",
                                to="registry.sessionlist",
                            ),
                        ),
                        ("place", models.PositiveIntegerField()),
                        ("line", models.PositiveIntegerField()),
                        ("content_sealed", models.BinaryField()),
                        ("findings_sealed", models.BinaryField(null=True)),
                        (
                            "said",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("new", "New"),
                                    ("same", "Same"),
                                    ("differs", "Differs"),
                                    ("ambiguous", "Ambiguous"),
                                    ("postponed", "Postponed"),
                                    ("duplicate", "Duplicate"),
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
                                    ("same", "Same"),
                                    ("differs", "Differs"),
                                    ("ambiguous", "Ambiguous"),
                                    ("postponed", "Postponed"),
                                    ("duplicate", "Duplicate"),
                                    ("excluded", "Excluded"),
                                    ("error", "Error"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("is_excluded", models.BooleanField(default=False)),
                        ("is_fixed", models.BooleanField(default=False)),
                        ("is_chosen", models.BooleanField(default=False)),
                        (
                            "taken",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("list", "List"),
                                    ("orphan", "Orphan"),
                                    ("apart", "Apart"),
                                ],
                                db_default="",
                                max_length=6,
                            ),
                        ),
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
                            "newcomer_digest",
                            models.BinaryField(max_length=32, null=True),
                        ),
                        ("dose_digest", models.BinaryField(max_length=32, null=True)),
                        (
                            "dose",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.dose",
                            ),
                        ),
                        (
                            "correction",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.correction",
                            ),
                        ),
                        ("done_at", models.DateTimeField(null=True)),
                        ("undone_at", models.DateTimeField(null=True)),
                        ("is_kept", models.BooleanField(default=False)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["session_list", "dose_digest"],
                                name="stagedrow_dose",
                            ),
                            models.Index(
                                fields=["session_list", "newcomer_digest"],
                                name="stagedrow_newcomer",
                            ),
                            models.Index(
                                fields=["session_list", "verdict", "place"],
                                name="stagedrow_verdict",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("correction", None), ("done_at", None)),
                                    models.Q(
                                        ("correction__isnull", False),
                                        ("done_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="stagedrow_done_iff_corrected",
                            ),
                            models.UniqueConstraint(
                                fields=("session_list", "place"),
                                name="stagedrow_one_per_place",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ListColumns",
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
                            "site",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("columns", models.JSONField()),
                        (
                            "saved_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("saved_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="ListJob",
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
                            "session_list",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="jobs",
                                to="registry.sessionlist",
                            ),
                        ),
                        (
                            "work",
                            models.CharField(
                                choices=[
                                    ("read", "Read"),
                                    ("judge", "Judge"),
                                    ("commit", "Commit"),
                                    ("undo", "Undo"),
                                    ("report", "Report"),
                                ],
                                max_length=6,
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                ),
            ],
        ),
    ]
