"""Where a dose given abroad was given: codes of ISO 3166-1, names in both languages.

Those where people of this country live, work, study and travel in numbers; any other
is ``ELSEWHERE`` (a code that the standard leaves to its users) and told in words.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from portal.common import names

ELSEWHERE: Final = "ZZ"
NAMES: Final = {
    "AE": _("United Arab Emirates"),
    "AO": _("Angola"),
    "AT": _("Austria"),
    "AU": _("Australia"),
    "BE": _("Belgium"),
    "BG": _("Bulgaria"),
    "BN": _("Brunei"),
    "BR": _("Brazil"),
    "BY": _("Belarus"),
    "CA": _("Canada"),
    "CH": _("Switzerland"),
    "CN": _("China"),
    "CU": _("Cuba"),
    "CZ": _("Czechia"),
    "DE": _("Germany"),
    "DK": _("Denmark"),
    "DZ": _("Algeria"),
    "EG": _("Egypt"),
    "ES": _("Spain"),
    "FI": _("Finland"),
    "FR": _("France"),
    "GB": _("United Kingdom"),
    "GR": _("Greece"),
    "HK": _("Hong Kong"),
    "HU": _("Hungary"),
    "ID": _("Indonesia"),
    "IE": _("Ireland"),
    "IL": _("Israel"),
    "IN": _("India"),
    "IT": _("Italy"),
    "JP": _("Japan"),
    "KH": _("Cambodia"),
    "KR": _("South Korea"),
    "KW": _("Kuwait"),
    "LA": _("Laos"),
    "MM": _("Myanmar"),
    "MO": _("Macao"),
    "MX": _("Mexico"),
    "MY": _("Malaysia"),
    "NL": _("Netherlands"),
    "NO": _("Norway"),
    "NZ": _("New Zealand"),
    "PH": _("Philippines"),
    "PL": _("Poland"),
    "PT": _("Portugal"),
    "QA": _("Qatar"),
    "RO": _("Romania"),
    "RU": _("Russia"),
    "SA": _("Saudi Arabia"),
    "SE": _("Sweden"),
    "SG": _("Singapore"),
    "SK": _("Slovakia"),
    "TH": _("Thailand"),
    "TR": _("Türkiye"),
    "TW": _("Taiwan"),
    "UA": _("Ukraine"),
    "US": _("United States"),
    "ZA": _("South Africa"),
    ELSEWHERE: _("Another country"),
}


def choices() -> list[tuple[str, str]]:
    """Return codes with names in order of the reader's alphabet, others at the end."""
    named = [(code, str(name)) for code, name in NAMES.items() if code != ELSEWHERE]
    named.sort(key=lambda pair: names.sort_key(pair[1]))
    return [*named, (ELSEWHERE, str(NAMES[ELSEWHERE]))]


def name_of(code: str) -> str:
    """Return a country's name; the code itself where it is not known here."""
    return str(NAMES.get(code, code))
