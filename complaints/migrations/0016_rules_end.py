"""A policy, a ladder and office hours can be withdrawn before their day, and ended."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

ENDED_BY_SOMEBODY = Q(ended_by=None, ended_at=None) | Q(
    ended_by__isnull=False, ended_at__isnull=False, valid_to__isnull=False
)
# Model, its constraints of before, fields of which one row begins a day, names of now.
RULES = (
    (
        "policy",
        ["policy_once_per_reach_and_day", "policy_ends_after_it_begins"],
        ["kind", "level", "organization", "valid_from"],
        [
            "policy_once_per_reach_and_day",
            "policy_does_not_end_before_it_begins",
            "policy_ended_by_somebody",
        ],
    ),
    (
        "officehours",
        [
            "officehours_once_per_organization_and_day",
            "officehours_valid_to_after_from",
        ],
        ["organization", "valid_from"],
        [
            "officehours_once_per_organization_and_day",
            "officehours_do_not_end_before_they_begin",
            "officehours_ended_by_somebody",
        ],
    ),
    (
        "ladder",
        ["ladder_ends_after_it_begins"],
        ["valid_from"],
        [
            "ladder_once_per_day",
            "ladder_does_not_end_before_it_begins",
            "ladder_ended_by_somebody",
        ],
    ),
)


def of(model, before, fields, names):
    """Yield what one of them takes."""
    once, order, by = names
    for name in before:
        yield migrations.RemoveConstraint(model, name)
    yield migrations.AddField(model, "ended_at", models.DateTimeField(null=True))
    yield migrations.AddField(
        model,
        "ended_by",
        models.ForeignKey(
            settings.AUTH_USER_MODEL,
            django.db.models.deletion.PROTECT,
            null=True,
            related_name="+",
            db_index=False,
        ),
    )
    distinct = {"nulls_distinct": False} if len(fields) > 1 else {}
    yield migrations.AddConstraint(
        model,
        models.UniqueConstraint(
            name=once, fields=fields, condition=Q(ended_at=None), **distinct
        ),
    )
    yield migrations.AddConstraint(
        model,
        models.CheckConstraint(
            name=order, condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from"))
        ),
    )
    yield migrations.AddConstraint(
        model, models.CheckConstraint(name=by, condition=ENDED_BY_SOMEBODY)
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("complaints", "0015_disputed"),
    ]

    operations = [
        *(operation for rule in RULES for operation in of(*rule)),
        migrations.AlterField("ladder", "valid_from", models.DateField()),
    ]
