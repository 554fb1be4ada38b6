"""The complaint by the law on complaints: its terms, which are not those of a report.

Law on Complaints 02/2011/QH13: articles 9 (90 days to complain), 27 (10 working days to
take it up), 28 (30 days to settle, 45 where it is complex; 45 and 60 in remote areas).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Terms:
    """Days that the law gives; calendar days unless called working days."""

    to_complain: int
    to_accept_working: int
    to_settle: int
    to_settle_complex: int
    to_settle_remote: int
    source: str


TERMS: Final = Terms(
    to_complain=90,
    to_accept_working=10,
    to_settle=30,
    to_settle_complex=45,
    to_settle_remote=60,
    source="Luật Khiếu nại 02/2011/QH13",
)
