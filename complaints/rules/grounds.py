"""The thirteen grounds of dispatch 9458/BYT-CNTT (2021): which are met before sending.

Whoever is refused on a ground that could have been seen at intake was let down by the
form. Each row says what looks for the ground there, or why nothing can.
"""

from dataclasses import dataclass
from typing import Final, Literal

from complaints.choices import Check, Ground

Seen = Literal["measured", "compared", "asked"]


@dataclass(frozen=True)
class Row:
    """One ground. ``seen``: by a measure, by comparing what was typed, or by asking."""

    ground: Ground
    seen: Seen
    checks: tuple[Check, ...]
    how: str


GROUNDS: Final = (
    Row(
        Ground.FORM_LACKS_FACTS,
        "asked",
        (Check.PAPER_FORM,),
        "The sender says which paper it is, beside a picture of each.",
    ),
    Row(
        Ground.NAMES_CONTRADICT,
        "asked",
        (Check.PAPER_NAME,),
        "The sender ticks whether the paper bears the name as typed.",
    ),
    Row(
        Ground.PORTRAIT,
        "asked",
        (Check.PAPER_OTHER,),
        "The sender says what the picture shows. No face is looked for in pictures.",
    ),
    Row(
        Ground.DOSE_NUMBER_DIFFERS,
        "compared",
        (Check.SLIP_NUMBER,),
        "The number copied from the paper against the one typed before.",
    ),
    Row(
        Ground.BIRTH_DATE_DIFFERS,
        "asked",
        (Check.PAPER_BIRTH, Check.BEFORE_BIRTH, Check.TOO_YOUNG),
        "The sender ticks whether the paper bears the birth date as typed; the date of"
        " the dose is compared with birth and age.",
    ),
    Row(
        Ground.SLIP_LACKS_FACTS,
        "asked",
        (Check.PAPER_LACKS,),
        "The sender ticks what can be read on the paper.",
    ),
    Row(
        Ground.DETAILS_COVERED,
        "measured",
        (Check.PAPER_COVERED,),
        "Flat patches on the paper are measured; the sender is asked, too.",
    ),
    Row(
        Ground.UNREADABLE,
        "measured",
        (Check.PHOTO_UNREADABLE,),
        "Size, light and sharpness are measured on each photo.",
    ),
    Row(
        Ground.DATE_DIFFERS,
        "compared",
        (
            Check.SLIP_DATE,
            Check.BEFORE_CAMPAIGN,
            Check.BEFORE_APPROVAL,
            Check.LOT_NOT_YET,
            Check.LOT_OVER,
        ),
        "The date copied from the paper against the one typed before; both against"
        " campaign, approval and the ledger of lots.",
    ),
    Row(
        Ground.NOTHING_MATCHES,
        "compared",
        (Check.SLIP_NOTHING,),
        "Date, vaccine and lot copied from the paper all differ from what was typed.",
    ),
    Row(
        Ground.NAME_INCOMPLETE,
        "compared",
        (Check.NAME_PLAIN, Check.NAME_SHORT),
        "A name of one word or without accents is asked about, with the spelling that"
        " the registry's names suggest.",
    ),
    Row(
        Ground.VACCINE_DIFFERS,
        "compared",
        (
            Check.SLIP_PRODUCT,
            Check.SLIP_LOT,
            Check.LOT_OTHER_PRODUCT,
            Check.LOT_UNKNOWN,
        ),
        "The vaccine and lot copied from the paper against those typed before, and the"
        " lot against the ledger.",
    ),
    Row(
        Ground.ALTERED,
        "asked",
        (Check.PAPER_ALTERED,),
        "Only the sender's word: handwriting on a genuine slip looks the same.",
    ),
)


def ground_of(check: str) -> Ground:
    """Return the ground that a check keeps people from."""
    return next(row.ground for row in GROUNDS if check in row.checks)
