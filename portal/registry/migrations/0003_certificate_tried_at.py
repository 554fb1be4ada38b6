"""When a new certificate was last tried for in the place of a revoked one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_guards")]

    operations = [
        migrations.AddField("certificate", "tried_at", models.DateTimeField(null=True)),
    ]
