"""Bảo and "Bửu": one syllable wrong, two records, and the app said "not vaccinated"."""

import re

import pytest

from tests.journeys.test_stories import matters_of, send, staff_of
from tests.journeys.test_without_a_browser import look_up, track
from tests.journeys.visitor import messages, wait_until

pytestmark = pytest.mark.stack

OLD_CARD = "024618357"
OTHER_NAME = "Trần Thị Bửu Lộc"


def report_the_other_record(visitor, full_name):
    """Say that some doses stand on another record; return the code."""
    visitor.get("/tra-cuu/ket-qua/")
    visitor.get(next(a for a in visitor.links if "split_record" in a))
    visitor.send(full_name=full_name, national_id=OLD_CARD, story="Mũi 1, 11/8/2021")
    return send(visitor)


def test_a_record_split_by_one_syllable_is_joined(portal):
    bao = portal.citizen("Bảo and Bửu")
    visitor = look_up(portal, bao)
    assert "20/10/2021" in visitor.text
    assert "11/08/2021" not in visitor.text
    assert "còn thiếu" in visitor.text or "cần thêm" in visitor.text, visitor.text

    # She reports it, and once more with the name written without its accents.
    code = report_the_other_record(visitor, OTHER_NAME)
    again = report_the_other_record(visitor, "Tran Thi Buu Loc")
    assert again != code
    pretty = f"{code[:4]} {code[4:8]} {code[8:]}"
    assert any(f"/theo-doi/{code}/" in a for a in visitor.links), visitor.text

    (matter,) = matters_of(
        portal, code, bao["phone"], once=lambda found: "Đang ở:" in found[0]
    )
    assert "do nơi bạn cư trú giải quyết" in matter
    station = re.search(r"Đang ở: ([^.]+?)\s*(?:\.|Bạn|$)", matter)[1].strip()

    # The commune sees both records side by side; two people join them.
    nurse = staff_of(portal, station, "staff").get(f"/lam-viec/ho-so/{code}-1/")
    assert f"{OTHER_NAME}, 19/04/1987" in nurse.text
    assert "11/08/2021" in nurse.text
    # Her own words stand there, the claim and what she said again; no record's number.
    hers = r"<ins>.*?</ins>|<strong>[^<]*</strong>"
    assert OLD_CARD not in re.sub(hers, "", nurse.html)
    form = next(f for f in nurse.forms if "record" in f.choices)
    verdict = next(n for n in form.choices if n.startswith("verdict_"))
    nurse.send(at="/ghi/", **{verdict: "upheld"})
    assert nurse.status == 422, "nothing is joined before a record is chosen"
    record = next(f for f in nurse.forms if "record" in f.choices).choices["record"][0]
    nurse.send(at="/ghi/", **{verdict: "upheld"}, record=record)
    assert nurse.status == 200, nurse.text
    lead = staff_of(portal, station, "lead").get(f"/lam-viec/ho-so/{code}-1/")
    assert OTHER_NAME in lead.text
    lead.send(at="/dong-y/")

    wait_until(lambda: "Đã sửa" in track(portal, code, bao["phone"]).text)
    # A decision is told after the half minute in which it may be taken back.
    told = wait_until(
        lambda: _told(portal, bao["phone"], pretty, last="da sua"), seconds=90
    )
    assert told == ["Da nhan", "da chuyen den", "da sua"]

    # Either number finds the one record, with both doses and a word on certificates.
    for number in (bao["national_id"], OLD_CARD):
        joined = look_up(portal, bao, national_id=number)
        assert "11/08/2021" in joined.text
        assert "20/10/2021" in joined.text
        assert "Trần Thị Bảo Lộc" in joined.text
        assert "mang tên khác" not in joined.text
        assert "chứng nhận" in joined.text


def _told(portal, phone, code, *, last):
    """Return what was told of a matter, in order, once the last of it was."""
    texts = [m["text"] for m in reversed(messages(portal.base, phone))]
    found = [
        words
        for text in texts
        if code in text
        for words in re.findall("Da nhan|da chuyen den|da sua", text)
    ]
    return found if last in found else None
