"""What a list knows more of a person can be taken from a row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_list_rows_that_wait")]

    operations = [
        migrations.AlterField(
            model_name="stagedrow",
            name="taken",
            field=models.CharField(
                blank=True,
                choices=[
                    ("list", "List"),
                    ("orphan", "Orphan"),
                    ("apart", "Apart"),
                    ("person", "Person"),
                ],
                db_default="",
                max_length=6,
            ),
        ),
    ]
