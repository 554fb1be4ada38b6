"""What staff take of a list, and who asked for what takes two people."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0014_reasons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="sessionlist",
            name="asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stagedrow",
            name="taken",
            field=models.CharField(
                blank=True,
                choices=[("list", "List"), ("orphan", "Orphan"), ("apart", "Apart")],
                db_default="",
                max_length=6,
            ),
        ),
    ]
