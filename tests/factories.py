"""Plain makers of rows: only what the test names differs from the usual."""

import itertools
import uuid
from datetime import UTC, date, datetime

from complaints.actions import intake
from complaints.choices import Field, Kind
from complaints.models import Complaint
from portal.accounts import invitations
from portal.accounts.models import Posting, User
from portal.common import crypto, names
from portal.registry import corrections
from portal.registry.corrections import Warrant
from portal.registry.models import (
    AdministrativeUnit,
    Dose,
    Organization,
    Person,
    PopulationEntry,
    Product,
    Proposal,
)

NOON = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
LONG_AGO = datetime(2021, 1, 1, tzinfo=UTC)
TEST_WARRANT = Warrant("import", "test")
_count = itertools.count(1)


def make_unit(code="N79", *, name="Thành phố Hồ Chí Minh", parent=None, **facts):
    """Make a unit in force, a province unless it has a parent."""
    facts = {
        "epoch": "new",
        "level": "commune" if parent else "province",
        "valid_from": date(2025, 7, 1),
        **facts,
    }
    unit, _ = AdministrativeUnit.objects.get_or_create(
        code=code,
        defaults={
            "name": name,
            "folded": names.fold(name),
            "sort_key": names.sort_key(name),
            "parent": parent,
            "path": f"{parent.path if parent else '/'}{code}/",
            **facts,
        },
    )
    return unit


def make_root():
    """Return the ministry, at the root of the tree."""
    root, _ = Organization.objects.get_or_create(
        code="VN",
        defaults={
            "kind": "ministry",
            "name": "Bộ Y tế",
            "folded": "bo y te",
            "sort_key": "bo y te",
            "path": "/vn/",
            "opened_on": date(1945, 9, 2),
        },
    )
    return root


def make_organization(code=None, *, parent=None, kind="health_station", **facts):
    """Make an open organization below the ministry or another one."""
    code = code or f"TYT-{next(_count):05}"
    parent = parent or make_root()
    name = facts.pop("name", f"Trạm Y tế {code}")
    return Organization.objects.create(
        code=code,
        kind=kind,
        name=name,
        folded=names.fold(name),
        sort_key=names.sort_key(name),
        parent=parent,
        path=f"{parent.path}{code.lower()}/",
        gives_doses=facts.pop("gives_doses", True),
        opened_on=facts.pop("opened_on", date(2000, 1, 1)),
        **facts,
    )


def make_staff(organization, role="staff", *, username=None, **facts):
    """Make a member of staff with one posting since long ago."""
    user = User.objects.create_user(
        username or f"cb{next(_count)}",
        password="dung-de-lo-1",
        full_name=facts.pop("full_name", "Cán Bộ Thử"),
        **facts,
    )
    Posting.objects.create(
        user=user, organization=organization, role=role, valid_from=LONG_AGO
    )
    return user


def opened_by(maker, user, *, at):
    """Let one account have been opened anew by another: a link for its password."""
    invitations.issue(user=user, language="vi", by=maker, at=at)


def make_product(code="AZ", name="AstraZeneca"):
    """Return a product."""
    product, _ = Product.objects.get_or_create(
        code=code, defaults={"name": name, "maker": "Thử"}
    )
    return product


def make_person(
    full_name="Nguyễn Thị Thử",
    *,
    born_on="1958-03-08",
    sex="F",
    national_id="079158012345",
    phone="+84900000215",
    residence=None,
):
    """Make a person as corrections would."""
    facts = {"full_name": full_name, "born_on": born_on, "sex": sex}
    facts |= {"national_id": national_id} if national_id else {}
    facts |= {"phone": phone} if phone else {}
    person, _ = corrections.add_person(facts, warrant=TEST_WARRANT, at=LONG_AGO)
    if residence is not None:
        with corrections.writing("imports"):
            Person.objects.filter(pk=person.pk).update(residence=residence)
        person.refresh_from_db()
    return person


def make_dose(person, site, *, given_on="2021-08-12", product=None, **facts):
    """Add a dose to a person's record."""
    product = product or make_product()
    dose, _ = corrections.add_dose(
        person.pk,
        {
            "given_on": given_on,
            "product": product.code,
            "site": site.code,
            "lot": "ABX4471",
            "dose_number": "1",
            **facts,
        },
        warrant=TEST_WARRANT,
        at=LONG_AGO,
    )
    return dose


def make_pair(person, holder, *, kind="people", **facts):
    """Make a proposal before an organization: two records of one person, say."""
    if kind == "people":
        if "other_person" not in facts:
            facts["other_person"] = make_person(national_id="", phone="")
        facts.setdefault(
            "evidence", {"levels": {"name": "equal", "birth": "equal"}, "doubts": []}
        )
    return Proposal.objects.create(
        kind=kind,
        person=person,
        organization=holder,
        path=holder.path,
        found_at=LONG_AGO,
        **{"strength": 2, **facts},
    )


def make_orphan(name, site, *, given_on="2021-10-07", **facts):
    """Make a dose that stands on nobody's record."""
    with corrections.writing("imports"):
        return Dose.objects.create(
            given_on=given_on,
            product=facts.pop("product", None) or make_product(),
            site=site,
            name_recorded=name,
            recorded_at=LONG_AGO,
            **facts,
        )


def knows(number, full_name, born_on, sex):
    """Let the population database know somebody."""
    return PopulationEntry.objects.create(
        number_digest=crypto.digest("population", number),
        name_key=names.tone_key(full_name),
        born_on=date.fromisoformat(born_on),
        sex=sex,
    )


def sender_for(person=None, **facts):
    """Return who reports: the person on record, or somebody without a record."""
    usual = {
        "full_name": person.full_name if person else "Trần Văn Không",
        "born_on": person.born_on if person else date(1990, 5, 6),
        "sex": person.sex if person else "M",
        "national_id": "",
        "phone": "+84900000215",
        "person_id": person.pk if person else None,
    }
    return intake.Sender(**usual | facts)


def missing_dose(site=None, *, given_on="2021-10-07", product="AZ", **facts):
    """Return the matter of a dose that was given and never recorded."""
    claims = {Field.GIVEN_ON: given_on, Field.PRODUCT: product}
    if site is not None:
        claims[Field.SITE] = site.code
    return intake.Matter(
        kind=Kind.MISSING_DOSE,
        claims={str(field): value for field, value in claims.items()},
        site_id=site.pk if site else None,
        given_on=date.fromisoformat(given_on),
        **facts,
    )


def submit(*matters, sender=None, key=None, at=NOON, **facts):
    """Send matters as a citizen would; return the submission's result."""
    return intake.submit(
        key=key or uuid.uuid4(),
        sender=sender or sender_for(),
        matters=list(matters),
        at=at,
        **facts,
    )


def only_complaint(submitted) -> Complaint:
    """Return the one complaint of what was sent."""
    return submitted.submission.complaints.select_related("submission", "holder").get()
