from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0018_returned_mail")]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="vouched_sealed",
            field=models.BinaryField(null=True),
        ),
    ]
