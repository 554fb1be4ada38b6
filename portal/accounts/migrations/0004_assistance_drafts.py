from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_deadlines")]

    operations = [
        migrations.AddField(
            model_name="assistance",
            name="drafts",
            field=models.JSONField(default=list),
        )
    ]
