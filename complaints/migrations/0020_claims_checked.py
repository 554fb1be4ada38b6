"""Check what was there before 0014; this keeps nobody from reporting meanwhile."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("complaints", "0019_disputed_found_fast")]

    operations = [
        ValidateConstraint("claim", "claim_correction_only_if_upheld"),
        ValidateConstraint("claim", "claim_other_has_its_value"),
    ]
