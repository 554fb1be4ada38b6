import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_deadlines"),
        ("complaints", "0003_policy"),
    ]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="moved_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.contactchange",
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("moved_by__isnull", False)),
                fields=["moved_by"],
                name="submission_moved",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="complaint",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="complaints.complaint",
            ),
        ),
    ]
