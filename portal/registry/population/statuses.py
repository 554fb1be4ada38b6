"""What the comparison of a record comes to (domain paper, section b).

Pure: ``not_sent`` until an answer came; ``no_number`` and ``bad_format`` are settled
without asking; of who is asked, ``matched`` or ``mismatched`` with the wrong fields.
"""

from portal.registry import national_id
from portal.registry.models import Person
from portal.registry.population.protocol import Reply

Status = Person.Population


def before_asking(number: str) -> Status | None:
    """Return the status that needs no answer, or None for who is to be asked.

    ``number`` is the current one on record, empty where there is none. A passport is
    no number of the population database. Cards of nine digits are known to it. Twelve
    digits that no rule made (place, century) are asked about: such numbers were issued,
    so what they say is a hint and never proof (domain paper, fact 7).
    """
    if not number:
        return Status.NO_NUMBER
    read = national_id.read(number)
    if read.kind == "passport":
        return Status.NO_NUMBER
    if read.kind not in ("pin12", "cmnd9") or {*read.problems} - {"structure"}:
        return Status.BAD_FORMAT
    return None


def after(reply: Reply) -> tuple[Status, tuple[str, ...]]:
    """Return the status that an answer gives, and the wrong fields."""
    return (Status.MATCHED if reply.is_match else Status.MISMATCHED), reply.wrong
