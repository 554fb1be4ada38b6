"""Postings, codes and invitations, changes of telephones and of accounts."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from portal.common.together import Together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        # Early: each of their steps renders all models that there are by then.
        ("mfa", "0003_authenticator_type_uniq"),
        ("registry", "0001_initial"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name="AccountChange",
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
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="changes",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "what",
                            models.CharField(
                                choices=[
                                    ("password", "The password was changed"),
                                    (
                                        "link",
                                        "A link to choose a new password was made",
                                    ),
                                    (
                                        "factor_on",
                                        "The second step of signing in was set up",
                                    ),
                                    (
                                        "factor_off",
                                        "The second step of signing in was taken off",
                                    ),
                                    ("codes", "New recovery codes were made"),
                                    ("key_on", "A passkey was added"),
                                    ("key_off", "A passkey was taken off"),
                                ],
                                max_length=10,
                            ),
                        ),
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
                        ("language", models.CharField(max_length=2)),
                        ("at", models.DateTimeField()),
                        ("seen_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("by", None),
                                    models.Q(("by", models.F("user")), _negated=True),
                                    _connector="OR",
                                ),
                                name="accountchange_by_somebody_else_or_nobody",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Posting",
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="postings",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="postings",
                                to="registry.organization",
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("clerk", "Clerk"),
                                    ("staff", "Staff"),
                                    ("lead", "Lead"),
                                    ("overseer", "Overseer"),
                                    ("administrator", "Administrator"),
                                ],
                                max_length=13,
                            ),
                        ),
                        ("valid_from", models.DateTimeField()),
                        ("valid_to", models.DateTimeField(null=True)),
                        (
                            "deputy_for",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deputies",
                                to="accounts.posting",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to", None),
                                    ("valid_to__gt", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="posting_ends_after_it_begins",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("deputy_for", None),
                                    ("valid_to__isnull", False),
                                    _connector="OR",
                                ),
                                name="posting_of_a_deputy_ends",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("valid_to", None)),
                                fields=("user", "organization"),
                                name="posting_one_current_per_user_and_organization",
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
                            "user",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="invitation",
                                to=settings.AUTH_USER_MODEL,
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
                        (
                            "token_digest",
                            models.BinaryField(max_length=32, unique=True),
                        ),
                        ("token_sealed", models.BinaryField(null=True)),
                        ("language", models.CharField(default="vi", max_length=2)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("used_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("expires_at__gt", models.F("created_at"))
                                ),
                                name="invitation_ends_after_it_begins",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("used_at", None),
                                    ("token_sealed", None),
                                    _connector="OR",
                                ),
                                name="invitation_used_keeps_no_token",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SignIn",
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
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="sign_ins",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("key_sealed", models.BinaryField()),
                        ("device", models.CharField(blank=True, max_length=40)),
                        ("started_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="OneTimeCode",
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
                            "purpose",
                            models.CharField(
                                choices=[
                                    ("look_up", "Look Up"),
                                    ("telephone", "Telephone"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("subject_digest", models.BinaryField(max_length=32)),
                        ("person", models.BigIntegerField(null=True)),
                        ("telephone_sealed", models.BinaryField(null=True)),
                        (
                            "telephone_digest",
                            models.BinaryField(max_length=32, null=True),
                        ),
                        ("code_sealed", models.BinaryField(null=True)),
                        ("code_mac", models.BinaryField(max_length=32)),
                        ("language", models.CharField(default="vi", max_length=2)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("used_at", models.DateTimeField(null=True)),
                        ("sent_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["subject_digest", "-created_at"],
                                name="onetimecode_subject",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Deadline",
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
                            "code",
                            models.CharField(
                                choices=[
                                    ("contact_wait", "Contact Wait"),
                                    ("contact_hold", "Contact Hold"),
                                    ("request_answer", "Request Answer"),
                                    ("request_done", "Request Done"),
                                    ("request_extension", "Request Extension"),
                                ],
                                max_length=17,
                            ),
                        ),
                        ("amount", models.PositiveSmallIntegerField()),
                        (
                            "unit",
                            models.CharField(
                                choices=[
                                    ("hours", "Hours"),
                                    ("days", "Days"),
                                    ("working_days", "Working Days"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("valid_from", models.DateField()),
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
                                name="deadline_ends_after_it_begins",
                            ),
                            models.UniqueConstraint(
                                fields=("code", "valid_from"),
                                name="deadline_once_per_code_and_day",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ContactChange",
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
                        ("code", models.CharField(max_length=10, unique=True)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contact_changes",
                                to="registry.person",
                            ),
                        ),
                        (
                            "way",
                            models.CharField(
                                choices=[
                                    ("eid", "Eid"),
                                    ("both_phones", "Both Phones"),
                                    ("counter", "Counter"),
                                    ("paper", "Paper"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("document", models.CharField(blank=True, max_length=20)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("applied", "Applied"),
                                    ("stopped", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=7,
                            ),
                        ),
                        ("new_sealed", models.BinaryField()),
                        ("old_sealed", models.BinaryField(null=True)),
                        ("language", models.CharField(max_length=2)),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("requested_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("stoppable_until", models.DateTimeField()),
                        ("applied_at", models.DateTimeField(null=True)),
                        ("stopped_at", models.DateTimeField(null=True)),
                        (
                            "correction",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contact_change",
                                to="registry.correction",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("applied_at", None),
                                        ("correction", None),
                                        models.Q(("state", "applied"), _negated=True),
                                    ),
                                    models.Q(
                                        ("applied_at__isnull", False),
                                        ("correction__isnull", False),
                                        ("state__in", ["applied", "stopped"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="contactchange_applied_iff_it_was_written",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("by__isnull", False),
                                        ("way", "counter"),
                                        models.Q(("document", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("way", "counter"), _negated=True),
                                        ("by", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="contactchange_at_the_counter_by_staff",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "waiting")),
                                fields=("person",),
                                name="contactchange_one_waiting_per_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("state", "stopped"),
                                        ("stopped_at__isnull", False),
                                    ),
                                    models.Q(
                                        models.Q(("state", "stopped"), _negated=True),
                                        ("stopped_at", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="contactchange_stopped_iff_it_has_a_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ContactNotice",
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
                                related_name="notices",
                                to="accounts.contactchange",
                            ),
                        ),
                        ("is_to_old", models.BooleanField()),
                        (
                            "words",
                            models.CharField(
                                choices=[
                                    ("asked", "Asked"),
                                    ("done", "Done"),
                                    ("stopped", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("sent_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("change", "is_to_old", "words"),
                                name="contactnotice_once_per_end",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Assistance",
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
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
                        (
                            "way",
                            models.CharField(
                                choices=[
                                    ("counter", "At the counter"),
                                    ("phone", "By telephone"),
                                    ("paper", "By letter"),
                                ],
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
                            "document",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("card", "Identity card"),
                                    ("passport", "Passport"),
                                    ("birth", "Birth certificate"),
                                    ("insurance", "Health insurance card"),
                                    ("other", "Another paper with a photo"),
                                ],
                                max_length=9,
                            ),
                        ),
                        (
                            "purpose",
                            models.CharField(
                                choices=[
                                    ("report", "Report what is missing or wrong"),
                                    ("look", "See and print the doses"),
                                    ("contact", "Change the telephone on record"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("person", None),
                                    models.Q(
                                        ("way", "counter"),
                                        models.Q(("document", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="assistance_a_record_only_where_a_document_was_seen",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_at__gt", models.F("opened_at"))
                                ),
                                name="assistance_ends_after_it_begins",
                            ),
                        ],
                    },
                ),
                migrations.AddField(
                    model_name="user",
                    name="unseen_change",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.accountchange",
                    ),
                ),
            ],
        ),
    ]
