"""What a certificate says of a person and a dose: EU DCC schema 1.3.0. Pure."""

from datetime import date
from typing import Any, Final

from portal.common import names

VERSION: Final = "1.3.0"
COUNTRY: Final = "VN"
ISSUER: Final = "Bộ Y tế"
_COVID: Final = "840539006"
_MRNA, _OTHER = "1119349007", "J07BX03"
# Our code -> product and holder in the EU value sets (vaccine-medicinal-product and
# vaccine-mah-manf of ehn-dcc-schema). What is not in them gets no certificate.
PRODUCTS: Final[dict[str, tuple[str, str, str]]] = {
    "comirnaty": (_MRNA, "EU/1/20/1528", "ORG-100030215"),
    "spikevax": (_MRNA, "EU/1/20/1507", "ORG-100031184"),
    "vaxzevria": (_OTHER, "EU/1/21/1529", "ORG-100001699"),
    "janssen": (_OTHER, "EU/1/20/1525", "ORG-100001417"),
    "sputnik-v": (_OTHER, "Sputnik-V", "Gamaleya-Research-Institute"),
    "vero-cell": (_OTHER, "BBIBP-CorV", "ORG-100020693"),
    "covaxin": (_OTHER, "Covaxin", "Bharat-Biotech"),
    "abdala": (_OTHER, "Abdala", "CIGB"),
}


def of_dose(
    *,
    full_name: str,
    born_on: str,
    product: str,
    place: int,
    needed: int,
    given_on: date,
    identifier: str,
    country: str = COUNTRY,
) -> dict[str, Any]:
    """Return the content of a certificate of one dose, the last one had.

    ``place``: the how manieth of all; ``needed``: doses of the first course;
    ``country``: where it was given. Raise KeyError for a product that the value sets do
    not know.
    """
    prophylaxis, medicinal, holder = PRODUCTS[product]
    family, _space, given = names.tidy(full_name).partition(" ")
    return {
        "ver": VERSION,
        "nam": {
            "fn": family,
            "fnt": standardised(family),
            **({"gn": given, "gnt": standardised(given)} if given else {}),
        },
        "dob": born_on,
        "v": [
            {
                "tg": _COVID,
                "vp": prophylaxis,
                "mp": medicinal,
                "ma": holder,
                "dn": place,
                "sd": max(place, needed),
                "dt": given_on.isoformat(),
                "co": country,
                "is": ISSUER,
                "ci": identifier,
            }
        ],
    }


def standardised(name: str) -> str:
    """Return a name as machines read it (ICAO 9303): capital letters and "<"."""
    return "<".join(
        "".join(sign for sign in word.upper() if "A" <= sign <= "Z")
        for word in names.fold(name.replace("'", "").replace("’", "")).split()
    )
