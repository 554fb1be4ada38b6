"""All rules that put a record right, in the order in which they are asked."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from complaints.rules.selfcorrection import cases, numbers, people, series, stock
from complaints.rules.selfcorrection.rule import Rule, Tier, Words

_BACK: Final = _("One step puts back exactly what was there; the citizen is told.")
_PROPOSED: Final = _("Staff decide; what they do can be taken back as any decision.")
_NOTHING: Final = _("Nothing is changed, so nothing has to be taken back.")
_NUMBER_AND_BIRTH: Final = _(
    "The population database or a verified electronic identity, asked with the number,"
    " the birth date and the sex."
)
_STOCK: Final = _(
    "The ledger of lots, and what at least five others had at that site that day."
)
_STOCK_AND_PAPER: Final = _(
    "The ledger of lots, and what at least five others had at that site that day; no"
    " genuine certificate on a photo says otherwise."
)

_A: Final = (
    Rule(
        code="A1",
        version=1,
        tier=Tier.A,
        name=_("How a name is written"),
        citizen=_("Your name is written with the tone marks in the usual place."),
        reads=("full_name",),
        writes=("full_name",),
        proof=_("The same letters and tones: it stays the same name."),
        effect=_("Letters are composed, spaces single, the tone mark put in place."),
        undo=_BACK,
        look=people.spelling,
        is_on_at_first=True,
    ),
    Rule(
        code="A2",
        version=1,
        tier=Tier.A,
        name=_("Accents of a name"),
        citizen=_("Your name gets its accents."),
        reads=("full_name", "national_id", "born_on", "sex"),
        writes=("full_name",),
        proof=_NUMBER_AND_BIRTH,
        effect=_("A name recorded without accents gets them."),
        undo=_BACK,
        look=people.accents,
        is_on_at_first=True,
    ),
    Rule(
        code="A3",
        version=3,
        tier=Tier.A,
        name=_("Lost leading zeros of a number"),
        citizen=_("Your identity number gets its leading zeros back."),
        reads=("national_id", "full_name", "born_on", "sex"),
        writes=("national_id",),
        proof=_NUMBER_AND_BIRTH,
        effect=_("The whole number becomes current; the short one still finds it."),
        undo=_BACK,
        look=numbers.lost_zeros,
        needs=4,
        is_on_at_first=True,
    ),
    Rule(
        code="A4",
        version=2,
        tier=Tier.A,
        name=_("Old card beside the new number"),
        citizen=_("Your old and your new number both find your record."),
        reads=("national_id", "full_name", "born_on", "sex"),
        writes=("national_id",),
        proof=_(
            "One verified source names both numbers; a sign-in of today names one."
        ),
        effect=_("The new number is current, the old one is kept beside it."),
        undo=_BACK,
        look=numbers.old_card,
    ),
    Rule(
        code="A5",
        version=2,
        tier=Tier.A,
        name=_("Order of the doses"),
        citizen=_("Your doses are numbered in the order of their days."),
        reads=("dose_number", "given_on"),
        writes=("dose_number",),
        proof=_("The days of all doses; none is missing and none doubled."),
        effect=_("Dose numbers follow the days."),
        undo=_BACK,
        look=series.sequence,
        is_on_at_first=True,
    ),
    Rule(
        code="A6",
        version=2,
        tier=Tier.A,
        name=_("Dose imported a second time"),
        citizen=_("A dose that was recorded twice counts once."),
        reads=("given_on", "product", "lot", "site", "entry"),
        writes=("status",),
        proof=_("The same dose, equal in every fact, came from an earlier entry."),
        effect=_("The later copy is marked as entered in error and kept."),
        undo=_BACK,
        look=series.clone,
        is_on_at_first=True,
    ),
    Rule(
        code="A7",
        version=1,
        tier=Tier.A,
        name=_("Telephone"),
        citizen=_("Your new telephone number is recorded."),
        reads=("phone",),
        writes=("phone",),
        proof=_("A code typed in from the new number, and one from the old number."),
        effect=_("The new number is the contact; 72 hours nothing else is automatic."),
        undo=_BACK,
        look=people.contact,
        needs=4,
        is_on_at_first=True,
    ),
    Rule(
        code="A8",
        version=1,
        tier=Tier.A,
        name=_("Certificate missing or out of date"),
        citizen=_("You are told which step your certificate waits for."),
        reads=("population", "certificate"),
        proof=_("The record itself."),
        effect=_("It is explained; nothing is changed."),
        undo=_NOTHING,
        look=cases.certificate,
        is_on_at_first=True,
    ),
)

_B: Final = (
    Rule(
        code="B1",
        version=2,
        tier=Tier.B,
        name=_("Vaccine that the lot contradicts"),
        citizen=_("The lot shows another vaccine; the site confirms it."),
        reads=("product", "lot", "site", "given_on"),
        writes=("product",),
        proof=_STOCK_AND_PAPER,
        effect=_("The vaccine becomes that of the lot."),
        undo=_PROPOSED,
        look=stock.product_of_lot,
        needs=4,
        is_on_at_first=True,
    ),
    Rule(
        code="B2",
        version=1,
        tier=Tier.B,
        name=_("Lot missing or mistyped"),
        citizen=_("One lot was in use that day; the site confirms it."),
        reads=("lot", "product", "site", "given_on"),
        writes=("lot",),
        proof=_STOCK,
        effect=_("The only lot in use is filled in."),
        undo=_PROPOSED,
        look=stock.only_open_lot,
        needs=4,
        is_on_at_first=True,
    ),
    Rule(
        code="B3",
        version=2,
        tier=Tier.B,
        name=_("Day without a session"),
        citizen=_("One session fits your dose; the site confirms the day."),
        reads=("given_on", "lot", "site"),
        writes=("given_on",),
        proof=_STOCK_AND_PAPER,
        effect=_("The day becomes that of the one session with this lot."),
        undo=_PROPOSED,
        look=stock.only_session,
        needs=4,
        is_on_at_first=True,
    ),
    Rule(
        code="B4",
        version=1,
        tier=Tier.B,
        name=_("Day and month of birth swapped"),
        citizen=_("Day and month of your birth are swapped back after a check."),
        reads=("born_on", "national_id", "full_name", "sex"),
        writes=("born_on",),
        proof=_(
            "The population database refuses the recorded date, confirms the swapped."
        ),
        effect=_("Day and month of birth change places."),
        undo=_PROPOSED,
        look=people.swapped_birth,
    ),
    Rule(
        code="B5",
        version=3,
        tier=Tier.B,
        name=_("Missing dose that stands on no record"),
        citizen=_("We found something that may fit; the site checks it."),
        reads=("missing", "full_name"),
        writes=("dose",),
        proof=_(
            "One dose without a record at that site and day bears the name, and nobody"
            " else of that name asks for it."
        ),
        effect=_("The dose is given to its owner."),
        undo=_PROPOSED,
        look=cases.orphan_of_that_day,
        needs=4,
        is_on_at_first=True,
    ),
    Rule(
        code="B6",
        version=3,
        tier=Tier.B,
        name=_("Dose entered twice"),
        citizen=_("One of two equal doses is removed after a check."),
        reads=("given_on", "product", "lot", "site"),
        writes=("status",),
        proof=_("Another dose of the same vaccine, day and site."),
        effect=_(
            "The later one, or the one that a report names, is marked as entered in"
            " error and kept."
        ),
        undo=_PROPOSED,
        look=series.doubled,
        is_on_at_first=True,
    ),
    Rule(
        code="B7",
        version=2,
        tier=Tier.B,
        name=_("Person on two records"),
        citizen=_("Your two records are joined after a check."),
        reads=("full_name", "born_on", "sex", "national_id", "phone", "residence"),
        writes=("record",),
        proof=_("Matching grades the pair as certain, and there is no third."),
        effect=_("The records are joined by a link."),
        undo=_PROPOSED,
        look=people.split_record,
        is_on_at_first=True,
    ),
)

_SITE: Final = _("A slip, the list of the session, or the site's own book.")
_POLICE: Final = _("An identity document, seen by those who answer for identity.")
_NO_RULE: Final = _("Nothing by itself: a person decides.")


def _by_a_person(
    code: str, tier: Tier, name: Words, proof: Words, *fields: str
) -> Rule:
    return Rule(
        code=code,
        version=1,
        tier=tier,
        name=name,
        citizen=_("A person checks it."),
        reads=fields,
        proof=proof,
        effect=_NO_RULE,
        undo=_NOTHING,
        look=cases.for_a_person(fields=fields),
        is_on_at_first=True,
    )


_C_AND_D: Final = (
    _by_a_person("C1", Tier.C, _("Missing dose without a trace"), _SITE, "missing"),
    _by_a_person(
        "C2",
        Tier.C,
        _("Facts of a dose"),
        _SITE,
        "given_on",
        "product",
        "lot",
        "site",
        "dose_number",
    ),
    _by_a_person("C3", Tier.C, _("Dose that somebody did not have"), _SITE, "dose"),
    _by_a_person("D1", Tier.D, _("Another name"), _POLICE, "full_name"),
    _by_a_person("D2", Tier.D, _("Another number"), _POLICE, "national_id"),
    _by_a_person("D3", Tier.D, _("Birth date or sex"), _POLICE, "born_on", "sex"),
)

RULES: Final[dict[str, Rule]] = {rule.code: rule for rule in (*_A, *_B, *_C_AND_D)}
AUTOMATIC: Final = tuple(rule.code for rule in _A if rule.code != "A8")
PREPARED: Final = tuple(rule.code for rule in _B)
OF_MISSING: Final = ("B5",)
OF_DOUBLED: Final = ("B6",)
OF_SPLIT: Final = ("B7",)
# What these find is perhaps somebody else's: no citizen sees it before it is theirs.
OF_OTHERS: Final = (*OF_MISSING, *OF_SPLIT)
