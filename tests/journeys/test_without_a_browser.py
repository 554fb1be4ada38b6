"""The whole way over plain HTTP: real PostgreSQL, Redis, Celery and web server."""

import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journeys.visitor import (
    Visitor,
    last_code_at,
    messages,
    newest_code,
    wait_until,
)

pytestmark = pytest.mark.stack
FIFTY = 50


def day_fields(name, iso):
    year, month, day = iso.split("-")
    return {f"{name}_0": day, f"{name}_1": month, f"{name}_2": year}


def look_up(portal, person, *, national_id=None) -> Visitor:
    """Look up a record as its owner, up to the record page."""
    visitor = Visitor(portal.base)
    before = last_code_at(portal.base, person["phone"])
    visitor.get("/tra-cuu/").send(
        national_id=national_id or person["national_id"],
        **day_fields("born_on", person["born_on"]),
    )
    code = newest_code(portal.base, person["phone"], after=before)
    visitor.send(code=code)
    assert visitor.url.endswith("/tra-cuu/ket-qua/"), visitor.text
    return visitor


def sign_in(portal, member) -> Visitor:
    visitor = Visitor(portal.base)
    visitor.get("/dang-nhap/").send(
        username=member["username"], password=member["password"]
    )
    assert "/lam-viec/" in visitor.url, visitor.text
    return visitor


def report_missing(visitor, *, site_text, given_on="2021-10-07") -> str:
    """Report a missing dose in the four steps; return the code of the submission."""
    visitor.get(next(a for a in visitor.links if "/bao-sai/" in a and "missing" in a))
    if visitor.url.endswith("/loai/"):
        visitor.send(kind="missing_dose")
    typed = {**day_fields("given_on", given_on), "product": "vaxzevria"}
    visitor.send(button=("action", "find"), site_text=site_text, **typed)
    form = next(f for f in visitor.forms if "site" in f.choices)
    visitor.send(button=("action", "go"), site=form.choices["site"][0])
    assert visitor.url.endswith("/lien-he/"), visitor.text
    visitor.send(phone="")
    assert visitor.url.endswith("/kiem-tra/"), visitor.text
    visitor.send(at=None, key=_key(visitor))
    assert visitor.url.endswith("/da-gui/"), visitor.text
    return re.search(r"\d{4} \d{4} \d{2}", visitor.text).group().replace(" ", "")


def _key(visitor) -> str:
    return next(f.values["key"][0] for f in visitor.forms if "key" in f.values)


def track(portal, code, phone) -> Visitor:
    visitor = Visitor(portal.base)
    visitor.get("/theo-doi/").send(code=code, phone_last4=phone[-4:])
    return visitor


def test_a_missing_dose_from_look_up_to_corrected_record(portal):
    person = portal.citizen("Both doses missing")
    visitor = look_up(portal, person)
    code = report_missing(visitor, site_text="Phường Cẩm Thượng Hải Dương")

    # The station closed in the reform; the one of Phường Thành Đông took over.
    wait_until(lambda: "Thành Đông" in track(portal, code, person["phone"]).text)
    nurse = sign_in(portal, portal.staff("TYT-N10507", "staff"))
    lead = sign_in(portal, portal.staff("TYT-N10507", "lead"))
    nurse.get(f"/lam-viec/ho-so/{code}-1/")
    assert nurse.status == 200, "the case is with another station"
    _uphold(nurse)
    overseer = sign_in(portal, portal.staff("VN", "overseer"))
    before = _resolved(overseer)
    lead.get(f"/lam-viec/ho-so/{code}-1/").send(at="/dong-y/")

    ended = track(portal, code, person["phone"])
    assert "Đã sửa" in ended.text
    again = look_up(portal, person)
    assert "07/10/2021" in again.text
    anonymous = Visitor(portal.base).get(f"/lam-viec/ho-so/{code}-1/")
    assert "/dang-nhap/" in anonymous.url
    stranger = sign_in(portal, portal.staff("TYT-N00004", "staff"))
    assert stranger.get(f"/lam-viec/ho-so/{code}-1/").status == 404
    # Figures are counted anew every 20 seconds.
    wait_until(lambda: _resolved(overseer) == before + 1, seconds=60)
    assert re.search(r"\(trung vị\) \d", overseer.text), "no word of how long it took"
    overseer.get(f"/quan-tri/ho-so/?{STATION}&group=resolved")
    assert f"{code[:4]} {code[4:8]} {code[8:]}-1" in overseer.text


STATION = "organization=TYT-N10507&cohort=closed"


