"""Cases opened in an emergency are listed for review with the unusual looks."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0026_traces"),
        ("registry", "0007_digests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="accesssign",
            name="event",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="complaints.event",
            ),
        ),
        migrations.AddField(
            model_name="accesssign",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="accesssign",
            name="rule",
            field=models.CharField(
                choices=[
                    ("own", "Own record, or one of the own household"),
                    ("many", "Many different people within an hour"),
                    ("at_night", "Outside office hours"),
                    ("no_case", "People with whom the unit has nothing to do"),
                    ("sought", "One person looked up by many accounts"),
                    ("glass", "Opened in an emergency"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="accesssign",
            index=models.Index(
                condition=models.Q(("rule", "glass"), ("told_at", None)),
                fields=["id"],
                name="accesssign_to_tell",
            ),
        ),
        migrations.AddConstraint(
            model_name="accesssign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("event__isnull", False),
                        ("rule", "glass"),
                        ("user__isnull", False),
                    ),
                    models.Q(
                        models.Q(("rule", "glass"), _negated=True),
                        ("event", None),
                        ("told_at", None),
                    ),
                    _connector="OR",
                ),
                name="accesssign_of_an_emergency_iff_it_has_an_event",
            ),
        ),
    ]
