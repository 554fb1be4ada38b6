"""Getting in without the old telephone, and at the counter, over plain HTTP."""

import pytest

from tests.journeys.test_without_a_browser import day_fields, report_missing, sign_in
from tests.journeys.visitor import Visitor, messages, wait_until

pytestmark = pytest.mark.stack


def with_eid(portal, person) -> Visitor:
    """Sign in at the demo's e-ID, which is a server of its own."""
    visitor = Visitor(portal.base)
    # It starts after the portal itself, which offers other ways meanwhile.
    wait_until(
        lambda: (
            visitor.get(f"{portal.base}/tra-cuu/can-cuoc/")
            .send(at="/can-cuoc/")
            .url.partition("?")[0]
            .endswith("/authorize")
        )
    )
    return visitor.send(
        button=("answer", "yes"),
        national_id=person["national_id"],
        name=person["full_name"],
        birthdate=person["born_on"],
    )


def test_the_eid_opens_the_record_changes_the_telephone_and_shows_who_looked(portal):
    person = portal.citizen("Both doses missing")
    visitor = with_eid(portal, person)
    assert visitor.url.endswith("/tra-cuu/ket-qua/"), visitor.text

    new = "+84977000111"
    visitor.get("/doi-so/").send(phone=new)
    code = wait_until(
        lambda: next((m["code"] for m in messages(portal.base, new) if m["code"]), "")
    )
    visitor.send(code=code)
    told = wait_until(
        lambda: next(
            (m for m in messages(portal.base, person["phone"]) if "/k/" in m["text"]),
            None,
        )
    )
    assert visitor.url.endswith("/tra-cuu/ket-qua/")
    visitor.get("/du-lieu-cua-toi/")
    assert "định danh điện tử" in visitor.text

    link = next(word for word in told["text"].split() if "/k/" in word)
    Visitor(portal.base).get(link).send(at=None, code=link.rstrip("/")[-10:])
    wait_until(
        lambda: [m for m in messages(portal.base, new) if "bi chan" in m["text"]]
    )


def test_somebody_without_a_telephone_is_helped_at_the_counter(portal):
    person = portal.citizen("Both doses missing")
    member = next(s for s in portal.demo["staff"] if s["role"] == "clerk")
    clerk = sign_in(portal, member)
    clerk.get("/lam-viec/lap-ho/").send(
        way="counter",
        document="card",
        purpose="report",
        national_id=person["national_id"],
        **day_fields("born_on", person["born_on"]),
    )
    assert clerk.url.endswith("/tra-cuu/ket-qua/"), clerk.text

    code = report_missing(clerk, site_text="Trạm Y tế", given_on="2021-11-09")

    assert "năm sinh" in clerk.text
    clerk.send(at="/lap-ho/xong/")
    home = Visitor(portal.base)
    home.get("/theo-doi/").send(
        code=code, phone_last4=person["born_on"][:4], full_name=person["full_name"]
    )
    assert code[:4] in home.text
    assert home.status == 200
