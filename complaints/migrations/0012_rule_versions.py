"""A switch is of one version of a rule; its threshold the rule's own if none is set."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0011_taken_back")]

    operations = [
        migrations.AddField(
            model_name="ruleswitch",
            name="version",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="ruleswitch",
            name="least_precision",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
