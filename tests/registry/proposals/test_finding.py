"""Proposals follow what changes: found, kept, gone, and never again once refused."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.registry import corrections
from portal.registry.models import Dose, MatchChange, Proposal
from portal.registry.proposals import deciding, finding
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_orphan,
    make_person,
    make_product,
    make_root,
    make_staff,
    make_unit,
)

pytestmark = pytest.mark.usefixtures("all_rows")
Kind, State = Proposal.Kind, Proposal.State


def open_pairs(kind):
    """Return the open pairs of a kind by what they are about."""
    rows = Proposal.objects.filter(kind=kind, state=State.OPEN).order_by("pk")
    fields = {
        Kind.OWNER: ("dose_id", "person_id"),
        Kind.PEOPLE: ("person_id", "other_person_id"),
        Kind.DOSES: ("dose_id", "other_dose_id"),
    }[kind]
    return list(rows.values_list(*fields))


def make_twice(**facts):
    """Make one person on two records, somewhere below the ministry."""
    make_root()
    return (
        make_person("Nghiêm Thị Thoa", **facts),
        make_person("NGHIEM THI THOA", born_on="1958-08-03", **facts),
    )


def double(person, site):
    """Enter a dose a second time, as a load would."""
    first = make_dose(person, site)
    with corrections.writing("imports"):
        second = Dose.objects.create(
            person=person,
            given_on=first.given_on,
            product=first.product,
            lot_number=first.lot_number,
            site=site,
            dose_number=1,
            recorded_at=NOON,
        )
    return first, second


def test_a_person_recorded_twice_is_proposed_once_with_the_evidence():
    one, other = make_twice()

    finding.run(at=NOON)
    again = finding.run(at=NOON, is_full=True)

    assert open_pairs(Kind.PEOPLE) == [(one.pk, other.pk)]
    pair = Proposal.objects.get(kind=Kind.PEOPLE)
    assert (pair.strength, pair.version) == (1, 1)
    assert pair.evidence["levels"]["birth"] == "swapped"
    assert again.found == again.gone == 0


def test_a_pair_that_is_corrected_apart_goes():
    one, _other = make_twice()
    finding.run(at=NOON)

    corrections.correct_person(
        one.pk,
        {
            "full_name": "Quách Văn Đông",
            "born_on": "1990-01-02",
            "sex": "M",
            "national_id": "001090055555",
            "phone": "+84900000888",
        },
        warrant=TEST_WARRANT,
        at=NOON,
    )
    report = finding.run(at=NOON)

    assert report.gone == 1
    assert open_pairs(Kind.PEOPLE) == []


def test_a_refused_pair_never_comes_back():
    make_twice()
    nurse = make_staff(make_organization())
    finding.run(at=NOON)
    pair = Proposal.objects.get(kind=Kind.PEOPLE)
    deciding.refuse(str(pair.ref), seen=pair.version, by=nurse.pk, at=NOON)

    finding.run(at=NOON, is_full=True)

    pair.refresh_from_db()
    assert pair.state == State.REFUSED
    assert Proposal.objects.filter(kind=Kind.PEOPLE).count() == 1


def test_a_dose_entered_twice_is_proposed_where_it_was_entered_later():
    site, person = make_organization(), make_person()
    first, second = double(person, site)

    finding.run(at=NOON)

    assert open_pairs(Kind.DOSES) == [(first.pk, second.pk)]
    pair = Proposal.objects.get(kind=Kind.DOSES)
    assert (pair.organization, pair.path, pair.strength) == (site, site.path, 1)


def test_an_orphan_waits_until_somebody_of_its_name_is_recorded():
    commune = make_unit("N1", parent=make_unit())
    site = make_organization(commune=commune)
    orphan = make_orphan("NGHIEM XUAN BACH", site)
    finding.run(at=NOON)
    assert open_pairs(Kind.OWNER) == [(orphan.pk, None)]

    owner = make_person("Nghiêm Xuân Bách", sex="M", national_id="")
    make_dose(owner, site, given_on="2021-07-20")
    finding.run(at=NOON)

    assert open_pairs(Kind.OWNER) == [(orphan.pk, owner.pk)]
    assert Proposal.objects.get(person=owner, kind=Kind.OWNER).organization == site


def test_the_likeliest_owner_leads_and_the_next_follows_once_it_is_refused():
    commune = make_unit("N1", parent=make_unit())
    site = make_organization(commune=commune)
    nurse = make_staff(site)
    near = make_person("Nghiêm Xuân Bách", sex="M", national_id="")
    far = make_person(
        "Nghiêm Xuân Bách", sex="M", national_id="", phone="", residence=commune
    )
    make_dose(near, site, given_on="2021-07-20")
    make_orphan("Nghiêm Xuân Bách", site)
    finding.run(at=NOON)
    leading = Proposal.objects.get(kind=Kind.OWNER, is_leading=True)
    assert leading.person_id == near.pk
    assert set(open_pairs(Kind.OWNER)) == {
        (leading.dose_id, near.pk),
        (leading.dose_id, far.pk),
    }

    deciding.refuse(str(leading.ref), seen=leading.version, by=nurse.pk, at=NOON)
    finding.run(at=NOON)

    assert Proposal.objects.get(kind=Kind.OWNER, is_leading=True).person_id == far.pk


def test_an_orphan_that_finds_its_owner_another_way_is_proposed_no_more():
    site = make_organization()
    owner = make_person("Nghiêm Xuân Bách", sex="M", national_id="")
    orphan = make_orphan("Nghiêm Xuân Bách", site)
    finding.run(at=NOON)

    corrections.attach(orphan.pk, to=owner.pk, warrant=TEST_WARRANT, at=NOON)
    finding.run(at=NOON)

    assert open_pairs(Kind.OWNER) == []


def test_two_people_are_put_before_who_stands_above_both_their_stations():
    province = make_unit()
    homes = [make_unit(code, parent=province) for code in ("N1", "N2")]
    centre = make_organization(kind="district_centre")
    for home in homes:
        make_organization(commune=home, parent=centre)
    make_person("Nghiêm Thị Thoa", residence=homes[0])
    make_person("NGHIEM THI THOA", residence=homes[1])

    finding.run(at=NOON)

    assert Proposal.objects.get(kind=Kind.PEOPLE).organization == centre


def test_a_moved_organization_takes_its_proposals_along():
    site = make_organization()
    make_orphan("Nghiêm Xuân Bách", site)
    finding.run(at=NOON)

    site.path = "/vn/moved/"
    site.save(update_fields=["path"])

    assert Proposal.objects.get().path == "/vn/moved/"


def test_what_one_person_changed_comes_before_a_load(django_assert_num_queries):
    finding.run(at=NOON)
    MatchChange.objects.create(kind="person", first=1, last=10_000_000)
    one, other = make_twice()

    finding.run(at=NOON, seconds=0)
    assert open_pairs(Kind.PEOPLE) == []
    with connection.cursor() as cursor:
        taken = finding.spans.take(
            cursor,
            "registry_matchchange",
            kinds=("person", "dose"),
            most=2,
            order="last - first, id",
        )

    assert {span.first for span in taken} <= {one.pk, other.pk}


def test_statements_do_not_grow_with_the_people_that_changed():
    def count(people):
        site = make_organization()
        for n in range(people):
            double(make_person(f"Nghiêm Thị Thoa {'ABCDEFGH'[n]}"), site)
        with CaptureQueriesContext(connection) as captured:
            finding.run(at=NOON)
        return len(captured)

    count(1)
    assert count(7) <= count(2) + 2


def test_the_command_tells_what_it_found():
    make_twice()
    out = StringIO()

    call_command("propose_pairs", "--all", "--json", stdout=out)

    told = json.loads(out.getvalue())
    assert (told["people"], told["found"], told["is_done"]) == (2, 1, True)


def test_the_same_product_twice_on_other_people_is_no_pair():
    site, product = make_organization(), make_product()
    for name in ("Nghiêm Thị Thoa", "Quách Văn Đông"):
        make_dose(make_person(name, national_id="", phone=""), site, product=product)

    finding.run(at=NOON)

    assert open_pairs(Kind.DOSES) == []
