"""One cause behind many reports: a session whose list was never entered."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from complaints.models.event import Event
from portal.accounts.models import User
from portal.registry.models import (
    Organization,
    Product,
    SessionList,
    StagedRow,
    Telephone,
)


class Clue(models.Model):
    """Which session a report of a missing dose means, as far as it says so.

    Read from its sealed claims, so that reports can be grouped in one statement.
    ``version``: that of the report when it was read. A lot that the ledger knows
    stands for its product.
    """

    complaint = models.OneToOneField(
        Complaint, models.CASCADE, primary_key=True, related_name="clue"
    )
    version = models.PositiveIntegerField()
    site = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_index=False
    )
    given_on = models.DateField()
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="+", db_index=False
    )
    lot = models.CharField(max_length=30, blank=True)
    filed_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(name="clue_session", fields=["site", "given_on"]),)

    def __str__(self) -> str:
        return f"of {self.complaint_id}"


class Incident(models.Model):
    """Open reports that share site, day and product, or a lot that nobody knows.

    It forms by itself. ``session_list`` is the list that was missing; one person
    proposes to settle everybody by it, another one signs. ``matched_at``: when its rows
    were last held beside the reports, null where that is owed. ``told``: how many
    people heard of it who never complained. ``revision``: that of the list when it was
    proposed; no other is written. ``returned``: why workers gave the decision back.
    ``back_by`` asks to take back all that was settled, ``back_signed_by`` signs that.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits for the list")
        PROPOSED = "proposed", _("Proposed, waits for a second person")
        SETTLING = "settling", _("Being settled")
        SETTLED = "settled", _("Settled")
        UNDOING = "undoing", _("Being taken back as a whole")
        UNDONE = "undone", _("Taken back as a whole")
        DISSOLVED = "dissolved", _("Over: no report is open any more")

    class Returned(models.TextChoices):
        LIST_CHANGED = (
            "changed",
            _(
                "The list changed after it was proposed, so settling stopped."
                " Check its rows, then propose again."
            ),
        )
        NONE_SETTLED = (
            "none",
            _(
                "No report could be settled, so settling stopped."
                " The reason stands beside each report."
            ),
        )

    class Back(models.TextChoices):
        """Why what was settled is taken back as a whole."""

        OTHER_SESSION = "session", _("The list is of another session")
        WRONG_FACTS = "facts", _("The list has wrong days, vaccines or lots")
        WRONG_PEOPLE = "people", _("Rows were taken for the wrong people")
        OTHER = "other", _("The list is wrong in another way")

    # As long as it is one of these, its session has no other incident.
    RUNNING = (State.OPEN, State.PROPOSED, State.SETTLING)

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    site = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    given_on = models.DateField()
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="+", db_index=False
    )
    lot = models.CharField(max_length=30, blank=True)
    holder = models.ForeignKey(Organization, models.PROTECT, related_name="incidents")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    formed_at = models.DateTimeField()
    session_list = models.ForeignKey(
        SessionList, models.PROTECT, null=True, related_name="incidents"
    )
    matched_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(null=True)
    returned = models.CharField(
        max_length=7, choices=Returned, blank=True, db_default=""
    )
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    progress_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    told = models.PositiveIntegerField(default=0)
    back_why = models.CharField(max_length=7, choices=Back, blank=True, db_default="")
    back_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    back_at = models.DateTimeField(null=True)
    back_signed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+"
    )
    back_signed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="incident_one_open_per_session",
                fields=["site", "given_on", "product", "lot"],
                condition=Q(state__in=("open", "proposed", "settling")),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="incident_names_a_product_or_a_lot",
                condition=Q(product=None) & ~Q(lot="")
                | Q(product__isnull=False, lot=""),
            ),
            models.CheckConstraint(
                name="incident_two_people_decide",
                condition=Q(state__in=("open", "dissolved"))
                & Q(proposed_by=None, signed_by=None)
                | Q(state="proposed", signed_by=None)
                & Q(proposed_by__isnull=False, session_list__isnull=False)
                | Q(state__in=("settling", "settled", "undoing", "undone"))
                & Q(proposed_by__isnull=False, signed_by__isnull=False)
                & Q(session_list__isnull=False)
                & ~Q(proposed_by=F("signed_by")),
            ),
            models.CheckConstraint(
                name="incident_settled_iff_it_has_a_time",
                condition=Q(
                    state__in=("settled", "undoing", "undone"),
                    settled_at__isnull=False,
                )
                | ~Q(state__in=("settled", "undoing", "undone")) & Q(settled_at=None),
            ),
            models.CheckConstraint(
                name="incident_two_people_take_back",
                condition=Q(state__in=("undoing", "undone"))
                & Q(back_by__isnull=False, back_signed_by__isnull=False)
                & ~Q(back_by=F("back_signed_by"))
                | Q(state="settled", back_signed_by=None)
                | ~Q(state__in=("settled", "undoing", "undone"))
                & Q(back_by=None, back_signed_by=None),
            ),
            models.CheckConstraint(
                name="incident_taken_back_iff_it_says_why",
                condition=Q(back_by=None, back_at=None, back_why="")
                | Q(back_by__isnull=False, back_at__isnull=False) & ~Q(back_why=""),
            ),
            models.CheckConstraint(
                name="incident_undone_iff_it_has_a_time",
                condition=Q(state="undone", undone_at__isnull=False)
                | ~Q(state="undone") & Q(undone_at=None),
            ),
        )
        indexes = (models.Index(name="incident_state", fields=["state", "-id"]),)

    def __str__(self) -> str:
        return f"{self.site_id} {self.given_on}"


