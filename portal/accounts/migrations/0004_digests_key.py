from django.db import migrations, models


class Migration(migrations.Migration):
    """Under which index key the digests of staff are made."""

    dependencies = [("accounts", "0003_deadlines")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="digests_key",
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
