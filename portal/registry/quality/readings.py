"""Readings of sealed numbers: each is opened once, and what its digits say is kept.

Numbers stand encrypted, so no statement can look into them. Rules about their form ask
the readings; a trigger drops a reading when its document gets another number.
"""

import logging
from typing import Any, Final

from portal.common import crypto
from portal.registry.quality import numbers

logger = logging.getLogger("registry.quality")

_DOCUMENTS: Final = """
SELECT i.id, i.person_id, i.number_sealed FROM q_scope_person s
JOIN registry_identitydocument i ON i.person_id = s.id
LEFT JOIN registry_numberreading r ON r.document_id = i.id
WHERE r.document_id IS NULL"""
_TELEPHONES: Final = """
SELECT t.id, t.person_id, t.number_sealed FROM q_scope_person s
JOIN registry_telephone t ON t.person_id = s.id
LEFT JOIN registry_telephonereading r ON r.telephone_id = t.id
WHERE r.telephone_id IS NULL"""
_KEEP: Final = "INSERT INTO {0} SELECT * FROM {1} ON CONFLICT DO NOTHING"


def make(cursor: Any) -> None:
    """Read what the people of the scope have and nobody read yet.

    Of a number that was altered or lost its key no rule says anything; it is an error
    in the log, and tried again whenever the person is looked at: the rules go on.
    """
    cursor.execute(_DOCUMENTS)
    documents = cursor.fetchall()
    cursor.execute(_TELEPHONES)
    telephones = cursor.fetchall()
    if documents:
        cursor.execute(
            "CREATE TEMP TABLE q_reading (document_id bigint, form text,"
            " is_dummy boolean, sex text, birth_year int) ON COMMIT DROP"
        )
        with cursor.copy("COPY q_reading FROM STDIN") as rows:
            for pk, person_id, sealed in documents:
                number = _open(sealed, person_id)
                if number is None:
                    continue
                said = numbers.read(number)
                if said is None:
                    said = numbers.Reading("empty")
                rows.write_row(
                    (pk, said.form, said.is_dummy, said.sex, said.birth_year)
                )
        _keep(
            cursor,
            "registry_numberreading (document_id, form, is_dummy, sex, birth_year)",
            "q_reading",
        )
    if telephones:
        cursor.execute(
            "CREATE TEMP TABLE q_mobile (telephone_id bigint, is_mobile boolean)"
            " ON COMMIT DROP"
        )
        with cursor.copy("COPY q_mobile FROM STDIN") as rows:
            for pk, person_id, sealed in telephones:
                phone = _open(sealed, person_id)
                if phone is not None:
                    rows.write_row((pk, numbers.is_mobile(phone)))
        _keep(cursor, "registry_telephonereading (telephone_id, is_mobile)", "q_mobile")


def _open(sealed: bytes | memoryview, person_id: int) -> str | None:
    try:
        return crypto.unseal(sealed, bound_to=f"person:{person_id}")
    except crypto.Unreadable:
        logger.error("quality.unreadable", extra={"subject": person_id})
        return None


def _keep(cursor: Any, target: str, staged: str) -> None:
    cursor.execute(_KEEP.format(target, staged))
