"""What the chaos run holds against a portal, it would find."""

import time

from tests.faults.watching import GRACE_SECONDS, Outages, told


def test_an_error_page_is_excused_by_a_shut_door_only():
    door = {"open": True}
    outages = Outages(lambda: door["open"])
    before = time.monotonic() - 60
    assert outages.outside([(before, before + 1, "early")]) == ["early"]

    door["open"] = False
    outages.begin()
    assert not outages.look()
    now = time.monotonic()
    assert outages.outside([(now, now + 30, "shut"), (before, before, "early")]) == [
        "early"
    ]

    door["open"] = True
    assert outages.look()
    late = time.monotonic() + GRACE_SECONDS + 1
    assert outages.outside([(late, late, "late"), (now, now, "shut")]) == ["late"]


def test_a_word_in_any_log_is_found_and_not_repeated(tmp_path):
    said = '{"event": "request"}\n'
    (tmp_path / "web.log").write_text(said, encoding="utf-8")
    (tmp_path / "worker.log.1").write_text("to HOÀNG Yến", encoding="utf-8")

    assert told(tmp_path, {"names": ["Hoàng Yến"], "codes": ["0001"]}) == [
        "worker.log.1: names"
    ]
    (tmp_path / "web.log").write_text("", encoding="utf-8")
    assert told(tmp_path, {}) == ["web.log holds no request"]
