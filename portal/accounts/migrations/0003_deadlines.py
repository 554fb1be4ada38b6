"""The deadlines in force: the law's for requests, the portal's for new telephones."""

from datetime import date

from django.db import migrations

OURS = "Quy trình của cổng, áp dụng từ ngày mở cổng"
DECREE = "Nghị định 356/2025/NĐ-CP, hiệu lực từ 01/01/2026"
ROWS = (
    ("contact_wait", 72, "hours", date(2021, 3, 8), OURS),
    ("contact_hold", 72, "hours", date(2021, 3, 8), OURS),
    ("request_answer", 2, "working_days", date(2026, 1, 1), DECREE),
    ("request_done", 15, "days", date(2026, 1, 1), DECREE),
    ("request_extension", 15, "days", date(2026, 1, 1), DECREE),
)


def load(apps, schema_editor):
    for code, amount, unit, valid_from, source in ROWS:
        apps.get_model("accounts", "Deadline").objects.get_or_create(
            code=code,
            valid_from=valid_from,
            defaults={"amount": amount, "unit": unit, "source": source},
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
