"""The rules find what the demo's generator broke, in about the right number."""

import pytest

from complaints import quality
from complaints.demo import doses as campaign
from complaints.demo.records import NO_NUMBER
from portal.registry.models import Dose, Person
from portal.registry.quality import runs
from tests.demo.conftest import NOW

pytestmark = pytest.mark.django_db
FLAWS = {name: share / 1000 for name, share in campaign._FLAWS}


@pytest.fixture(scope="module")
def found(demo):
    """Return the open findings by rule."""
    quality.check_all(at=NOW)
    return runs.open_findings()


def about(share, of):
    """Allow for chance in a small demo, and for what staff have mended already."""
    return pytest.approx(share * of, abs=4 * (share * of) ** 0.5)


def test_each_dose_recorded_twice_is_found(found):
    assert found["Q17"] == about(FLAWS["doubled"], Dose.objects.count())


def test_each_vaccine_that_its_lot_contradicts_is_found(found):
    assert found["Q23"] == about(FLAWS["product"], Dose.objects.count())


def test_numbers_that_lost_their_zeros_are_found(found):
    # Four of ten without a usable number have none at all.
    assert found["Q30"] == about(0.6 * NO_NUMBER, Person.objects.count())


def test_empty_and_strange_lots_are_found(found):
    lots = found["Q21"] + found["Q24"]
    assert lots == about(FLAWS["lot"] + FLAWS["site"] / 2, Dose.objects.count())


def test_days_typed_too_early_are_found_by_when_they_were_recorded(found):
    late = FLAWS["given_on"] + FLAWS["doubled"]
    assert found["Q45"] == about(late, Dose.objects.count())


def test_doses_never_entered_leave_holes_in_the_numbers(found):
    # Only one of the later doses that is missing leaves a hole before it.
    lost = campaign.NEVER_ENTERED + campaign.ORPHAN
    assert 0.2 * lost < found["Q14"] / Dose.objects.count() < 1.2 * lost


def test_what_the_demo_never_breaks_is_not_found(found):
    clean = ["Q01", "Q02", "Q04", "Q07", "Q16", "Q26", "Q28", "Q36", "Q38", "Q43"]
    assert {
        code: found[code] for code in [*clean, "Q44", "Q46", "Q48"]
    } == dict.fromkeys([*clean, "Q44", "Q46", "Q48"], 0)
