from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0007_counts_of_what_left")]

    operations = [
        migrations.AddField(
            "bulk", "is_part", models.BooleanField(default=False, db_default=False)
        ),
    ]
