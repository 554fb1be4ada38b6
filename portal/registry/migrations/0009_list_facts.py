"""What staff say once for a whole list: day, vaccine and lot of its doses."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0008_taken_of_person")]

    operations = [
        migrations.AddField(
            model_name="sessionlist",
            name="facts",
            field=models.JSONField(null=True),
        ),
    ]
