"""Vaccines as people remember them: the cap of the vial, the words on the box.

Drawings of our own, no trade marks. A cap has a colour where the maker's product
information names it (Comirnaty: purple; Spikevax: red); the others are drawn grey
rather than guessed.
"""

from typing import Any, Final

from django.forms import BoundField

# Code of the product -> colour of the cap, words on the box besides its name.
LOOKS: Final[dict[str, tuple[str, str]]] = {
    "vaxzevria": ("", "COVID-19 Vaccine AstraZeneca, Covishield, AZD1222"),
    "comirnaty": ("purple", "Pfizer-BioNTech, BNT162b2"),
    "spikevax": ("red", "COVID-19 Vaccine Moderna, mRNA-1273"),
    "vero-cell": ("", "SARS-CoV-2 Vaccine (Vero Cell), BBIBP-CorV"),
    "hayat-vax": ("", "SARS-CoV-2 Vaccine (Vero Cell), Hayat-Vax"),
    "sputnik-v": ("", "Gam-COVID-Vac, Sputnik V"),
    "janssen": ("", "COVID-19 Vaccine Janssen, Ad26.COV2.S"),
    "abdala": ("", "Abdala, CIGB-66"),
    "covaxin": ("", "Covaxin, BBV152"),
    "coronavac": ("", "Sinovac"),
    "nuvaxovid": ("", "Novavax, Covovax"),
}
# Given to people abroad, and never here.
ABROAD_ONLY: Final = ("coronavac", "nuvaxovid", "other")
# Nearly all doses were of these; the others are folded away.
COMMON: Final = ("", "vaxzevria", "comirnaty", "spikevax", "vero-cell")


def of(field: BoundField) -> dict[str, Any]:
    """Return the choices of a product with their looks, the common ones apart."""
    options: list[Any] = list(field)
    shown = [
        {
            "option": option,
            "value": (value := str(option.data["value"] or "")),
            "cap": LOOKS.get(value, ("", ""))[0],
            "words": LOOKS.get(value, ("", ""))[1],
        }
        for option in options
    ]
    usual = [one for one in shown if one["value"] in COMMON]
    others = [one for one in shown if one["value"] not in COMMON]
    if len(usual) < 2:
        usual, others = shown, []
    return {
        "usual": usual,
        "others": others,
        "is_other": any(one["option"].data["selected"] for one in others),
    }
