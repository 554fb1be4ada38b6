"""The cases behind the country's first answers come page by page from an index."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("complaints", "0020_claims_checked")]

    operations = [
        migrations.AddIndex(
            "measure",
            models.Index(
                name="measure_answered",
                fields=["first_answer", "complaint"],
                condition=Q(first_answer__isnull=False),
            ),
        ),
    ]
