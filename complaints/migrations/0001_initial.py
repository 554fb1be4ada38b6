"""Complaints, their events, what is counted of them and who looks after them."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import complaints.models.submission
import portal.common.codes
import portal.common.fields
from portal.common.together import Together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_initial"),
        ("registry", "0001_initial"),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name="Submission",
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
                        ("key", models.UUIDField(unique=True)),
                        ("body_digest", models.BinaryField(max_length=32)),
                        ("code", models.CharField(max_length=10, unique=True)),
                        (
                            "person",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="submissions",
                                to="registry.person",
                            ),
                        ),
                        (
                            "channel",
                            models.CharField(
                                choices=[
                                    ("self", "By the citizen"),
                                    ("counter", "At the counter"),
                                    ("phone", "By telephone"),
                                    ("paper", "By letter"),
                                    ("list", "By a unit's list"),
                                ],
                                default="self",
                                max_length=7,
                            ),
                        ),
                        (
                            "relation",
                            models.CharField(
                                choices=[
                                    ("self", "For me"),
                                    ("child", "For my child under 16"),
                                    ("parent", "For my parent or another relative"),
                                    ("other", "For somebody else"),
                                ],
                                default="self",
                                max_length=6,
                            ),
                        ),
                        ("language", models.CharField(default="vi", max_length=2)),
                        (
                            "has_accents",
                            models.BooleanField(db_default=False, default=False),
                        ),
                        ("full_name", models.CharField(max_length=120)),
                        ("name_folded", models.CharField(max_length=120)),
                        ("born_on", models.DateField(null=True)),
                        ("sex", models.CharField(blank=True, max_length=1)),
                        ("national_id_sealed", models.BinaryField(null=True)),
                        (
                            "national_id_digest",
                            models.BinaryField(db_index=True, max_length=32, null=True),
                        ),
                        ("phone_sealed", models.BinaryField(null=True)),
                        (
                            "phone_digest",
                            models.BinaryField(db_index=True, max_length=32, null=True),
                        ),
                        ("last4_digest", models.BinaryField(max_length=32)),
                        ("device_digest", models.BinaryField(max_length=32, null=True)),
                        ("paper_digest", models.BinaryField(max_length=32, null=True)),
                        ("vouched_sealed", models.BinaryField(null=True)),
                        ("submitted_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("device_digest__isnull", False)),
                                fields=["device_digest", "submitted_at"],
                                name="submission_device",
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                complaints.models.submission.NameWords("name_folded"),
                                name="submission_name_words",
                            ),
                            models.Index(
                                condition=models.Q(("paper_digest__isnull", False)),
                                fields=["paper_digest"],
                                name="submission_paper",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("phone_digest__isnull", False),
                                        ("phone_sealed__isnull", False),
                                    ),
                                    models.Q(
                                        ("phone_digest", None),
                                        ("phone_sealed", None),
                                        models.Q(("channel", "self"), _negated=True),
                                        ("born_on__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="submission_a_telephone_unless_staff_helped",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("code__regex", "^[1-9][0-9]{9}$")),
                                name="submission_code_is_ten_digits",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Joining",
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
                            "submission",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="joinings",
                                to="complaints.submission",
                            ),
                        ),
                        (
                            "complaint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="joinings",
                                to="complaints.complaint",
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("said_sealed", models.BinaryField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("submission", "complaint"), name="joining_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MailAddress",
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
                            "submission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mail_addresses",
                                to="complaints.submission",
                            ),
                        ),
                        ("ref", models.UUIDField(default=uuid.uuid4, unique=True)),
                        ("address_sealed", models.BinaryField()),
                        ("token_sealed", models.BinaryField()),
                        (
                            "token_digest",
                            models.BinaryField(max_length=32, unique=True),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("verified_at", models.DateTimeField(null=True)),
                        ("stopped_at", models.DateTimeField(null=True)),
                        ("bounced_at", models.DateTimeField(null=True)),
                        ("told_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("stopped_at", None), ("verified_at__isnull", False)
                                ),
                                fields=("submission",),
                                name="mailaddress_one_in_use_per_submission",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Draft",
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
                        ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                        ("answers_sealed", models.BinaryField()),
                        (
                            "phone_digest",
                            models.BinaryField(db_index=True, max_length=32, null=True),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField(db_index=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Evidence",
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
                            "submission",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="evidence",
                                to="complaints.submission",
                            ),
                        ),
                        (
                            "draft",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="evidence",
                                to="complaints.draft",
                            ),
                        ),
                        ("media_type", models.CharField(max_length=20)),
                        ("sha256", models.BinaryField(max_length=32)),
                        ("fingerprint", models.BinaryField(max_length=128, null=True)),
                        ("bytes", models.PositiveIntegerField()),
                        ("width", models.PositiveIntegerField(null=True)),
                        ("height", models.PositiveIntegerField(null=True)),
                        ("pages", models.PositiveSmallIntegerField(default=0)),
                        ("has_certificate", models.BooleanField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("quarantined", "Quarantined"),
                                    ("checked", "Checked"),
                                    ("refused", "Refused"),
                                ],
                                default="quarantined",
                                max_length=11,
                            ),
                        ),
                        (
                            "refusal",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("broken", "The file could not be opened"),
                                    ("pixels", "The picture was too large"),
                                    ("locked", "The PDF asks for a password"),
                                    ("long", "The PDF has more than ten pages"),
                                    (
                                        "infected",
                                        "The virus scanner found something in it",
                                    ),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("warning", models.CharField(blank=True, max_length=20)),
                        ("uploaded_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["sha256"], name="evidence_same_file")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("pages__gt", 0), ("state", "checked")),
                                    models.Q(
                                        models.Q(("state", "checked"), _negated=True),
                                        ("pages", 0),
                                    ),
                                    _connector="OR",
                                ),
                                name="evidence_pages_iff_checked",
                            ),
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
                                name="evidence_refusal_iff_refused",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Complaint",
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
                            "submission",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="complaints",
                                to="complaints.submission",
                            ),
                        ),
                        ("number", models.PositiveSmallIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("missing_dose", "A dose is missing"),
                                    ("wrong_dose", "A detail of a dose is wrong"),
                                    ("not_mine", "I did not have this dose"),
                                    ("doubled_dose", "A dose is recorded twice"),
                                    ("wrong_person", "Personal details are wrong"),
                                    ("split_record", "My doses stand on two records"),
                                    ("foreign_dose", "A dose given abroad is missing"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("received", "Received"),
                                    ("in_review", "Being checked"),
                                    ("waiting_citizen", "Needs more from you"),
                                    ("waiting_authority", "Waiting for another body"),
                                    ("awaiting_second", "Waiting for a second person"),
                                    ("resolved", "Resolved"),
                                    ("withdrawn", "Withdrawn"),
                                    ("lapsed", "No answer in time (can be reopened)"),
                                ],
                                default="received",
                                max_length=17,
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("corrected", "Corrected"),
                                    ("partly_corrected", "Partly corrected"),
                                    ("kept", "Kept as recorded, with reason"),
                                    ("already_correct", "It was right already"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("round", models.PositiveSmallIntegerField(default=1)),
                        (
                            "dose",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="complaints",
                                to="registry.dose",
                            ),
                        ),
                        ("subject_key", models.BinaryField(max_length=32)),
                        ("given_on", models.DateField(null=True)),
                        (
                            "site",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("site_text", models.CharField(blank=True, max_length=200)),
                        (
                            "lot",
                            models.CharField(
                                blank=True, db_default="", default="", max_length=30
                            ),
                        ),
                        (
                            "story",
                            portal.common.fields.SealedTextField(
                                blank=True, bound_to="complaint:story", max_length=2000
                            ),
                        ),
                        (
                            "holder",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="complaints",
                                to="registry.organization",
                            ),
                        ),
                        ("holder_path", models.CharField(max_length=120)),
                        (
                            "co_holder",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "assignee",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="complaints",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("submitted_at", models.DateTimeField()),
                        ("routed_at", models.DateTimeField(null=True)),
                        ("touched_at", models.DateTimeField(null=True)),
                        ("round_started_at", models.DateTimeField()),
                        (
                            "policy",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.policy",
                            ),
                        ),
                        ("due_at", models.DateTimeField()),
                        ("extended_at", models.DateTimeField(null=True)),
                        ("paused_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("overdue_at", models.DateTimeField(null=True)),
                        ("escalated_at", models.DateTimeField(null=True)),
                        ("urgent_on", models.DateField(null=True)),
                        (
                            "urgent_reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("travel", "Travel"),
                                    ("school", "School"),
                                    ("work", "Work"),
                                ],
                                db_default="",
                                default="",
                                max_length=6,
                            ),
                        ),
                        (
                            "queue_at",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Case(
                                    models.When(
                                        then=models.F("due_at"), urgent_on__isnull=True
                                    ),
                                    default=models.Func(
                                        models.F("due_at"),
                                        output_field=models.DateTimeField(),
                                        template="date_trunc('day', %(expressions)s AT TIME ZONE 'Asia/Ho_Chi_Minh') AT TIME ZONE 'Asia/Ho_Chi_Minh'",
                                    ),
                                ),
                                output_field=models.DateTimeField(),
                            ),
                        ),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        ("confirmed_upstream_at", models.DateTimeField(null=True)),
                        ("reported_again", models.PositiveSmallIntegerField(default=0)),
                        ("version", models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["subject_key", "submitted_at"],
                                name="complaint_by_subject",
                            ),
                            models.Index(
                                fields=["holder", "ended_at"], name="complaint_ended"
                            ),
                            models.Index(
                                fields=["holder", "submitted_at"],
                                name="complaint_figures",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("confirmed_upstream_at", None),
                                    ("outcome__in", ("corrected", "partly_corrected")),
                                ),
                                fields=["ended_at", "id"],
                                name="complaint_not_upstream",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("reported_again__gt", 0),
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    ),
                                ),
                                fields=["queue_at", "id"],
                                name="complaint_open_again",
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    )
                                ),
                                fields=["given_on", "queue_at"],
                                name="complaint_open_by_day",
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    )
                                ),
                                fields=["due_at", "id"],
                                name="complaint_open_by_due",
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    )
                                ),
                                fields=["holder", "due_at", "id"],
                                name="complaint_open_by_holder",
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    )
                                ),
                                fields=["kind", "queue_at", "id"],
                                name="complaint_open_by_kind",
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    ),
                                    models.Q(("lot", ""), _negated=True),
                                ),
                                fields=["lot", "queue_at"],
                                name="complaint_open_by_lot",
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    )
                                ),
                                fields=["holder_path", "queue_at"],
                                name="complaint_open_by_path",
                                opclasses=["text_pattern_ops", "timestamptz_ops"],
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    )
                                ),
                                fields=["queue_at", "id"],
                                name="complaint_open_by_queue",
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    )
                                ),
                                fields=["status", "queue_at"],
                                name="complaint_open_by_status",
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    ),
                                    ("urgent_on__isnull", False),
                                ),
                                fields=["queue_at", "id"],
                                name="complaint_open_urgent",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("co_holder", None),
                                    models.Q(
                                        (
                                            "status__in",
                                            (
                                                "received",
                                                "in_review",
                                                "waiting_citizen",
                                                "waiting_authority",
                                                "awaiting_second",
                                            ),
                                        ),
                                        models.Q(
                                            ("co_holder", models.F("holder")),
                                            _negated=True,
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="complaint_co_holder_is_another_while_it_is_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("due_at__gte", models.F("submitted_at"))
                                ),
                                name="complaint_due_after_it_was_sent",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("ended_at", None),
                                        (
                                            "status__in",
                                            (
                                                "received",
                                                "in_review",
                                                "waiting_citizen",
                                                "waiting_authority",
                                                "awaiting_second",
                                            ),
                                        ),
                                    ),
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        (
                                            "status__in",
                                            ("resolved", "withdrawn", "lapsed"),
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="complaint_ended_iff_it_is_not_open",
                            ),
                            models.UniqueConstraint(
                                fields=("submission", "number"),
                                name="complaint_number_once_per_submission",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        (
                                            "received",
                                            "in_review",
                                            "waiting_citizen",
                                            "waiting_authority",
                                            "awaiting_second",
                                        ),
                                    )
                                ),
                                fields=("subject_key",),
                                name="complaint_one_open_per_subject",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("status", "resolved"),
                                        models.Q(("outcome", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("status", "resolved"), _negated=True),
                                        ("outcome", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="complaint_outcome_iff_resolved",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("paused_at__isnull", False),
                                        ("status", "waiting_citizen"),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("status", "waiting_citizen"), _negated=True
                                        ),
                                        ("paused_at", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="complaint_paused_iff_waiting_for_the_citizen",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("urgent_reason", ""),
                                    ("urgent_on__isnull", False),
                                    _connector="OR",
                                ),
                                name="complaint_urgent_reason_only_with_a_date",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Claim",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="claims",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "field",
                            models.CharField(
                                choices=[
                                    ("given_on", "Date given"),
                                    ("product", "Vaccine"),
                                    ("lot", "Lot number"),
                                    ("site", "Vaccination site"),
                                    ("dose_number", "Dose number"),
                                    ("dose", "The dose itself"),
                                    ("full_name", "Full name"),
                                    ("born_on", "Birth date"),
                                    ("sex", "Sex"),
                                    ("national_id", "Identity number"),
                                    ("phone", "Telephone"),
                                    ("record", "The other record"),
                                    ("country", "Country or territory"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("recorded_sealed", models.BinaryField()),
                        ("claimed_sealed", models.BinaryField()),
                        ("decided_sealed", models.BinaryField(null=True)),
                        (
                            "verdict",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("upheld", "Upheld"),
                                    ("kept", "Kept as recorded"),
                                    ("already_correct", "It was right already"),
                                ],
                                max_length=15,
                            ),
                        ),
                        (
                            "ground",
                            models.CharField(
                                blank=True,
                                choices=[
                                    (
                                        "form_lacks_facts",
                                        "The screening form shows no date, dose number or vaccine",
                                    ),
                                    (
                                        "names_contradict",
                                        "The names contradict each other",
                                    ),
                                    (
                                        "portrait",
                                        "The picture is a portrait, not the vaccination slip",
                                    ),
                                    ("dose_number_differs", "The dose number differs"),
                                    (
                                        "birth_date_differs",
                                        "The birth date on the slip is not the one on record",
                                    ),
                                    (
                                        "slip_lacks_facts",
                                        "The slip lacks name, sex, date or vaccine",
                                    ),
                                    ("details_covered", "Personal details are covered"),
                                    ("unreadable", "The photo cannot be read"),
                                    ("date_differs", "The date differs"),
                                    ("nothing_matches", "Nothing on the slip matches"),
                                    (
                                        "name_incomplete",
                                        "The name is incomplete or typed without accents",
                                    ),
                                    ("vaccine_differs", "The vaccine differs"),
                                    (
                                        "altered",
                                        "Details on the paper were altered by hand",
                                    ),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "correction",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="claims",
                                to="registry.correction",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("correction", None),
                                    ("verdict", "upheld"),
                                    _connector="OR",
                                ),
                                name="claim_correction_only_if_upheld",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("verdict", "kept"),
                                        models.Q(("ground", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("verdict", "kept"), _negated=True),
                                        ("ground", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="claim_ground_iff_kept",
                            ),
                            models.UniqueConstraint(
                                fields=("complaint", "field"),
                                name="claim_one_per_field",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Caveat",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="caveats",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "check_name",
                            models.CharField(
                                choices=[
                                    (
                                        "name_plain",
                                        "The name was typed without accents",
                                    ),
                                    ("name_short", "The name is a single word"),
                                    (
                                        "before_campaign",
                                        "The date lies before the campaign",
                                    ),
                                    (
                                        "before_approval",
                                        "The vaccine was not approved yet",
                                    ),
                                    ("before_birth", "The date lies before the birth"),
                                    (
                                        "too_young",
                                        "Too young for the vaccine on that day",
                                    ),
                                    ("lot_unknown", "The lot is not in the ledger"),
                                    (
                                        "lot_other_product",
                                        "The lot is of another vaccine",
                                    ),
                                    (
                                        "lot_not_yet",
                                        "The lot had not been delivered by that day",
                                    ),
                                    (
                                        "lot_over",
                                        "The lot was not in use any more on that day",
                                    ),
                                    ("slip_date", "The paper bears another date"),
                                    ("slip_product", "The paper bears another vaccine"),
                                    ("slip_lot", "The paper bears another lot"),
                                    (
                                        "slip_number",
                                        "The paper bears another dose number",
                                    ),
                                    ("slip_nothing", "Nothing on the paper agrees"),
                                    ("paper_name", "The paper bears another name"),
                                    (
                                        "paper_birth",
                                        "The paper bears another birth date",
                                    ),
                                    (
                                        "paper_lacks",
                                        "The paper shows no date or no vaccine",
                                    ),
                                    ("paper_form", "The paper is a screening form"),
                                    (
                                        "paper_other",
                                        "The picture shows something else than a paper",
                                    ),
                                    ("paper_covered", "A part of the paper is covered"),
                                    ("paper_altered", "The paper was changed by hand"),
                                    (
                                        "photo_unreadable",
                                        "The photo can hardly be read",
                                    ),
                                ],
                                max_length=17,
                            ),
                        ),
                        ("said_sealed", models.BinaryField(null=True)),
                        ("reason", models.TextField(blank=True, max_length=500)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("complaint", "check_name"),
                                name="caveat_once_per_complaint",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Event",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="events",
                                to="complaints.complaint",
                            ),
                        ),
                        ("seq", models.PositiveIntegerField(default=0)),
                        (
                            "move",
                            models.CharField(
                                choices=[
                                    ("submit", "Send"),
                                    ("route", "Route"),
                                    ("accept", "Take on"),
                                    ("ask", "Ask the citizen"),
                                    ("answer", "Answer"),
                                    ("hand_over", "Hand over"),
                                    ("escalate", "Pass to the level above"),
                                    ("extend", "Extend the time once"),
                                    ("wait", "Ask another body"),
                                    ("resume", "Back from the other body"),
                                    ("hand_up", "A higher level joins in"),
                                    ("give_back", "Given back"),
                                    ("propose", "Propose to a second person"),
                                    ("countersign", "Countersign"),
                                    ("decline", "Decline the proposal"),
                                    ("resolve", "Resolve"),
                                    ("undo", "Take back"),
                                    ("note", "Add a note"),
                                    ("join", "Reported again"),
                                    ("withdraw", "Withdraw"),
                                    ("overdue", "Overdue"),
                                    ("remind", "Reminder"),
                                    ("lapse", "Lapse"),
                                    ("refuse_file", "A photo could not be used"),
                                    ("disagree", "Still not right"),
                                    ("revert", "Automatic correction taken back"),
                                    ("reopen", "Opened again after a check"),
                                    ("put_back", "Decision by a list taken back"),
                                    ("confirm", "It is right now"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "actor",
                            models.CharField(
                                choices=[
                                    ("citizen", "Citizen"),
                                    ("staff", "Staff"),
                                    ("system", "The portal"),
                                ],
                                max_length=8,
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
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("received", "Received"),
                                    ("in_review", "Being checked"),
                                    ("waiting_citizen", "Needs more from you"),
                                    ("waiting_authority", "Waiting for another body"),
                                    ("awaiting_second", "Waiting for a second person"),
                                    ("resolved", "Resolved"),
                                    ("withdrawn", "Withdrawn"),
                                    ("lapsed", "No answer in time (can be reopened)"),
                                ],
                                max_length=17,
                            ),
                        ),
                        ("round", models.PositiveSmallIntegerField()),
                        (
                            "holder",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("data", models.JSONField(default=dict)),
                        (
                            "note",
                            portal.common.fields.SealedTextField(
                                blank=True, bound_to="event:note", max_length=4000
                            ),
                        ),
                        ("note_salt", models.UUIDField(default=uuid.uuid4)),
                        ("note_digest", models.BinaryField(max_length=32, null=True)),
                        ("hash", models.BinaryField(max_length=32, null=True)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["at"], name="event_at")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("complaint", "seq"),
                                include=("move", "status", "at", "round"),
                                name="event_sequence_without_repeats",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Message",
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
                            "event",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="messages",
                                to="complaints.event",
                            ),
                        ),
                        ("recipient", models.CharField(max_length=32)),
                        ("channel", models.CharField(max_length=10)),
                        ("to_sealed", models.BinaryField()),
                        ("text_sealed", models.BinaryField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("sent", "Sent"),
                                    ("delivered", "Delivered"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=9,
                            ),
                        ),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("delivered_at", models.DateTimeField(null=True)),
                        (
                            "attempts",
                            models.PositiveSmallIntegerField(db_default=0, default=0),
                        ),
                        (
                            "provider_id",
                            models.CharField(blank=True, db_default="", max_length=64),
                        ),
                        (
                            "trouble",
                            models.CharField(blank=True, db_default="", max_length=40),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(
                                    ("state__in", ("waiting", "failed"))
                                ),
                                fields=["state", "id"],
                                name="message_not_sent",
                            ),
                            models.Index(
                                condition=models.Q(("provider_id", ""), _negated=True),
                                fields=["provider_id"],
                                name="message_provider_id",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("delivered_at__isnull", False),
                                        ("state", "delivered"),
                                    ),
                                    models.Q(
                                        models.Q(("state", "delivered"), _negated=True),
                                        ("delivered_at", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="message_delivered_iff_it_has_a_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("sent_at", None), ("state", "waiting")),
                                    models.Q(
                                        ("sent_at__isnull", False),
                                        ("state__in", ("sent", "delivered")),
                                    ),
                                    ("state", "failed"),
                                    _connector="OR",
                                ),
                                name="message_has_a_time_once_it_was_sent",
                            ),
                            models.UniqueConstraint(
                                fields=("event", "recipient", "channel"),
                                name="message_once_per_event_recipient_and_channel",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccessSign",
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
                            "rule",
                            models.CharField(
                                choices=[
                                    ("own", "Own record, or one of the own household"),
                                    ("many", "Many different people within an hour"),
                                    ("at_night", "Outside office hours"),
                                    (
                                        "no_case",
                                        "People with whom the unit has nothing to do",
                                    ),
                                    ("sought", "One person looked up by many accounts"),
                                    ("glass", "Opened in an emergency"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "tie",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("number", "the account's own identity number"),
                                    ("phone", "the account's own telephone"),
                                    (
                                        "family",
                                        "a telephone shared with the account's own record",
                                    ),
                                ],
                                max_length=6,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("path", models.CharField(max_length=120)),
                        ("day", models.DateField()),
                        ("begins", models.DateTimeField()),
                        ("ends", models.DateTimeField()),
                        ("count", models.PositiveIntegerField()),
                        ("usual", models.PositiveIntegerField(null=True)),
                        ("found_at", models.DateTimeField()),
                        (
                            "event",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.event",
                            ),
                        ),
                        ("told_at", models.DateTimeField(null=True)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("justified", "There was a reason"),
                                    ("unjustified", "There was no reason"),
                                    ("unclear", "It cannot be told"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("note", models.TextField(blank=True, max_length=1000)),
                        (
                            "reviewed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("reviewed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("outcome", "")),
                                fields=["path", "begins"],
                                name="accesssign_to_review",
                                opclasses=["text_pattern_ops", "timestamptz_ops"],
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("rule", "glass"), ("told_at", None)
                                ),
                                fields=["id"],
                                name="accesssign_to_tell",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("user__isnull", False),
                                    ("person__isnull", False),
                                    _connector="OR",
                                ),
                                name="accesssign_about_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("event__isnull", False),
                                        ("rule", "glass"),
                                        ("user__isnull", False),
                                    ),
                                    models.Q(
                                        models.Q(("rule", "glass"), _negated=True),
                                        ("event", None),
                                        ("told_at", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="accesssign_of_an_emergency_iff_it_has_an_event",
                            ),
                            models.UniqueConstraint(
                                fields=("rule", "user", "person", "begins"),
                                name="accesssign_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("user", None),
                                    ("reviewed_by", None),
                                    models.Q(
                                        ("reviewed_by", models.F("user")), _negated=True
                                    ),
                                    _connector="OR",
                                ),
                                name="accesssign_reviewed_by_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("note", ""),
                                        ("outcome", ""),
                                        ("reviewed_at", None),
                                        ("reviewed_by", None),
                                    ),
                                    models.Q(
                                        models.Q(("outcome", ""), _negated=True),
                                        models.Q(("note", ""), _negated=True),
                                        ("reviewed_at__isnull", False),
                                        ("reviewed_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="accesssign_reviewed_by_somebody_who_says_why",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Presence",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="presences",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("seen_at", models.DateTimeField()),
                        (
                            "version",
                            models.PositiveIntegerField(db_default=0, default=0),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("complaint", "user"),
                                name="presence_once_per_case_and_user",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Lease",
                    fields=[
                        (
                            "complaint",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="lease",
                                serialize=False,
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("until", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Skip",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="skips",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("conflict", "It concerns me or somebody I know"),
                                    (
                                        "papers",
                                        "Our papers for it are not at hand today",
                                    ),
                                    (
                                        "unsure",
                                        "A colleague with more experience should decide",
                                    ),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("complaint", "user"),
                                name="skip_once_per_case_and_user",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Bulk",
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
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("language", models.CharField(max_length=2)),
                        ("chosen_at", models.DateTimeField()),
                        ("total", models.PositiveIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("chosen", "Chosen"),
                                    ("running", "Running"),
                                    ("stopped", "Stopped"),
                                    ("finished", "Finished"),
                                ],
                                default="chosen",
                                max_length=8,
                            ),
                        ),
                        ("move", models.CharField(blank=True, max_length=12)),
                        ("facts_sealed", models.BinaryField(null=True)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("progress_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["by", "-id"], name="bulk_by")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("facts_sealed", None),
                                        ("move", ""),
                                        ("started_at", None),
                                        ("state", "chosen"),
                                    ),
                                    models.Q(
                                        models.Q(("state", "chosen"), _negated=True),
                                        models.Q(("move", ""), _negated=True),
                                        ("facts_sealed__isnull", False),
                                        ("started_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="bulk_begun_iff_it_has_a_move",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("ended_at", None),
                                        ("state__in", ("chosen", "running")),
                                    ),
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("state__in", ("stopped", "finished")),
                                    ),
                                    _connector="OR",
                                ),
                                name="bulk_ended_iff_it_does_not_run",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BulkItem",
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
                            "bulk",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="items",
                                to="complaints.bulk",
                            ),
                        ),
                        ("place", models.PositiveIntegerField()),
                        (
                            "complaint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.complaint",
                            ),
                        ),
                        ("version", models.PositiveIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("done", "Done"),
                                    ("refused", "Refused"),
                                    ("changed", "Changed"),
                                ],
                                default="waiting",
                                max_length=7,
                            ),
                        ),
                        ("words", models.CharField(blank=True, max_length=300)),
                        (
                            "event",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.event",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["bulk", "state", "place"], name="bulkitem_state"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("event__isnull", False), ("state", "done")
                                    ),
                                    models.Q(
                                        models.Q(("state", "done"), _negated=True),
                                        ("event", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="bulkitem_done_iff_it_was_moved",
                            ),
                            models.UniqueConstraint(
                                fields=("bulk", "complaint"),
                                name="bulkitem_one_per_case",
                            ),
                            models.UniqueConstraint(
                                fields=("bulk", "place"), name="bulkitem_one_per_place"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state", "refused"),
                                        models.Q(("words", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "refused"), _negated=True),
                                        ("words", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="bulkitem_refused_iff_it_says_why",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BulkRun",
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
                            "bulk",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="runs",
                                to="complaints.bulk",
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="CampaignDate",
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
                        ("name", models.CharField(max_length=80)),
                        ("begins_on", models.DateField()),
                        ("due_on", models.DateField()),
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "ended_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at", None), ("ended_by", None)),
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("ended_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="campaigndate_ended_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("due_on__gt", models.F("begins_on"))
                                ),
                                name="campaigndate_is_due_after_it_begins",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at", None)),
                                fields=("organization", "due_on"),
                                name="campaigndate_once_a_day",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DataRequest",
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
                                related_name="data_requests",
                                to="registry.person",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("restrict", "Restrict the use of my data"),
                                    ("object", "Object to a use of my data"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("text_sealed", models.BinaryField()),
                        ("asked_at", models.DateTimeField()),
                        ("answer_by", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("taken_at", models.DateTimeField(null=True)),
                        ("extended_at", models.DateTimeField(null=True)),
                        ("extension_sealed", models.BinaryField(null=True)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("granted", "Granted"),
                                    ("refused", "Refused, with reason"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("answer_sealed", models.BinaryField(null=True)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("outcome", "")),
                                fields=["due_at", "id"],
                                name="datarequest_open",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("due_at__gte", models.F("answer_by"))
                                ),
                                name="datarequest_due_after_the_first_answer",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answer_sealed", None),
                                        ("ended_at", None),
                                        ("outcome", ""),
                                    ),
                                    models.Q(
                                        models.Q(("outcome", ""), _negated=True),
                                        ("answer_sealed__isnull", False),
                                        ("answered_by__isnull", False),
                                        ("ended_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="datarequest_ended_iff_answered",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("extended_at", None),
                                        ("extension_sealed", None),
                                    ),
                                    models.Q(
                                        ("extended_at__isnull", False),
                                        ("extension_sealed__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="datarequest_extended_with_a_reason",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("outcome", "")),
                                fields=("person", "kind"),
                                name="datarequest_one_open_per_person_and_kind",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Ladder",
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
                        ("idle_days", models.PositiveSmallIntegerField(null=True)),
                        ("capacity", models.PositiveIntegerField(null=True)),
                        ("valid_from", models.DateField(unique=True)),
                        ("valid_to", models.DateField(null=True)),
                        ("source", models.CharField(max_length=120)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gt", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="ladder_ends_after_it_begins",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Rung",
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
                            "ladder",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rungs",
                                to="complaints.ladder",
                            ),
                        ),
                        (
                            "clock",
                            models.CharField(
                                choices=[("repair", "Repair"), ("answer", "Answer")],
                                max_length=6,
                            ),
                        ),
                        ("share", models.PositiveSmallIntegerField()),
                        ("levels", models.PositiveSmallIntegerField()),
                        ("hands_up", models.BooleanField(default=False)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("hands_up", False),
                                    models.Q(
                                        ("clock", "repair"),
                                        ("levels__gte", 1),
                                        ("share__gt", 100),
                                    ),
                                    _connector="OR",
                                ),
                                name="rung_hands_up_only_what_is_overdue",
                            ),
                            models.UniqueConstraint(
                                fields=("ladder", "clock", "share", "levels"),
                                name="rung_once_per_ladder",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("levels__lte", 2),
                                    ("share__gte", 1),
                                    ("share__lte", 500),
                                ),
                                name="rung_share_and_levels_within_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reached",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reached",
                                to="complaints.complaint",
                            ),
                        ),
                        ("round", models.PositiveSmallIntegerField()),
                        (
                            "clock",
                            models.CharField(
                                choices=[("repair", "Repair"), ("answer", "Answer")],
                                max_length=6,
                            ),
                        ),
                        ("share", models.PositiveSmallIntegerField()),
                        ("levels", models.PositiveSmallIntegerField()),
                        ("at", models.DateTimeField()),
                        ("found_at", models.DateTimeField()),
                        ("told_at", models.DateTimeField(null=True)),
                        ("told", models.PositiveSmallIntegerField(default=0)),
                        (
                            "organization",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("told_at", None)),
                                fields=["id"],
                                name="reached_to_tell",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("found_at__gte", models.F("at"))),
                                name="reached_found_after_it_was_so",
                            ),
                            models.UniqueConstraint(
                                fields=(
                                    "complaint",
                                    "round",
                                    "clock",
                                    "share",
                                    "levels",
                                ),
                                name="reached_once_per_case_and_clock",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StandIn",
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stood_in_for",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stands_in",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("no_account", "No Account"),
                                    ("no_login", "No Login"),
                                    ("too_many", "Too Many"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("since", models.DateTimeField()),
                        ("until", models.DateTimeField(null=True)),
                        ("told_at", models.DateTimeField(null=True)),
                        ("told_back_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("organization", models.F("by")), _negated=True
                                    ),
                                    models.Q(
                                        ("until", None),
                                        ("until__gte", models.F("since")),
                                        _connector="OR",
                                    ),
                                ),
                                name="standin_by_another_until_after_since",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("until", None)),
                                fields=("organization",),
                                name="standin_one_at_a_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Digest",
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
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="digests",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("hour", models.DateTimeField()),
                        ("counts", models.JSONField()),
                        ("sent_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("user", "hour"),
                                name="digest_one_per_person_and_hour",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RuleDraft",
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
                            "subject",
                            models.CharField(
                                choices=[
                                    ("policy", "Policy"),
                                    ("ladder", "Ladder"),
                                    ("office", "Office"),
                                    ("route", "Route"),
                                    ("text", "Text"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("content", models.JSONField()),
                        ("valid_from", models.DateField()),
                        ("source", models.CharField(max_length=120)),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("proposed_at", models.DateTimeField()),
                        (
                            "confirmed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        (
                            "dropped_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("dropped_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("confirmed_by", None),
                                    models.Q(
                                        ("confirmed_by", models.F("proposed_by")),
                                        _negated=True,
                                    ),
                                    _connector="OR",
                                ),
                                name="ruledraft_confirmed_by_another_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("confirmed_at", None),
                                    ("dropped_at", None),
                                    _connector="OR",
                                ),
                                name="ruledraft_confirmed_or_dropped",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        models.Q(
                                            ("confirmed_at", None),
                                            ("confirmed_by", None),
                                        ),
                                        models.Q(
                                            ("confirmed_at__isnull", False),
                                            ("confirmed_by__isnull", False),
                                        ),
                                        _connector="OR",
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("dropped_at", None), ("dropped_by", None)
                                        ),
                                        models.Q(
                                            ("dropped_at__isnull", False),
                                            ("dropped_by__isnull", False),
                                        ),
                                        _connector="OR",
                                    ),
                                ),
                                name="ruledraft_who_and_when_together",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Delegation",
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
                                blank=True,
                                choices=[
                                    ("missing_dose", "A dose is missing"),
                                    ("wrong_dose", "A detail of a dose is wrong"),
                                    ("not_mine", "I did not have this dose"),
                                    ("doubled_dose", "A dose is recorded twice"),
                                    ("wrong_person", "Personal details are wrong"),
                                    ("split_record", "My doses stand on two records"),
                                    ("foreign_dose", "A dose given abroad is missing"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="delegations",
                                to="registry.organization",
                            ),
                        ),
                        ("with_below", models.BooleanField(default=False)),
                        (
                            "to",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="delegated",
                                to="registry.organization",
                            ),
                        ),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(null=True)),
                        ("source", models.CharField(max_length=120)),
                        (
                            "ended_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="delegation_does_not_end_before_it_begins",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at", None)),
                                fields=("organization", "kind", "valid_from"),
                                name="delegation_once_per_reach_and_day",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at", None), ("ended_by", None)),
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("ended_by__isnull", False),
                                        ("valid_to__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="delegation_rolled_back_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("with_below", True),
                                    models.Q(
                                        ("organization", models.F("to")), _negated=True
                                    ),
                                    _connector="OR",
                                ),
                                name="delegation_to_another_or_from_below",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Replay",
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
                            "draft",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="replays",
                                to="complaints.ruledraft",
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("stopped", "Stopped"),
                                ],
                                default="running",
                                max_length=7,
                            ),
                        ),
                        ("total", models.PositiveIntegerField()),
                        ("looked", models.PositiveIntegerField(default=0)),
                        ("after", models.BigIntegerField(default=0)),
                        ("pairs", models.JSONField(default=list)),
                        ("examples", models.JSONField(default=list)),
                        ("seconds", models.FloatField(default=0)),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("done_at", None), ("state", "running")),
                                    models.Q(
                                        models.Q(("state", "running"), _negated=True),
                                        ("done_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="replay_done_iff_it_has_a_time",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Rating",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="ratings",
                                to="complaints.complaint",
                            ),
                        ),
                        ("round", models.PositiveSmallIntegerField()),
                        (
                            "word",
                            models.CharField(
                                choices=[
                                    ("good", "Good"),
                                    ("fair", "Fair"),
                                    ("poor", "Poor"),
                                ],
                                max_length=4,
                            ),
                        ),
                        ("note_sealed", models.BinaryField(null=True)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["at"], name="rating_newest")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("complaint", "round"), name="rating_one_a_round"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Measure",
                    fields=[
                        (
                            "complaint",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="measure",
                                serialize=False,
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "holder",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("missing_dose", "A dose is missing"),
                                    ("wrong_dose", "A detail of a dose is wrong"),
                                    ("not_mine", "I did not have this dose"),
                                    ("doubled_dose", "A dose is recorded twice"),
                                    ("wrong_person", "Personal details are wrong"),
                                    ("split_record", "My doses stand on two records"),
                                    ("foreign_dose", "A dose given abroad is missing"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "channel",
                            models.CharField(
                                choices=[
                                    ("self", "By the citizen"),
                                    ("counter", "At the counter"),
                                    ("phone", "By telephone"),
                                    ("paper", "By letter"),
                                    ("list", "By a unit's list"),
                                ],
                                db_default="self",
                                max_length=7,
                            ),
                        ),
                        ("sent_on", models.DateField()),
                        ("ended_on", models.DateField(null=True)),
                        ("is_open", models.BooleanField()),
                        ("is_resolved", models.BooleanField()),
                        ("is_on_time", models.BooleanField()),
                        ("is_untouched", models.BooleanField()),
                        ("late_from", models.DateTimeField(null=True)),
                        ("runs_from", models.DateTimeField(null=True)),
                        ("spent", models.PositiveIntegerField()),
                        ("first_answer", models.PositiveIntegerField(null=True)),
                        ("bucket", models.PositiveSmallIntegerField(null=True)),
                        ("answer_bucket", models.PositiveSmallIntegerField(null=True)),
                        ("left_bucket", models.PositiveSmallIntegerField(null=True)),
                        ("rounds", models.PositiveSmallIntegerField()),
                        ("asks", models.PositiveSmallIntegerField()),
                        ("hops", models.PositiveSmallIntegerField()),
                        ("is_disagreed", models.BooleanField()),
                        ("is_reversed", models.BooleanField()),
                        ("is_self_corrected", models.BooleanField()),
                        ("is_kept_unseen", models.BooleanField()),
                        ("is_refiled", models.BooleanField()),
                        (
                            "rating",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("good", "Good"),
                                    ("fair", "Fair"),
                                    ("poor", "Poor"),
                                ],
                                db_default="",
                                max_length=4,
                            ),
                        ),
                        ("waited", models.PositiveIntegerField()),
                        ("checked", models.PositiveIntegerField()),
                        ("paused", models.PositiveIntegerField()),
                        ("elsewhere", models.PositiveIntegerField()),
                        ("seconded", models.PositiveIntegerField()),
                        ("held_by", models.JSONField(null=True)),
                        ("event", models.BigIntegerField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_on__isnull", False)),
                                fields=["holder", "ended_on"],
                                include=(
                                    "kind",
                                    "channel",
                                    "is_open",
                                    "is_resolved",
                                    "is_on_time",
                                    "is_untouched",
                                    "late_from",
                                    "spent",
                                    "first_answer",
                                    "bucket",
                                    "answer_bucket",
                                    "left_bucket",
                                    "rounds",
                                    "asks",
                                    "hops",
                                    "is_disagreed",
                                    "is_reversed",
                                    "is_self_corrected",
                                    "is_kept_unseen",
                                    "is_refiled",
                                    "rating",
                                    "waited",
                                    "checked",
                                    "paused",
                                    "elsewhere",
                                    "seconded",
                                ),
                                name="measure_by_ending",
                            ),
                            models.Index(
                                fields=["holder", "sent_on"],
                                include=(
                                    "kind",
                                    "channel",
                                    "is_open",
                                    "is_resolved",
                                    "is_on_time",
                                    "is_untouched",
                                    "late_from",
                                    "spent",
                                    "first_answer",
                                    "bucket",
                                    "answer_bucket",
                                    "left_bucket",
                                    "rounds",
                                    "asks",
                                    "hops",
                                    "is_disagreed",
                                    "is_reversed",
                                    "is_self_corrected",
                                    "is_kept_unseen",
                                    "is_refiled",
                                    "rating",
                                    "waited",
                                    "checked",
                                    "paused",
                                    "elsewhere",
                                    "seconded",
                                ),
                                name="measure_by_sending",
                            ),
                            models.Index(
                                condition=models.Q(("ended_on__isnull", False)),
                                fields=["ended_on"],
                                name="measure_ended",
                            ),
                            models.Index(
                                condition=models.Q(("is_open", True)),
                                fields=["late_from"],
                                name="measure_falls_due",
                            ),
                            models.Index(
                                condition=models.Q(("held_by__isnull", False)),
                                fields=["holder", "ended_on"],
                                name="measure_handed",
                            ),
                            models.Index(
                                condition=models.Q(("is_open", True)),
                                fields=["holder", "sent_on"],
                                include=(
                                    "kind",
                                    "channel",
                                    "spent",
                                    "runs_from",
                                    "is_untouched",
                                ),
                                name="measure_open",
                            ),
                            models.Index(fields=["sent_on"], name="measure_sent"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("bucket__isnull", False),
                                        ("is_open", False),
                                        ("is_resolved", True),
                                    ),
                                    models.Q(
                                        ("bucket", None),
                                        ("is_on_time", False),
                                        ("is_resolved", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="measure_bucket_iff_resolved",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("ended_on", None),
                                        ("is_open", True),
                                        ("late_from__isnull", False),
                                        ("runs_from__isnull", False),
                                    ),
                                    models.Q(
                                        ("ended_on__isnull", False),
                                        ("is_open", False),
                                        ("late_from", None),
                                        ("runs_from", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="measure_open_iff_the_clock_goes_on",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Figure",
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
                        ("month", models.DateField()),
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
                                    ("foreign_dose", "A dose given abroad is missing"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "cohort",
                            models.CharField(
                                choices=[("opened", "Opened"), ("closed", "Closed")],
                                max_length=6,
                            ),
                        ),
                        ("received", models.PositiveIntegerField()),
                        ("resolved", models.PositiveIntegerField()),
                        ("on_time", models.PositiveIntegerField()),
                        ("open", models.PositiveIntegerField()),
                        ("open_overdue", models.PositiveIntegerField()),
                        ("untouched", models.PositiveIntegerField()),
                        ("reopened", models.PositiveIntegerField()),
                        ("asked", models.PositiveIntegerField()),
                        ("handed", models.PositiveIntegerField()),
                        ("disagreed", models.PositiveIntegerField()),
                        ("reversed", models.PositiveIntegerField()),
                        ("self_corrected", models.PositiveIntegerField()),
                        ("kept_unseen", models.PositiveIntegerField()),
                        ("refiled", models.PositiveIntegerField()),
                        ("rated", models.PositiveIntegerField(db_default=0)),
                        ("good", models.PositiveIntegerField(db_default=0)),
                        ("poor", models.PositiveIntegerField(db_default=0)),
                        ("waited", models.PositiveBigIntegerField()),
                        ("checked", models.PositiveBigIntegerField()),
                        ("paused", models.PositiveBigIntegerField()),
                        ("elsewhere", models.PositiveBigIntegerField()),
                        ("seconded", models.PositiveBigIntegerField()),
                        ("median", models.PositiveIntegerField(null=True)),
                        ("p75", models.PositiveIntegerField(null=True)),
                        ("p90", models.PositiveIntegerField(null=True)),
                        ("first_answer_median", models.PositiveIntegerField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="figures",
                                to="registry.organization",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("month__day", 1)),
                                name="figure_month_begins_on_the_first",
                            ),
                            models.UniqueConstraint(
                                fields=("organization", "cohort", "month", "kind"),
                                name="figure_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SubtreeFigure",
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
                        ("month", models.DateField()),
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
                                    ("foreign_dose", "A dose given abroad is missing"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "cohort",
                            models.CharField(
                                choices=[("opened", "Opened"), ("closed", "Closed")],
                                max_length=6,
                            ),
                        ),
                        ("received", models.PositiveIntegerField()),
                        ("resolved", models.PositiveIntegerField()),
                        ("on_time", models.PositiveIntegerField()),
                        ("open", models.PositiveIntegerField()),
                        ("open_overdue", models.PositiveIntegerField()),
                        ("untouched", models.PositiveIntegerField()),
                        ("reopened", models.PositiveIntegerField()),
                        ("asked", models.PositiveIntegerField()),
                        ("handed", models.PositiveIntegerField()),
                        ("disagreed", models.PositiveIntegerField()),
                        ("reversed", models.PositiveIntegerField()),
                        ("self_corrected", models.PositiveIntegerField()),
                        ("kept_unseen", models.PositiveIntegerField()),
                        ("refiled", models.PositiveIntegerField()),
                        ("rated", models.PositiveIntegerField(db_default=0)),
                        ("good", models.PositiveIntegerField(db_default=0)),
                        ("poor", models.PositiveIntegerField(db_default=0)),
                        ("waited", models.PositiveBigIntegerField()),
                        ("checked", models.PositiveBigIntegerField()),
                        ("paused", models.PositiveBigIntegerField()),
                        ("elsewhere", models.PositiveBigIntegerField()),
                        ("seconded", models.PositiveBigIntegerField()),
                        ("median", models.PositiveIntegerField(null=True)),
                        ("p75", models.PositiveIntegerField(null=True)),
                        ("p90", models.PositiveIntegerField(null=True)),
                        ("first_answer_median", models.PositiveIntegerField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="subtree_figures",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "channel",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("self", "By the citizen"),
                                    ("counter", "At the counter"),
                                    ("phone", "By telephone"),
                                    ("paper", "By letter"),
                                    ("list", "By a unit's list"),
                                ],
                                db_default="",
                                max_length=7,
                            ),
                        ),
                        (
                            "buckets",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.SmallIntegerField(),
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "counts",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(),
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "answer_buckets",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.SmallIntegerField(),
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "answer_counts",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(),
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "left_buckets",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.SmallIntegerField(),
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "left_counts",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(),
                                default=list,
                                size=None,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("month__day", 1)),
                                name="subtree_figure_month_begins_on_the_first",
                            ),
                            models.UniqueConstraint(
                                fields=(
                                    "organization",
                                    "cohort",
                                    "month",
                                    "kind",
                                    "channel",
                                ),
                                name="subtree_figure_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Watermark",
                    fields=[
                        (
                            "name",
                            models.CharField(
                                max_length=20, primary_key=True, serialize=False
                            ),
                        ),
                        ("event", models.BigIntegerField(default=0)),
                        ("at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="FigureReview",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="figure_reviews",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "holder",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="figure_reviews",
                                to="registry.organization",
                            ),
                        ),
                        ("reason", models.TextField(max_length=500)),
                        (
                            "flagged_by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("flagged_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("accepted", "Accepted"),
                                    ("refused", "Refused"),
                                ],
                                default="waiting",
                                max_length=8,
                            ),
                        ),
                        ("answer", models.TextField(blank=True, max_length=500)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("month", models.DateField()),
                        ("version", models.PositiveIntegerField(null=True)),
                        ("before", models.JSONField(null=True)),
                        ("after", models.JSONField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("after__isnull", False),
                                        ("before__isnull", False),
                                        ("state", "accepted"),
                                        ("version__isnull", False),
                                    ),
                                    models.Q(
                                        models.Q(("state", "accepted"), _negated=True),
                                        ("after", None),
                                        ("before", None),
                                        ("version", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="figurereview_corrects_iff_accepted",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answer", ""),
                                        ("decided_at", None),
                                        ("decided_by", None),
                                        ("state", "waiting"),
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                        ("state__in", ("accepted", "refused")),
                                        models.Q(("answer", ""), _negated=True),
                                        models.Q(
                                            ("decided_by", models.F("flagged_by")),
                                            _negated=True,
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="figurereview_decided_by_another_with_an_answer",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("state__in", ("waiting", "accepted"))
                                ),
                                fields=("complaint",),
                                name="figurereview_one_that_counts_per_case",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("version__isnull", False)),
                                fields=("holder", "month", "version"),
                                name="figurereview_versions_without_repeats",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GamingSign",
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
                            "complaint",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="gaming_signs",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "sign",
                            models.CharField(
                                choices=[
                                    ("last_hour", "Decided in the last hour"),
                                    ("no_effect", "Closed without effect"),
                                    ("late_ask", "Asked when time ran out"),
                                    ("ping_pong", "Handed to and fro"),
                                    ("bulk", "Closed in bulk"),
                                ],
                                max_length=9,
                            ),
                        ),
                        (
                            "holder",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("day", models.DateField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["holder", "day"],
                                include=("sign", "complaint"),
                                name="gamingsign_by_holder",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("complaint", "sign", "at"),
                                name="gamingsign_once",
                            )
                        ],
                    },
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
                        (
                            "site",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("given_on", models.DateField()),
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
                        ("lot", models.CharField(blank=True, max_length=30)),
                        ("filed_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["site", "given_on"], name="clue_session"
                            )
                        ],
                    },
                ),
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
                        (
                            "site",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("given_on", models.DateField()),
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
                        ("lot", models.CharField(blank=True, max_length=30)),
                        (
                            "holder",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="incidents",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Waits for the list"),
                                    ("proposed", "Proposed, waits for a second person"),
                                    ("settling", "Being settled"),
                                    ("settled", "Settled"),
                                    ("undoing", "Being taken back as a whole"),
                                    ("undone", "Taken back as a whole"),
                                    ("dissolved", "Over: no report is open any more"),
                                ],
                                default="open",
                                max_length=9,
                            ),
                        ),
                        ("formed_at", models.DateTimeField()),
                        (
                            "session_list",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="incidents",
                                to="registry.sessionlist",
                            ),
                        ),
                        ("matched_at", models.DateTimeField(null=True)),
                        ("revision", models.PositiveIntegerField(null=True)),
                        (
                            "returned",
                            models.CharField(
                                blank=True,
                                choices=[
                                    (
                                        "changed",
                                        "The list changed after it was proposed, so settling stopped. Check its rows, then propose again.",
                                    ),
                                    (
                                        "none",
                                        "No report could be settled, so settling stopped. The reason stands beside each report.",
                                    ),
                                ],
                                db_default="",
                                max_length=7,
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
                        ("proposed_at", models.DateTimeField(null=True)),
                        (
                            "signed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("signed_at", models.DateTimeField(null=True)),
                        ("progress_at", models.DateTimeField(null=True)),
                        ("settled_at", models.DateTimeField(null=True)),
                        ("told", models.PositiveIntegerField(default=0)),
                        (
                            "back_why",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("session", "The list is of another session"),
                                    (
                                        "facts",
                                        "The list has wrong days, vaccines or lots",
                                    ),
                                    ("people", "Rows were taken for the wrong people"),
                                    ("other", "The list is wrong in another way"),
                                ],
                                db_default="",
                                max_length=7,
                            ),
                        ),
                        (
                            "back_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("back_at", models.DateTimeField(null=True)),
                        (
                            "back_signed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("back_signed_at", models.DateTimeField(null=True)),
                        ("undone_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["state", "-id"], name="incident_state")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("product", None),
                                        models.Q(("lot", ""), _negated=True),
                                    ),
                                    models.Q(("lot", ""), ("product__isnull", False)),
                                    _connector="OR",
                                ),
                                name="incident_names_a_product_or_a_lot",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("state__in", ("open", "proposed", "settling"))
                                ),
                                fields=("site", "given_on", "product", "lot"),
                                name="incident_one_open_per_session",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("settled_at__isnull", False),
                                        ("state__in", ("settled", "undoing", "undone")),
                                    ),
                                    models.Q(
                                        models.Q(
                                            (
                                                "state__in",
                                                ("settled", "undoing", "undone"),
                                            ),
                                            _negated=True,
                                        ),
                                        ("settled_at", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="incident_settled_iff_it_has_a_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("back_at", None),
                                        ("back_by", None),
                                        ("back_why", ""),
                                    ),
                                    models.Q(
                                        ("back_at__isnull", False),
                                        ("back_by__isnull", False),
                                        models.Q(("back_why", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="incident_taken_back_iff_it_says_why",
                            ),
                            models.CheckConstraint(
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
                                        (
                                            "state__in",
                                            (
                                                "settling",
                                                "settled",
                                                "undoing",
                                                "undone",
                                            ),
                                        ),
                                        ("proposed_by__isnull", False),
                                        ("signed_by__isnull", False),
                                        ("session_list__isnull", False),
                                        models.Q(
                                            ("proposed_by", models.F("signed_by")),
                                            _negated=True,
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="incident_two_people_decide",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state__in", ("undoing", "undone")),
                                        ("back_by__isnull", False),
                                        ("back_signed_by__isnull", False),
                                        models.Q(
                                            ("back_by", models.F("back_signed_by")),
                                            _negated=True,
                                        ),
                                    ),
                                    models.Q(
                                        ("back_signed_by", None), ("state", "settled")
                                    ),
                                    models.Q(
                                        models.Q(
                                            (
                                                "state__in",
                                                ("settled", "undoing", "undone"),
                                            ),
                                            _negated=True,
                                        ),
                                        ("back_by", None),
                                        ("back_signed_by", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="incident_two_people_take_back",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state", "undone"),
                                        ("undone_at__isnull", False),
                                    ),
                                    models.Q(
                                        models.Q(("state", "undone"), _negated=True),
                                        ("undone_at", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="incident_undone_iff_it_has_a_time",
                            ),
                        ],
                    },
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
                            "complaint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="incidents",
                                to="complaints.complaint",
                            ),
                        ),
                        ("joined_at", models.DateTimeField()),
                        (
                            "row",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="registry.stagedrow",
                            ),
                        ),
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
                            "event",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.event",
                            ),
                        ),
                        (
                            "back",
                            models.CharField(
                                blank=True,
                                choices=[("done", "Done"), ("stays", "Stays")],
                                db_default="",
                                max_length=5,
                            ),
                        ),
                        (
                            "back_words",
                            models.CharField(blank=True, db_default="", max_length=300),
                        ),
                        (
                            "back_event",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.event",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state", "left"),
                                        models.Q(("words", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "left"), _negated=True),
                                        ("words", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="incidentmember_left_iff_it_says_why",
                            ),
                            models.UniqueConstraint(
                                fields=("incident", "complaint"),
                                name="incidentmember_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("event__isnull", False), ("state", "settled")
                                    ),
                                    models.Q(
                                        models.Q(("state", "settled"), _negated=True),
                                        ("event", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="incidentmember_settled_iff_it_was_decided",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("back", "stays"),
                                        ("state", "settled"),
                                        models.Q(("back_words", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("back", "stays"), _negated=True),
                                        ("back_words", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="incidentmember_stays_iff_it_says_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("back", "done"),
                                        ("back_event__isnull", False),
                                        ("state", "settled"),
                                    ),
                                    models.Q(
                                        models.Q(("back", "done"), _negated=True),
                                        ("back_event", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="incidentmember_taken_back_iff_it_was_moved",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="IncidentNotice",
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
                            "incident",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notices",
                                to="complaints.incident",
                            ),
                        ),
                        (
                            "row",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="registry.stagedrow",
                            ),
                        ),
                        (
                            "telephone",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.telephone",
                            ),
                        ),
                        ("told_at", models.DateTimeField(null=True)),
                        ("back_told_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("back_told_at", None),
                                    ("told_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="incidentnotice_taken_back_where_it_was_told",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("telephone", None), ("told_at", None)),
                                    models.Q(
                                        ("telephone__isnull", False),
                                        ("told_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="incidentnotice_told_iff_it_says_where",
                            ),
                        ],
                    },
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
                        (
                            "incident",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="runs",
                                to="complaints.incident",
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="RuleSwitch",
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
                        ("rule", models.CharField(max_length=3)),
                        (
                            "province",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.administrativeunit",
                            ),
                        ),
                        (
                            "use",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("report", "when a citizen reports"),
                                    ("campaign", "before anybody complains"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("is_on", models.BooleanField()),
                        ("daily_cap", models.PositiveIntegerField(null=True)),
                        ("least_precision", models.PositiveIntegerField(default=9800)),
                        ("reason", models.CharField(max_length=200)),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["rule", "-id"], name="ruleswitch_newest"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("is_on", False),
                                    ("by__isnull", False),
                                    _connector="OR",
                                ),
                                name="ruleswitch_only_a_person_switches_on",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("least_precision__lte", 10000)),
                                name="ruleswitch_precision_is_a_share",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="ruleswitch_says_why",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Campaign",
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
                            "rules",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=3), size=None
                            ),
                        ),
                        ("cap", models.PositiveIntegerField()),
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
                        (
                            "started_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("started_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("last_person", models.BigIntegerField()),
                        ("total", models.PositiveIntegerField()),
                        ("looked_at", models.PositiveIntegerField(default=0)),
                        ("changed", models.PositiveIntegerField(default=0)),
                        (
                            "prepared_count",
                            models.PositiveIntegerField(db_default=0, default=0),
                        ),
                        (
                            "invites",
                            models.BooleanField(db_default=False, default=False),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at", None), ("state", "running")),
                                    models.Q(
                                        models.Q(("state", "running"), _negated=True),
                                        ("ended_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="campaign_ended_iff_it_does_not_run",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("changed__lte", models.F("cap"))),
                                name="campaign_keeps_to_its_cap",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "running")),
                                fields=("state",),
                                name="campaign_one_at_a_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CampaignBatch",
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
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="batches",
                                to="complaints.campaign",
                            ),
                        ),
                        (
                            "people",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        ("size", models.PositiveSmallIntegerField()),
                        ("changed", models.PositiveSmallIntegerField(default=0)),
                        (
                            "prepared_count",
                            models.PositiveSmallIntegerField(db_default=0, default=0),
                        ),
                        ("planned_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                        ("undone_at", models.DateTimeField(null=True)),
                        (
                            "undone_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
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
                                name="campaignbatch_holds_people_until_it_is_done",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("undone_at", None), ("undone_by", None)),
                                    models.Q(
                                        ("done_at__isnull", False),
                                        ("undone_at__gte", models.F("done_at")),
                                        ("undone_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="campaignbatch_undone_by_somebody_after_it_was_done",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SelfCorrection",
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
                        ("whole", models.UUIDField()),
                        ("rule", models.CharField(max_length=3)),
                        ("version", models.PositiveSmallIntegerField()),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="self_corrections",
                                to="registry.person",
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
                        ("place", models.CharField(max_length=40)),
                        (
                            "correction",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="self_correction",
                                to="registry.correction",
                            ),
                        ),
                        ("proofs", models.JSONField(default=list)),
                        (
                            "complaint",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="self_corrections",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="self_corrections",
                                to="complaints.campaignbatch",
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("undone_at", models.DateTimeField(null=True)),
                        (
                            "undone_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("is_sampled", models.BooleanField(default=False)),
                        (
                            "finding",
                            models.CharField(
                                blank=True,
                                choices=[("right", "Right"), ("wrong", "Wrong")],
                                max_length=5,
                            ),
                        ),
                        (
                            "checked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("checked_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["rule", "at"], name="selfcorrection_by_rule"
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("finding", ""), ("is_sampled", True)
                                ),
                                fields=["id"],
                                name="selfcorrection_to_check",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("batch__isnull", False), ("complaint", None)
                                    ),
                                    models.Q(
                                        ("batch", None), ("complaint__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="selfcorrection_by_a_report_or_a_campaign",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("checked_at", None),
                                        ("checked_by", None),
                                        ("finding", ""),
                                    ),
                                    models.Q(
                                        models.Q(("finding", ""), _negated=True),
                                        ("checked_at__isnull", False),
                                        ("checked_by__isnull", False),
                                        ("is_sampled", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="selfcorrection_found_by_somebody",
                            ),
                            models.UniqueConstraint(
                                fields=("person", "place"),
                                name="selfcorrection_one_per_person_and_field",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
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
                                related_name="+",
                                to="registry.person",
                            ),
                        ),
                        ("quarter", models.CharField(max_length=6)),
                        ("rule", models.CharField(max_length=3)),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invitations",
                                to="complaints.campaignbatch",
                            ),
                        ),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quarter__regex", "^20[0-9]{2}Q[1-4]$")
                                ),
                                name="invitation_names_a_quarter",
                            ),
                            models.UniqueConstraint(
                                fields=("person", "quarter"),
                                name="invitation_once_a_quarter",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OwnFile",
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
                                related_name="+",
                                to="registry.person",
                            ),
                        ),
                        ("language", models.CharField(max_length=2)),
                        ("asked_at", models.DateTimeField()),
                        ("made_at", models.DateTimeField(null=True)),
                        ("content_sealed", models.BinaryField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("content_sealed", None), ("made_at", None)
                                    ),
                                    models.Q(
                                        ("content_sealed__isnull", False),
                                        ("made_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="ownfile_made_iff_it_has_content",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("made_at", None)),
                                fields=("person",),
                                name="ownfile_one_in_the_making",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Policy",
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
                                blank=True,
                                choices=[
                                    ("missing_dose", "A dose is missing"),
                                    ("wrong_dose", "A detail of a dose is wrong"),
                                    ("not_mine", "I did not have this dose"),
                                    ("doubled_dose", "A dose is recorded twice"),
                                    ("wrong_person", "Personal details are wrong"),
                                    ("split_record", "My doses stand on two records"),
                                    ("foreign_dose", "A dose given abroad is missing"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "level",
                            models.CharField(
                                blank=True,
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
                                db_default="",
                                max_length=20,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "in_office",
                            models.BooleanField(db_default=False, default=False),
                        ),
                        ("repair_hours", models.PositiveIntegerField()),
                        ("first_answer_hours", models.PositiveIntegerField()),
                        (
                            "extension_hours",
                            models.PositiveIntegerField(db_default=0, default=0),
                        ),
                        ("pause_days", models.PositiveSmallIntegerField()),
                        ("disagree_days", models.PositiveSmallIntegerField()),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(null=True)),
                        ("source", models.CharField(max_length=120)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("repair_hours__gt", 0),
                                    (
                                        "first_answer_hours__lte",
                                        models.F("repair_hours"),
                                    ),
                                ),
                                name="policy_answers_before_it_repairs",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gt", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="policy_ends_after_it_begins",
                            ),
                            models.UniqueConstraint(
                                fields=("kind", "level", "organization", "valid_from"),
                                name="policy_once_per_reach_and_day",
                                nulls_distinct=False,
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OfficeHours",
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
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "weekdays",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.SmallIntegerField(), size=None
                            ),
                        ),
                        ("begins", models.TimeField()),
                        ("ends", models.TimeField()),
                        ("break_begins", models.TimeField(null=True)),
                        ("break_ends", models.TimeField(null=True)),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(null=True)),
                        ("source", models.CharField(max_length=120)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("begins__lt", models.F("ends")),
                                        ("break_begins", None),
                                        ("break_ends", None),
                                    ),
                                    models.Q(
                                        ("begins__lt", models.F("break_begins")),
                                        ("break_begins__lt", models.F("break_ends")),
                                        ("break_ends__lt", models.F("ends")),
                                    ),
                                    _connector="OR",
                                ),
                                name="officehours_close_after_they_open",
                            ),
                            models.UniqueConstraint(
                                fields=("organization", "valid_from"),
                                name="officehours_once_per_organization_and_day",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gt", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="officehours_valid_to_after_from",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QuietHours",
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
                        ("begins", models.TimeField()),
                        ("ends", models.TimeField()),
                        ("valid_from", models.DateField(unique=True)),
                        ("valid_to", models.DateField(null=True)),
                        ("source", models.CharField(max_length=120)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gt", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="quiethours_end_after_they_begin",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Prepared",
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
                        ("version", models.PositiveSmallIntegerField()),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.person",
                            ),
                        ),
                        ("place", models.CharField(max_length=40)),
                        ("edit_sealed", models.BinaryField()),
                        ("ground", models.JSONField(default=dict)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("path", models.CharField(max_length=120)),
                        (
                            "complaint",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prepared",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prepared",
                                to="complaints.campaignbatch",
                            ),
                        ),
                        ("found_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "To decide"),
                                    ("signing", "Waiting for a second person"),
                                    ("made", "Corrected"),
                                    ("refused", "Kept as recorded"),
                                    ("gone", "No longer needed"),
                                ],
                                default="open",
                                max_length=7,
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
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["rule", "state"], name="prepared_by_rule"
                            ),
                            models.Index(
                                condition=models.Q(("state__in", ("open", "signing"))),
                                fields=["path", "id"],
                                name="prepared_waiting_by_path",
                                opclasses=["text_pattern_ops", "int8_ops"],
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_by", None),
                                        ("state__in", ("open", "gone")),
                                    ),
                                    models.Q(
                                        ("decided_by", None),
                                        ("proposed_by__isnull", False),
                                        ("state", "signing"),
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                        ("state__in", ("made", "refused")),
                                    ),
                                    _connector="OR",
                                ),
                                name="prepared_decided_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("correction__isnull", False), ("state", "made")
                                    ),
                                    models.Q(
                                        models.Q(("state", "made"), _negated=True),
                                        ("correction", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="prepared_made_iff_corrected",
                            ),
                            models.UniqueConstraint(
                                fields=("person", "place", "rule"),
                                name="prepared_once_per_person_field_and_rule",
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
                                name="prepared_signed_by_another",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PublishedMonth",
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
                        ("month", models.DateField()),
                        ("edition", models.PositiveSmallIntegerField()),
                        ("rows", models.JSONField()),
                        ("country", models.JSONField()),
                        ("counted_at", models.DateTimeField(null=True)),
                        ("at", models.DateTimeField()),
                        ("reason", models.CharField(blank=True, max_length=200)),
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "confirmed_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("month__day", 1)),
                                name="publishedmonth_begins_on_the_first",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("by", None),
                                        ("confirmed_by", None),
                                        ("edition", 1),
                                        ("reason", ""),
                                    ),
                                    models.Q(
                                        ("by__isnull", False),
                                        ("confirmed_by__isnull", False),
                                        ("edition__gt", 1),
                                        models.Q(("reason", ""), _negated=True),
                                        models.Q(
                                            ("confirmed_by", models.F("by")),
                                            _negated=True,
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="publishedmonth_corrected_by_two_for_a_reason",
                            ),
                            models.UniqueConstraint(
                                fields=("month", "edition"),
                                name="publishedmonth_once_per_edition",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MonthCorrection",
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
                        ("month", models.DateField()),
                        ("edition", models.PositiveSmallIntegerField()),
                        ("reason", models.CharField(max_length=200)),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("proposed_at", models.DateTimeField()),
                        (
                            "confirmed_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        (
                            "dropped_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("dropped_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("confirmed_by", None),
                                    models.Q(
                                        ("confirmed_by", models.F("proposed_by")),
                                        _negated=True,
                                    ),
                                    _connector="OR",
                                ),
                                name="monthcorrection_confirmed_by_another_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("confirmed_at", None),
                                        ("confirmed_by", None),
                                        ("dropped_at", None),
                                        ("dropped_by", None),
                                    ),
                                    models.Q(
                                        ("confirmed_at__isnull", False),
                                        ("confirmed_by__isnull", False),
                                        ("dropped_at", None),
                                        ("dropped_by", None),
                                    ),
                                    models.Q(
                                        ("confirmed_at", None),
                                        ("confirmed_by", None),
                                        ("dropped_at__isnull", False),
                                        ("dropped_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="monthcorrection_decided_once_by_somebody",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("confirmed_at", None), ("dropped_at", None)
                                ),
                                fields=("month",),
                                name="monthcorrection_one_waits_per_month",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Sample",
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
                        ("path", models.CharField(max_length=120)),
                        ("first", models.DateField()),
                        ("last", models.DateField()),
                        ("per_stratum", models.PositiveSmallIntegerField()),
                        ("most", models.PositiveIntegerField()),
                        ("seed", models.CharField(max_length=32)),
                        ("closed", models.PositiveIntegerField()),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("most__gte", 1), ("per_stratum__gte", 1)
                                ),
                                name="sample_draws_something",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("last__gte", models.F("first"))),
                                name="sample_ends_after_it_begins",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Recheck",
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
                            "sample",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rechecks",
                                to="complaints.sample",
                            ),
                        ),
                        (
                            "complaint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "event",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.event",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("path", models.CharField(max_length=120)),
                        (
                            "stratum",
                            models.CharField(
                                choices=[
                                    ("corrected", "Corrected"),
                                    ("partly_corrected", "Partly corrected"),
                                    ("kept", "Kept as recorded, with reason"),
                                    ("already_correct", "It was right already"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("of_stratum", models.PositiveIntegerField()),
                        (
                            "checker",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("taken_at", models.DateTimeField(null=True)),
                        (
                            "verdict",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("agree", "I decide the same"),
                                    ("disagree", "I decide otherwise"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("proof", "The proof says something else"),
                                    ("no_proof", "There was not proof enough"),
                                    ("ground", "The ground given does not fit"),
                                    ("record", "The record was changed wrongly"),
                                    ("unseen", "What was claimed was not looked at"),
                                    ("other", "Something else"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("note", models.TextField(blank=True, max_length=1000)),
                        ("checked_at", models.DateTimeField(null=True)),
                        (
                            "answer",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("accepted", "The check is right"),
                                    ("held", "Our decision was right"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("answer_note", models.TextField(blank=True, max_length=1000)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("reopened_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("verdict", ""), _negated=True),
                                fields=["path", "checked_at"],
                                name="recheck_checked",
                                opclasses=["text_pattern_ops", "timestamptz_ops"],
                            ),
                            models.Index(
                                condition=models.Q(("verdict", "")),
                                fields=["path", "id"],
                                name="recheck_to_check",
                                opclasses=["text_pattern_ops", "int8_ops"],
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("answered_by", None),
                                    models.Q(
                                        ("answered_by", models.F("checker")),
                                        _negated=True,
                                    ),
                                    _connector="OR",
                                ),
                                name="recheck_answered_by_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answer", ""),
                                        ("answer_note", ""),
                                        ("answered_at", None),
                                        ("answered_by", None),
                                    ),
                                    models.Q(
                                        models.Q(("answer", ""), _negated=True),
                                        models.Q(("answer_note", ""), _negated=True),
                                        ("answered_at__isnull", False),
                                        ("answered_by__isnull", False),
                                        ("verdict", "disagree"),
                                    ),
                                    _connector="OR",
                                ),
                                name="recheck_answered_where_it_disagrees",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("verdict", "disagree"),
                                        models.Q(("reason", ""), _negated=True),
                                        models.Q(("note", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("verdict", "disagree"), _negated=True
                                        ),
                                        ("reason", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="recheck_disagrees_for_a_reason",
                            ),
                            models.UniqueConstraint(
                                fields=("event",), name="recheck_once_per_event"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reopened_at", None),
                                    ("answer", "accepted"),
                                    _connector="OR",
                                ),
                                name="recheck_reopens_what_was_accepted",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("checker", None), ("taken_at", None)),
                                    models.Q(
                                        ("checker__isnull", False),
                                        ("taken_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="recheck_taken_iff_it_has_a_checker",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("checked_at", None), ("verdict", "")),
                                    models.Q(
                                        models.Q(("verdict", ""), _negated=True),
                                        ("checked_at__isnull", False),
                                        ("checker__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="recheck_verdict_by_its_checker",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Referral",
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
                            "number",
                            models.CharField(
                                default=portal.common.codes.new_code,
                                max_length=10,
                                unique=True,
                            ),
                        ),
                        (
                            "event",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="referral",
                                to="complaints.event",
                            ),
                        ),
                        (
                            "complaint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="referrals",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "authority",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("authority_name", models.CharField(max_length=160)),
                        ("points", models.JSONField()),
                        ("expected_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "They are asked"),
                                    ("answered", "They answered"),
                                    ("expired", "No answer in time"),
                                    ("overtaken", "Went on without an answer"),
                                    ("taken_back", "The question was taken back"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "reply",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("claimed", "It is as the citizen says"),
                                    ("recorded", "It is as it is recorded"),
                                    ("other", "Neither: see their words"),
                                    ("unknown", "They cannot say"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("answered_at", models.DateTimeField(null=True)),
                        (
                            "answered_by",
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
                                condition=models.Q(("state", "waiting")),
                                fields=["expected_at", "id"],
                                name="referral_waiting",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answered_at__isnull", False),
                                        ("answered_by__isnull", False),
                                        ("state", "answered"),
                                        models.Q(("reply", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "answered"), _negated=True),
                                        ("answered_at", None),
                                        ("answered_by", None),
                                        ("reply", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="referral_answered_iff_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at", None), ("state", "waiting")),
                                    models.Q(
                                        models.Q(("state", "waiting"), _negated=True),
                                        ("ended_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="referral_ended_iff_it_does_not_wait",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "waiting")),
                                fields=("complaint",),
                                name="referral_one_waiting_per_complaint",
                            ),
                        ],
                    },
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
                        (
                            "uploaded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("uploaded_at", models.DateTimeField()),
                        (
                            "filed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("filed_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField()),
                        ("forgotten_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["organization", "-id"], name="reportlist_of"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("filed_at__isnull", False),
                                        ("filed_by__isnull", False),
                                        ("state__in", ("filing", "filed")),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("state__in", ("filing", "filed")),
                                            _negated=True,
                                        ),
                                        ("filed_at", None),
                                        ("filed_by", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="reportlist_filed_by_somebody",
                            ),
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
                                name="reportlist_refused_iff_it_says_why",
                            ),
                        ],
                    },
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
                        (
                            "report_list",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rows",
                                to="complaints.reportlist",
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
                                    ("foreign_dose", "A dose given abroad is missing"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("is_excluded", models.BooleanField(default=False)),
                        ("is_fixed", models.BooleanField(default=False)),
                        ("is_chosen", models.BooleanField(default=False)),
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
                            "submission",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.submission",
                            ),
                        ),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["report_list", "verdict", "place"],
                                name="reportrow_verdict",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("done_at", None), ("submission", None)),
                                    models.Q(
                                        ("done_at__isnull", False),
                                        ("submission__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="reportrow_done_iff_it_was_sent",
                            ),
                            models.UniqueConstraint(
                                fields=("report_list", "place"),
                                name="reportrow_one_per_place",
                            ),
                        ],
                    },
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
                            "report_list",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="jobs",
                                to="complaints.reportlist",
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
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="SavedView",
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
                        ("name", models.CharField(max_length=40)),
                        ("query", models.CharField(max_length=400)),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("name", ""), _negated=True),
                                    models.Q(("query", ""), _negated=True),
                                ),
                                name="savedview_has_a_name_and_filters",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("organization", None)),
                                fields=("by", "name"),
                                name="savedview_own_name_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("organization__isnull", False)),
                                fields=("organization", "name"),
                                name="savedview_shared_name_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StandardText",
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
                        ("series", models.UUIDField(default=uuid.uuid4)),
                        ("version", models.PositiveSmallIntegerField(default=1)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="standard_texts",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "move",
                            models.CharField(
                                choices=[
                                    ("ask", "Ask the citizen"),
                                    ("resolve", "Resolve"),
                                    ("hand_over", "Hand over"),
                                    ("escalate", "Pass to the level above"),
                                    ("wait", "Ask another body"),
                                    ("extend", "Extend the time once"),
                                ],
                                max_length=12,
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
                                    ("foreign_dose", "A dose given abroad is missing"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                choices=[("vi", "Tiếng Việt"), ("en", "English")],
                                max_length=2,
                            ),
                        ),
                        ("title", models.CharField(max_length=80)),
                        ("text", models.CharField(max_length=1000)),
                        (
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        (
                            "retired_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("retired_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("retired_at", None)),
                                fields=("series",),
                                name="standardtext_one_version_in_use",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("retired_at", None), ("retired_by", None)
                                    ),
                                    models.Q(
                                        ("retired_at__isnull", False),
                                        ("retired_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="standardtext_retired_by_somebody",
                            ),
                            models.UniqueConstraint(
                                fields=("series", "version"),
                                name="standardtext_versions_differ",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TakeBack",
                    fields=[
                        (
                            "event",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="take_back",
                                serialize=False,
                                to="complaints.event",
                            ),
                        ),
                        ("ref", models.UUIDField(default=uuid.uuid4, unique=True)),
                        (
                            "before",
                            models.JSONField(
                                encoder=django.core.serializers.json.DjangoJSONEncoder
                            ),
                        ),
                        ("undone_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="UnitChange",
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
                                related_name="changes",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("opened", "Opened"),
                                    ("renamed", "Renamed"),
                                    ("closed", "Closed"),
                                    ("moved", "Moved"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("day", models.DateField()),
                        ("name_before", models.CharField(blank=True, max_length=160)),
                        ("name_after", models.CharField(blank=True, max_length=160)),
                        (
                            "successor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="takes_over",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "parent_before",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "parent_after",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "staff",
                            models.CharField(
                                blank=True,
                                choices=[("move", "Move"), ("end", "End")],
                                max_length=4,
                            ),
                        ),
                        ("reason", models.CharField(max_length=200)),
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("planned", "Planned"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("refused", "Refused"),
                                    ("withdrawn", "Withdrawn"),
                                    ("undone", "Undone"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("trouble", models.CharField(blank=True, max_length=300)),
                        ("done_at", models.DateTimeField(null=True)),
                        ("cases", models.PositiveIntegerField(default=0)),
                        (
                            "facts",
                            models.JSONField(
                                default=dict,
                                encoder=django.core.serializers.json.DjangoJSONEncoder,
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["-id"], name="unitchange_newest")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("done_at__isnull", False),
                                        ("state__in", ("done", "undone")),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("state__in", ("done", "undone")),
                                            _negated=True,
                                        ),
                                        ("done_at", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="unitchange_done_has_a_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("kind", "moved"),
                                        ("parent_after__isnull", False),
                                        ("parent_before__isnull", False),
                                    ),
                                    models.Q(
                                        models.Q(("kind", "moved"), _negated=True),
                                        ("parent_after", None),
                                        ("parent_before", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="unitchange_moved_iff_it_has_a_new_place",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("state__in", ("planned", "running"))
                                ),
                                fields=("organization",),
                                name="unitchange_one_waits_per_unit",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state", "refused"),
                                        models.Q(("trouble", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "refused"), _negated=True),
                                        ("trouble", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="unitchange_refused_iff_it_says_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("kind", "renamed"),
                                        models.Q(("name_after", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("kind", "renamed"), _negated=True),
                                        ("name_after", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="unitchange_renamed_iff_it_has_a_new_name",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("successor", None),
                                    models.Q(
                                        ("kind", "closed"),
                                        models.Q(
                                            ("successor", models.F("organization")),
                                            _negated=True,
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="unitchange_succeeds_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("ended_by__isnull", False),
                                        ("state__in", ("withdrawn", "undone")),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("state__in", ("withdrawn", "undone")),
                                            _negated=True,
                                        ),
                                        ("ended_at", None),
                                        ("ended_by", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="unitchange_taken_back_by_somebody",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UnitChangeCase",
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
                            "change",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moved",
                                to="complaints.unitchange",
                            ),
                        ),
                        (
                            "complaint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.complaint",
                            ),
                        ),
                        (
                            "event",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="complaints.event",
                            ),
                        ),
                        ("before", models.JSONField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("change", "event"),
                                name="unitchangecase_once_per_event",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Wording",
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
                        ("key", models.CharField(max_length=16)),
                        ("content", models.JSONField()),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(null=True)),
                        ("source", models.CharField(max_length=120)),
                        (
                            "ended_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="wording_does_not_end_before_it_begins",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at", None)),
                                fields=("key", "valid_from"),
                                name="wording_once_per_step_and_day",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at", None), ("ended_by", None)),
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("ended_by__isnull", False),
                                        ("valid_to__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="wording_taken_back_by_somebody",
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]
