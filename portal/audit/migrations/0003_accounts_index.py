"""An index over what was done to accounts, for the signature of a second person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_guards")]
    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("subject", "accounts.user"), ("verb", "change")),
                fields=["subject_id", "actor_id"],
                name="entry_account",
            ),
        ),
    ]
