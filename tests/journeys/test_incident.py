"""The nurse with hundreds of cases after a list was never sent: over HTTP.

One upload, one decision by two people; each who reported is told once, and so are
those who never did.
"""

import pytest

from tests.journeys.test_without_a_browser import day_fields, look_up, sign_in, track
from tests.journeys.visitor import messages, wait_until

pytestmark = pytest.mark.stack
STATION, PLACE = "TYT-N10507", "Phường Thành Đông"
HEAD = "Họ và tên;Giới tính;Ngày sinh;Số CCCD;Điện thoại;Ngày tiêm;Vắc xin;Số lô;Mũi"
PEOPLE = [
    ("Lê Kim Ngân", "1961-02-11", "030161022341", "+84907100101"),
    ("Trần Mỹ Duyên", "1972-05-23", "030172043352", "+84907200202"),
    ("Phạm Bích Thủy", "1983-09-04", "030183064463", "+84907300303"),
    ("Đặng Phương Uyên", "1955-12-30", "030155085574", "+84907400404"),
    ("Võ Hoàng Oanh", "1968-07-19", "030168096685", "+84907500505"),
]
FIRST, SECOND = "2021-08-21", "2021-10-16"


def as_list(day, number):
    """Return the list of a session as a nurse saves it."""
    rows = [
        ";".join(
            [
                name,
                "Nữ",
                "/".join(reversed(born_on.split("-"))),
                id_number,
                f"0{phone[3:]}",
                "/".join(reversed(day.split("-"))),
                "AstraZeneca",
                "ABX6318",
                str(number),
            ]
        )
        for name, born_on, id_number, phone in PEOPLE
    ]
    return "\n".join([HEAD, *rows]).encode()


def report_second_dose(portal, who):
    """Look up the record, report the second dose as missing; return the code."""
    _name, born_on, number, phone = who
    visitor = look_up(
        portal, {"national_id": number, "born_on": born_on, "phone": phone}
    )
    visitor.get(next(a for a in visitor.links if "missing_dose" in a))
    typed = {**day_fields("given_on", SECOND), "product": "vaxzevria"}
    visitor.send(button=("action", "find"), site_text=PLACE, **typed)
    form = next(f for f in visitor.forms if "site" in f.choices)
    assert STATION in form.choices["site"], visitor.text
    visitor.send(button=("action", "go"), site=STATION)
    if visitor.url.endswith("/lien-he/"):
        visitor.send(phone="")
    assert visitor.url.endswith("/kiem-tra/"), visitor.text
    visitor.send(
        at=None,
        key=next(f.values["key"][0] for f in visitor.forms if "key" in f.values),
    )
    assert visitor.url.endswith("/da-gui/"), visitor.text
    code = next(a for a in visitor.links if "/theo-doi/" in a or "/t/" in a)
    return "".join(c for c in code if c.isdigit())


def send_list(nurse, path, name, content):
    nurse.get(path)
    nurse.send_file("file", name, content)
    return nurse.url


def told(portal, phone, words):
    return [m for m in messages(portal.base, phone) if words in m["text"]]


def test_one_upload_and_two_people_settle_all_reports_of_a_session(portal):
    nurse = sign_in(portal, portal.staff(STATION, "staff"))
    lead = sign_in(portal, portal.staff(STATION, "lead"))
    first = send_list(nurse, "/lam-viec/danh-sach/", "mui-1.csv", as_list(FIRST, 1))
    wait_until(lambda: "Đã kiểm tra" in nurse.get(first).text, seconds=90)
    nurse.send(at="/ghi/")
    wait_until(lambda: "Đã ghi" in nurse.get(first).text, seconds=90)

    codes = [report_second_dose(portal, who) for who in PEOPLE[:3]]
    title = "Phường Thành Đông, 16/10/2021"
    wait_until(lambda: title in nurse.get("/lam-viec/su-co/").text, seconds=90)
    incident = next(a for a in nurse.links if "/su-co/" in a and len(a) > 40)
    nurse.get(incident)
    assert all(f"{c[:4]} {c[4:8]} {c[8:]}" in nurse.text for c in codes)

    send_list(nurse, incident, "mui-2.csv", as_list(SECOND, 2))
    wait_until(lambda: "Đề xuất giải quyết" in nurse.get(incident).text, seconds=90)
    assert "Có dòng cho 3 trên 3 phản ánh" in nurse.text
    assert "2 mũi mới là của người chưa phản ánh" in nurse.text
    nurse.send(at="/de-xuat/")
    assert "/ky/" not in nurse.get(incident).html
    lead.get(incident).send(at="/ky/")
    assert "Rút lại quyết định" in lead.text

    wait_until(
        lambda: "Đã giải quyết 3 phản ánh" in lead.get(incident).text, seconds=120
    )
    for code, (_name, _born, _number, phone) in zip(codes, PEOPLE, strict=False):
        assert "Đã sửa" in track(portal, code, phone).text
    silent = PEOPLE[4]
    record = look_up(
        portal,
        {"national_id": silent[2], "born_on": silent[1], "phone": silent[3]},
    )
    assert "16/10/2021" in record.text
    for _name, _born, _number, phone in PEOPLE[:3]:
        wait_until(lambda phone=phone: told(portal, phone, "da sua"), seconds=90)
        assert len(told(portal, phone, "da sua")) == 1
        assert not told(portal, phone, "bo sung mui tiem")
    for _name, _born, _number, phone in PEOPLE[3:]:
        wait_until(lambda phone=phone: told(portal, phone, "bo sung mui"), seconds=90)
        assert len(told(portal, phone, "bo sung mui tiem")) == 1
