"""What tells that a case is that of a member of staff, or of the same household."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_invitations")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="phone_digest",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="number_digest",
            field=models.BinaryField(max_length=32, null=True),
        ),
    ]
