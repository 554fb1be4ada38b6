"""The indexes that spare figures the table hold what is counted since."""

from django.db import migrations, models
from django.db.models import Q

COUNTED = (
    "kind",
    "channel",
    "is_open",
    "is_resolved",
    "is_on_time",
    "is_lapsed",
    "is_left_late",
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
)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0005_figures_of_what_left")]
    operations = [
        migrations.RemoveIndex("measure", "measure_by_sending"),
        migrations.AddIndex(
            "measure",
            models.Index(
                name="measure_by_sending",
                fields=["holder", "sent_on"],
                include=COUNTED,
            ),
        ),
        migrations.RemoveIndex("measure", "measure_by_ending"),
        migrations.AddIndex(
            "measure",
            models.Index(
                name="measure_by_ending",
                fields=["holder", "ended_on"],
                include=COUNTED,
                condition=Q(ended_on__isnull=False),
            ),
        ),
    ]