def _resolved(overseer) -> int:
    """Return how many cases of the station the figures say were resolved."""
    overseer.get(f"/quan-tri/chi-tiet/?{STATION}")
    return int(re.search(r"Đã giải quyết \d+ (\d+)", overseer.text).group(1))


def _uphold(nurse) -> None:
    """Decide every point as claimed."""
    form = next(
        f for f in nurse.forms if any(n.startswith("verdict_") for n in f.choices)
    )
    verdicts = {n: "upheld" for n in form.choices if n.startswith("verdict_")}
    nurse.send(at="/ghi/", **verdicts)
    assert nurse.status == 200, nurse.text


def test_the_zero_that_a_spreadsheet_ate_is_put_back_at_once(portal):
    person = portal.citizen("The zero that a spreadsheet ate")
    visitor = look_up(portal, person)
    visitor.get(next(a for a in visitor.links if "wrong_person" in a))
    visitor.send(button=("action", "go"), national_id=person["national_id"])
    assert visitor.url.endswith("/lien-he/"), visitor.text
    visitor.send(phone="")
    wait_until(lambda: "Có thể sửa ngay" in _look_again(visitor).text)
    visitor.send(key=_key(visitor))
    assert "Đã sửa xong" in visitor.text
    code = re.search(r"\d{4} \d{4} \d{2}", visitor.text).group().replace(" ", "")

    page = wait_until(
        lambda: (
            page
            if "Đã sửa" in (page := track(portal, code, person["phone"])).text
            else None
        )
    )
    assert page.status == 200
    told = wait_until(
        lambda: [
            m for m in messages(portal.base, person["phone"]) if "da sua" in m["text"]
        ]
    )
    assert len(told) == 1


def _look_again(visitor):
    """See on the check page whether the population database answered."""
    again = [f for f in visitor.forms if f.action.endswith("/xem-lai/")]
    return visitor.post(again[0].action, again[0].values) if again else visitor


def test_fifty_posts_of_one_form_at_once_make_one_submission(portal):
    person = portal.citizen("All is right")
    visitor = look_up(portal, person)
    visitor.get(next(a for a in visitor.links if "/bao-sai/" in a and "missing" in a))
    if visitor.url.endswith("/loai/"):
        visitor.send(kind="missing_dose")
    visitor.send(
        button=("action", "go"),
        site="none",
        site_text="Trường Thử, Hà Nội",
        product="vaxzevria",
        **day_fields("given_on", "2021-12-01"),
    )
    visitor.send(phone="")
    form = next(f for f in visitor.forms if "key" in f.values)
    uuid.UUID(form.values["key"][0])
    url = visitor.url
    ready = threading.Barrier(FIFTY)

    def press(_):
        twin = Visitor(portal.base, timeout=60)
        for cookie in visitor.cookies:
            twin.cookies.set_cookie(cookie)
        # Nobody begins before all are there.
        ready.wait(60)
        twin.post(url, form.values)
        return re.search(r"\d{4} \d{4} \d{2}", twin.text).group()

    with ThreadPoolExecutor(FIFTY) as pool:
        codes = list(pool.map(press, range(FIFTY)))

    assert codes == [codes[0]] * FIFTY


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_look_up_answers_the_same_whether_or_not_a_record_exists(portal, known):
    person = portal.citizen("All is right")
    number = person["national_id"] if known else "001195999999"
    visitor = Visitor(portal.base)
    visitor.get("/tra-cuu/").send(
        national_id=number, **day_fields("born_on", person["born_on"])
    )
    assert visitor.url.endswith("/tra-cuu/xac-thuc/")
    assert visitor.status == 200
    assert person["full_name"] not in visitor.text


def test_a_code_alone_shows_nothing(portal):
    known = portal.demo["submissions"][0]
    visitor = Visitor(portal.base).get(f"/theo-doi/{known['code']}/")
    assert visitor.url.endswith(f"/t/{known['code']}/")
    assert "phone_last4" in visitor.html
    wrong = "0000" if known["phone_last4"] != "0000" else "1111"
    visitor.get("/theo-doi/").send(code=known["code"], phone_last4=wrong)
    assert visitor.status == 422
    right = Visitor(portal.base)
    right.get("/theo-doi/").send(code=known["code"], phone_last4=known["phone_last4"])
    assert right.status == 200
    assert right.url.endswith(f"/theo-doi/{known['code']}/")


def test_who_has_the_digits_may_come_back_as_often_as_they_like(portal):
    known = portal.demo["submissions"][1]
    for _ in range(12):
        assert track(portal, known["code"], known["phone_last4"]).status == 200
