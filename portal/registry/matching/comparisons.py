"""How two birth dates, sexes, numbers, telephones and places agree.

Each function returns the name of a level, a row of the weights, or "missing" where one
side knows nothing. None of them depends on which side stands first.
"""

from datetime import date
from typing import Final

from portal.common.forms import PartialDate
from portal.registry import national_id
from portal.registry.matching.facts import Facts, Place
from portal.registry.matching.naming import one_slip_apart

MISSING: Final = "missing"

# Numbers as near as this to each other were given out in a row, as to twins.
_IN_A_ROW: Final = 3
# The first six of a personal number: place, century and sex, year.
_HEAD: Final = 6
# On more records than this a telephone says nothing (domain paper d, Q37).
_MOST_USES: Final = 8


# A commune of old was split among so many at most; more are a district.
_SPLIT: Final = 4
# Parents are at least so much older than their children.
_GENERATION: Final = 12


def are_generations_apart(one: PartialDate | None, other: PartialDate | None) -> bool:
    """Tell whether birth years lie as far apart as those of parent and child do."""
    return (
        one is not None
        and other is not None
        and abs(one.year - other.year) >= _GENERATION
    )


def births(one: PartialDate | None, other: PartialDate | None) -> str:
    """Compare birth dates as far as both are known.

    The first of January stands for "year only" on old papers (domain paper d, Q39).
    """
    if one is None or other is None:
        return MISSING
    one, other = _as_known(one), _as_known(other)
    first, second = one.as_date(), other.as_date()
    if first and second:
        return _days(first, second)
    if one.year == other.year:
        if one.month is None or other.month is None:
            return "year"
        return "month" if one.month == other.month else "same_year"
    return "year_near" if _years_near(one.year, other.year) else "year_far"


def _as_known(born: PartialDate) -> PartialDate:
    return PartialDate(born.year) if (born.month, born.day) == (1, 1) else born


def _days(one: date, other: date) -> str:
    if one == other:
        return "equal"
    if one.year == other.year:
        if (one.month, one.day) == (other.day, other.month):
            return "swapped"
        texts = [(f"{d.day:02}", f"{d.month:02}") for d in (one, other)]
        (day, month), (other_day, other_month) = texts
        if (month == other_month and one_slip_apart(day, other_day)) or (
            day == other_day and one_slip_apart(month, other_month)
        ):
            return "slip"
        return "same_year"
    same_day = (one.month, one.day) == (other.month, other.day)
    if same_day and one_slip_apart(str(one.year), str(other.year)):
        return "slip_year"
    return "far"


def _years_near(one: int, other: int) -> bool:
    return abs(one - other) == 1 or (
        abs(one - other) < 50 and sorted(str(one)) == sorted(str(other))
    )


def sexes(one: str, other: str) -> str:
    """Compare sexes."""
    if not one or not other:
        return MISSING
    return "equal" if one == other else "unlike"


def numbers(one: Facts, other: Facts) -> str:
    """Compare identity numbers, those of earlier cards with them: the best pair counts.

    A number is only a hint (domain paper e): it may be the carer's, the head of the
    household's or pasted on a family, which shows when birth year and sex in its digits
    do not fit who bears it.
    """
    if not one.numbers or not other.numbers:
        return MISSING
    levels = [
        _two_numbers(one, mine, other, theirs)
        for mine in one.numbers
        for theirs in other.numbers
    ]
    return min(levels, key=_ORDER.index)


_ORDER: Final = (
    *("verified", "equal", "equal_old", "fits_one", "fits_none", "foreign"),
    *("near", "near_head", "row", "different", "different_odd"),
    *("different_old", "different_passport", MISSING),
)


def _two_numbers(one: Facts, mine: str, other: Facts, theirs: str) -> str:
    kind, other_kind = national_id.read(mine).kind, national_id.read(theirs).kind
    if mine == theirs:
        return _same_number(one, other, mine, kind)
    if kind == "pin12" == other_kind:
        return _two_pins(one, mine, other, theirs)
    if kind != other_kind:
        # An old card, a passport and a personal number say nothing of each other;
        # one digit too many or too few does.
        is_slip = "pin12" in (kind, other_kind) and one_slip_apart(mine, theirs)
        return "near" if is_slip else MISSING
    if one_slip_apart(mine, theirs):
        return "near"
    return "different_passport" if kind == "passport" else "different_old"


def _same_number(one: Facts, other: Facts, number: str, kind: str) -> str:
    if is_foreign(one) or is_foreign(other):
        return "foreign"
    # The population database was asked about the first number of each only.
    if one.checked == other.checked == () and (
        number == one.numbers[0] == other.numbers[0]
    ):
        return "verified"
    if kind != "pin12":
        return "equal_old"
    said = national_id.structure(number)
    years = sorted({side.born.year for side in (one, other) if side.born})
    sexes_known = {side.sex for side in (one, other) if side.sex}
    # Where the two differ the number can fit one of them only, which their own
    # comparison counts already; a father's number on his son is not that.
    if (
        said is None
        or (years and said.birth_year not in years)
        or (sexes_known and said.sex not in sexes_known)
    ):
        return "fits_none"
    is_near = len(years) < 2 or one_slip_apart(*map(str, years))
    return "equal" if is_near or _years_near(*years) else "fits_one"


def _two_pins(one: Facts, mine: str, other: Facts, theirs: str) -> str:
    if is_foreign(one) or is_foreign(other):
        return "different_odd"
    fitting = fits(mine, one) and fits(theirs, other)
    if one_slip_apart(mine, theirs):
        if mine[:_HEAD] == theirs[:_HEAD]:
            return "row" if _are_in_a_row(mine, theirs) else "near"
        # Two slips of a pen apart and both true to their bearer: two people.
        return "different" if fitting else "near_head"
    if mine[:_HEAD] == theirs[:_HEAD] and _are_in_a_row(mine, theirs):
        return "row"
    return "different" if fitting else "different_odd"


def _are_in_a_row(one: str, other: str) -> bool:
    return abs(int(one) - int(other)) <= _IN_A_ROW


def is_foreign(facts: Facts) -> bool:
    """Tell whether the population database knows the number as somebody else's."""
    return facts.checked is not None and {"full_name", "born_on"} <= set(facts.checked)


def fits(number: str, facts: Facts) -> bool:
    """Tell whether the digits of a personal number suit its bearer's year and sex."""
    said = national_id.structure(number)
    if said is None:
        return False
    year_fits = facts.born is None or facts.born.year == said.birth_year
    return year_fits and (not facts.sex or facts.sex == said.sex)


def telephones(one: Facts, other: Facts) -> str:
    """Compare telephones: one shared by all the family is still theirs."""
    if not one.phones or not other.phones:
        return MISSING
    uses = max(one.phone_uses, other.phone_uses)
    if one.phones & other.phones:
        return MISSING if uses > _MOST_USES else "equal"
    near = any(one_slip_apart(mine, its) for mine in one.phones for its in other.phones)
    return "near" if near else "different"


def places(one: Place, other: Place) -> str:
    """Compare residences in today's units; several keys mean that one is not sure."""
    if one.communes and other.communes:
        if one.communes & other.communes:
            is_one = one.communes == other.communes and len(one.communes) <= _SPLIT
            return "equal" if is_one else "area"
    elif not (one.provinces and other.provinces):
        return MISSING
    return "province" if one.provinces & other.provinces else "elsewhere"