class IncidentMember(models.Model):
    """A report that belongs to an incident, and what its settlement made of it.

    ``row``: the one row of the list that is about it, as long as the list is kept.
    ``event`` is the decision, so that each is decided, and told, once at most;
    ``words``: why it was left to a person. ``back``: what became of it when all was
    taken back, by ``back_event``; ``back_words``: why it stays as it was decided.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SETTLED = "settled"
        LEFT = "left"

    class Back(models.TextChoices):
        DONE = "done"
        STAYS = "stays"

    incident = models.ForeignKey(
        Incident, models.CASCADE, related_name="members", db_index=False
    )
    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="incidents")
    joined_at = models.DateTimeField()
    row = models.ForeignKey(StagedRow, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    words = models.CharField(max_length=300, blank=True)
    event = models.OneToOneField(Event, models.PROTECT, null=True, related_name="+")
    back = models.CharField(max_length=5, choices=Back, blank=True, db_default="")
    back_words = models.CharField(max_length=300, blank=True, db_default="")
    back_event = models.OneToOneField(
        Event, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="incidentmember_once", fields=["incident", "complaint"]
            ),
            models.CheckConstraint(
                name="incidentmember_settled_iff_it_was_decided",
                condition=Q(state="settled", event__isnull=False)
                | ~Q(state="settled") & Q(event=None),
            ),
            models.CheckConstraint(
                name="incidentmember_left_iff_it_says_why",
                condition=Q(state="left") & ~Q(words="")
                | ~Q(state="left") & Q(words=""),
            ),
            models.CheckConstraint(
                name="incidentmember_taken_back_iff_it_was_moved",
                condition=Q(back="done", state="settled", back_event__isnull=False)
                | ~Q(back="done") & Q(back_event=None),
            ),
            models.CheckConstraint(
                name="incidentmember_stays_iff_it_says_why",
                condition=Q(back="stays", state="settled") & ~Q(back_words="")
                | ~Q(back="stays") & Q(back_words=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.complaint_id} of {self.incident_id}"


class IncidentNotice(models.Model):
    """Somebody who never complained and hears what the list did to the record, once.

    ``row``: the first of the list that gave them a dose. ``telephone``: where they were
    told, ``told_at`` when; ``back_told_at``: when they heard that it was taken back.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="notices")
    row = models.OneToOneField(StagedRow, models.CASCADE, related_name="+")
    telephone = models.ForeignKey(
        Telephone, models.PROTECT, null=True, related_name="+", db_index=False
    )
    told_at = models.DateTimeField(null=True)
    back_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="incidentnotice_told_iff_it_says_where",
                condition=Q(told_at=None, telephone=None)
                | Q(told_at__isnull=False, telephone__isnull=False),
            ),
            models.CheckConstraint(
                name="incidentnotice_taken_back_where_it_was_told",
                condition=Q(back_told_at=None) | Q(told_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"of row {self.row_id}"


class IncidentRun(models.Model):
    """A slice of work that an incident still needs; the subject of its outbox row."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="runs")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"run of {self.incident_id}"
