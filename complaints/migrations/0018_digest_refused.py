"""A reminder that no server will ever take is noted, and what a letter took over."""

from django.db import migrations, models
from django.db.models import PROTECT, ForeignKey, Index, Q


class Migration(migrations.Migration):
    dependencies = [("complaints", "0017_first_answers_and_outcomes")]

    operations = [
        migrations.AddField(
            model_name="digest",
            name="since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="digest",
            name="refused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="digest",
            index=Index(
                name="digest_refused",
                fields=["refused_at"],
                condition=Q(refused_at__isnull=False),
            ),
        ),
        migrations.AlterField(
            model_name="reached",
            name="organization",
            field=ForeignKey(
                to="registry.organization",
                on_delete=PROTECT,
                null=True,
                related_name="+",
                db_index=False,
            ),
        ),
        migrations.AddIndex(
            model_name="reached",
            index=Index(name="reached_told", fields=["organization", "told_at"]),
        ),
        migrations.AddIndex(
            model_name="reached",
            index=Index(
                name="reached_nobody",
                fields=["told_at"],
                condition=Q(told=0, organization__isnull=False),
            ),
        ),
    ]
