"""Figures by channel, and what citizens say of how their case was handled."""

from django.db import migrations, models

# What was measured so far knows neither. The next refresh finds no mark and measures
# all from nothing (some four minutes a million). Row policies hide all rows from
# whoever opens none.
FORGET = """
SELECT set_config('app.scope', 'system', true);
DELETE FROM complaints_subtreefigure;
DELETE FROM complaints_figure;
DELETE FROM complaints_measure;
DELETE FROM complaints_watermark WHERE name = 'figures';
SELECT set_config('app.scope', '', true);
"""
CHANNELS = [
    ("self", "By the citizen"),
    ("counter", "At the counter"),
    ("phone", "By telephone"),
    ("paper", "By letter"),
]
COUNTED = (
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
)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0016_drawn_once")]

    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="measure",
            name="channel",
            field=models.CharField(choices=CHANNELS, db_default="self", max_length=7),
        ),
        migrations.AddField(
            model_name="measure",
            name="rating",
            field=models.CharField(
                blank=True,
                choices=[("good", "Good"), ("fair", "Fair"), ("poor", "Poor")],
                db_default="",
                max_length=4,
            ),
        ),
        *(
            migrations.AddField(
                model_name=model,
                name=name,
                field=models.PositiveIntegerField(db_default=0),
            )
            for model in ("figure", "subtreefigure")
            for name in ("rated", "good", "poor")
        ),
        migrations.AddField(
            model_name="subtreefigure",
            name="channel",
            field=models.CharField(
                blank=True, choices=CHANNELS, db_default="", max_length=7
            ),
        ),
        migrations.RemoveConstraint(
            model_name="subtreefigure", name="subtree_figure_once"
        ),
        migrations.AddConstraint(
            model_name="subtreefigure",
            constraint=models.UniqueConstraint(
                fields=("organization", "cohort", "month", "kind", "channel"),
                name="subtree_figure_once",
            ),
        ),
        migrations.RemoveIndex(model_name="measure", name="measure_by_sending"),
        migrations.RemoveIndex(model_name="measure", name="measure_by_ending"),
        migrations.RemoveIndex(model_name="measure", name="measure_open"),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(
                fields=["holder", "sent_on"],
                include=COUNTED,
                name="measure_by_sending",
            ),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(
                condition=models.Q(("ended_on__isnull", False)),
                fields=["holder", "ended_on"],
                include=COUNTED,
                name="measure_by_ending",
            ),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(
                condition=models.Q(("is_open", True)),
                fields=["holder", "sent_on"],
                include=("kind", "channel", "spent", "runs_from", "is_untouched"),
                name="measure_open",
            ),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(fields=["at"], name="rating_newest"),
        ),
    ]
