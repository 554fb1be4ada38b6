"""A step of the registry: a row's fields set, its next version, the ledger's entry."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from portal.audit import record as audit
from portal.common import crypto, outbox
from portal.registry.corrections import second, values
from portal.registry.corrections.warrant import (
    CannotCorrect,
    NeedsSecond,
    RecordMoved,
    Warrant,
)
from portal.registry.models import Correction, Dose, Person
from portal.registry.population import neighbour

# What a certificate shows of a person (decision 5772/QĐ-BYT, 2021), beside every fact
# of a dose. When it changes, the certificates issued before are stale.
_CERTIFIED: Final = frozenset({"full_name", "born_on", "status"})


@contextmanager
def writing(writer: str) -> Iterator[None]:
    """Lift the registry's guard for this transaction, in the name of one writer."""
    with transaction.atomic():
        _flag(writer)
        yield
        _flag("")


def _flag(writer: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.registry_writer', %s, true)", [writer])


def lock_people(ids: Iterable[int | None]) -> dict[int, Person]:
    """Return these people by key, locked in the order of keys.

    People are always locked before doses, so that no two corrections wait in a ring.
    """
    wanted = {pk for pk in ids if pk is not None}
    rows = Person.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    return {person.pk: person for person in rows}


def lock_person(person_id: int) -> Person:
    """Return the record that answers for a person, locked: the survivor of a merge.

    Raise CannotCorrect for a record that was entered in error.
    """
    person = Person.objects.only("merged_into").get(pk=person_id)
    while True:
        person = Person.objects.select_for_update().get(pk=person.surviving_id)
        if person.status == Person.Status.ENTERED_IN_ERROR:
            raise CannotCorrect("the record was entered in error")
        if person.merged_into_id is None:
            return person


def lock_dose(dose_id: int, *also: int) -> Dose:
    """Return a dose, locked after whoever has it and after others named.

    Raise RecordMoved where it went to another person in this very moment.
    """
    owner = Dose.objects.values_list("person_id", flat=True).get(pk=dose_id)
    lock_people([owner, *also])
    (dose,) = lock_doses([dose_id])
    if dose.person_id != owner:
        raise RecordMoved("the dose was moved to another person")
    return dose


def lock_doses(ids: Iterable[int]) -> list[Dose]:
    """Return these doses, locked in the order of keys; their people were before."""
    rows = Dose.objects.filter(pk__in=list(ids)).order_by("pk")
    # By their keys alone: one of nobody is found whatever is corrected meanwhile.
    list(rows.select_for_update().values_list("pk"))
    return list(rows.select_related("product", "site"))


def require(row: Person | Dose, expected: Mapping[str, str] | None) -> None:
    """Raise RecordMoved where a locked row is not what the decision was based on."""
    for field, value in (expected or {}).items():
        if values.read(row, field) != value:
            raise RecordMoved(f"{field} is not what it was")


def mark_stale(people: Iterable[int | None], *, at: datetime) -> None:
    """Note that what certificates show of these people was corrected.

    Later than what stands there in any case, though work of one moment writes twice and
    work that was begun before may write last: each is to put certificates in doubt
    (``registry_doubt_certificates``).
    """
    wanted = {pk for pk in people if pk is not None}
    later = F("certificate_stale_since") + timedelta(microseconds=1)
    Person.objects.filter(pk__in=wanted).update(
        certificate_stale_since=Greatest(Value(at), later)
    )


def fill(row: Person | Dose, changes: Mapping[str, str]) -> None:
    """Set fields without saving. Raise CannotCorrect for one that cannot be read."""
    try:
        for field, value in changes.items():
            values.put(row, field, value)
    except values.Unreadable as error:
        raise CannotCorrect(str(error)) from error


@dataclass
class Step:
    """One operation: its kind and warrant. What it writes first leads the rest."""

    operation: Correction.Operation
    warrant: Warrant
    at: datetime
    needs_second: bool = False
    lead: Correction | None = None

    def demand(
        self, *, is_exact_clone: bool = False, numbers_differ: bool = False
    ) -> None:
        """Raise NeedsSecond where ``second.takes_two`` and only one person signs."""
        self.insist(
            second.takes_two(
                self.operation,
                reason=self.warrant.reason,
                source=self.warrant.source,
                is_exact_clone=is_exact_clone,
                numbers_differ=numbers_differ,
                concerns_oneself=self.warrant.concerns_oneself,
            )
        )

    def insist(self, needs_second: bool) -> None:
        """Note whether two people are needed; raise NeedsSecond where there is one."""
        self.needs_second = needs_second
        if needs_second and not self.warrant.has_two:
            raise NeedsSecond("a second person has to sign this")

    def write(
        self,
        row: Person | Dose,
        changes: Mapping[str, str],
        *,
        reverses: Correction | None = None,
    ) -> Correction:
        """Set the fields of a locked row and keep before and after in the ledger.

        A row of version 0 is new: nothing was there. Raise CannotCorrect for values
        that cannot be read and where nothing would change.
        """
        is_new = row.version == 0
        before = {f: "" if is_new else values.read(row, f) for f in changes}
        owners = [row.person_id if isinstance(row, Dose) else row.pk]
        fill(row, changes)
        after = {field: values.read(row, field) for field in changes}
        if all(before[f] == after[f] for f in changes if f != values.SAID_OF_VALUES):
            raise CannotCorrect("the record says so already")
        row.version += 1
        row.save()
        if isinstance(row, Dose):
            owners.append(row.person_id)
        if isinstance(row, Dose) or (not is_new and _CERTIFIED & changes.keys()):
            mark_stale(owners, at=self.at)
        correction = self._enter(row, before, after, reverses)
        if after.get(values.SAID_OF_VALUES) and reverses is None:
            # What is put back was compared before; what is new has to be.
            self._owe_comparison(correction)
        self.lead = self.lead or correction
        return correction

    def _owe_comparison(self, correction: Correction) -> None:
        """Let the population database be asked about the new values."""
        if neighbour.is_set_up():
            outbox.add("recheck", [correction.pk], at=self.at)

    def _enter(
        self,
        row: Person | Dose,
        before: dict[str, str],
        after: dict[str, str],
        reverses: Correction | None,
    ) -> Correction:
        """Write the ledger's entry, and who changed what into the log of access."""
        target = (
            Correction.Target.PERSON
            if isinstance(row, Person)
            else Correction.Target.DOSE
        )
        ref = uuid.uuid4()
        by = self.warrant
        correction = Correction.objects.create(
            ref=ref,
            target=target,
            target_id=row.pk,
            version_before=row.version - 1,
            operation=self.operation,
            before_sealed=crypto.seal_json(before, bound_to=f"before:{ref}"),
            after_sealed=crypto.seal_json(after, bound_to=f"after:{ref}"),
            reason=by.reason,
            reason_ref=by.reference,
            source=by.source,
            needs_second=self.needs_second,
            proposed_by_id=by.proposed_by,
            approved_by_id=by.approved_by,
            applied_at=self.at,
            reverses=reverses,
            part_of=self.lead,
        )
        # Fields by name: what follows a colon would be somebody's number or name.
        fields = {field.partition(":")[0] for field in after}
        audit.change(
            at=self.at,
            actor="staff" if by.proposed_by else "system",
            actor_id=by.approved_by or by.proposed_by,
            person_id=row.pk if isinstance(row, Person) else row.person_id,
            subject=f"registry.{target}",
            subject_id=row.pk,
            detail=",".join(sorted(fields))[:80],
        )
        return correction
