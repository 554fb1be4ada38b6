"""What is in force from the first day: terms, office and quiet hours, the ladder."""

from datetime import date, time

from django.db import migrations

FIRST_DAY = date(2021, 3, 8)
DISPATCH = "Công văn 9458/BYT-CNTT"
# Clock, percent of the time, levels above the holder, whether that one joins in.
# Remind at half and nine tenths; who stands above hears of what is overdue.
RUNGS = (
    ("answer", 100, 0, False),
    ("repair", 50, 0, False),
    ("repair", 90, 0, False),
    ("repair", 100, 0, False),
    ("repair", 100, 1, False),
    ("repair", 150, 2, True),
)


def load(apps, schema_editor):
    """Load what is not there: 48 hours, once extended by as long again."""

    def put(name, **values):
        key = {"valid_from": FIRST_DAY}
        if "organization" in values:
            key["organization"] = values.pop("organization")
        model = apps.get_model("complaints", name)
        return model.objects.get_or_create(**key, defaults=values)

    apps.get_model("complaints", "Policy").objects.get_or_create(
        kind="",
        valid_from=FIRST_DAY,
        defaults={
            "repair_hours": 48,
            "first_answer_hours": 24,
            "extension_hours": 48,
            "pause_days": 10,
            "disagree_days": 30,
            "source": f"{DISPATCH}, 08/11/2021",
        },
    )
    put(
        "OfficeHours",
        organization=None,
        weekdays=[0, 1, 2, 3, 4],
        begins=time(7, 30),
        break_begins=time(11, 30),
        break_ends=time(13),
        ends=time(17),
        source="Giờ hành chính thường dùng; đơn vị ghi giờ riêng nếu khác",
    )
    put(
        "QuietHours",
        begins=time(21),
        ends=time(7),
        source="Giờ của đường dây hỗ trợ: 7 giờ đến 21 giờ",
    )
    ladder, is_new = put("Ladder", source=f"{DISPATCH}: 48 giờ; các mức nhắc của cổng")
    if is_new:
        rung = apps.get_model("complaints", "Rung").objects
        for clock, share, levels, hands_up in RUNGS:
            rung.create(
                ladder=ladder,
                clock=clock,
                share=share,
                levels=levels,
                hands_up=hands_up,
            )


class Migration(migrations.Migration):
    dependencies = [("complaints", "0002_guards")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
