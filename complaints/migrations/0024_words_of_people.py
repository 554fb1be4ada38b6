from django.db import migrations

from portal.common.fields import SealedTextField


class Migration(migrations.Migration):
    """The columns stay as they are; what is written from now on is sealed."""

    dependencies = [("complaints", "0023_light_queue")]

    operations = [
        migrations.AlterField(
            model_name="complaint",
            name="story",
            field=SealedTextField(
                blank=True, bound_to="complaint:story", max_length=2000
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="note",
            field=SealedTextField(blank=True, bound_to="event:note", max_length=4000),
        ),
    ]
