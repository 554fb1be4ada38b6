"""Whether a text names a person by a number or an address. Pure.

What is kept for everybody, or is shown as the name of a body, must not. A name in words
cannot be told from other words; the pages say that none belongs there.
"""

import re
from typing import Final

# Nine digits: the shortest number of a person (old card); with what people put between.
_BETWEEN: Final = re.compile(r"(?<=\d)[\s.\-]+(?=\d)")
_NUMBER: Final = re.compile(r"\d{9,}|@")


def names_somebody(text: str) -> bool:
    """Tell whether a text holds a telephone or identity number, or a mail address."""
    return _NUMBER.search(_BETWEEN.sub("", text)) is not None
