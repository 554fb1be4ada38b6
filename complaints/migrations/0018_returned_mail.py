from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0017_channels_and_words")]

    operations = [
        migrations.AddField(
            model_name="mailaddress",
            name="bounced_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="mailaddress",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
    ]
