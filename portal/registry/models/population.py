"""The comparison with the population database: runs, batches, questions, figures."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portal.registry.models.unit import AdministrativeUnit


class PopulationRun(models.Model):
    """A comparison of everybody on record, which can be stopped and gone on with.

    ``cursor`` is the last person put into a batch, ``last_person`` the last there was
    when the run began. The counts are of people whose batch is done. ``of_new``: begun
    by itself, about those only of whom no answer is known.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        STOPPED = "stopped"
        FINISHED = "finished"

    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    of_new = models.BooleanField(default=False, db_default=False)
    started_by = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    last_person = models.BigIntegerField()
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    matched = models.PositiveIntegerField(default=0)
    mismatched = models.PositiveIntegerField(default=0)
    no_number = models.PositiveIntegerField(default=0)
    bad_format = models.PositiveIntegerField(default=0)
    # Asked three times, never answered about.
    silent = models.PositiveIntegerField(default=0)
    # Corrected while the question was under way: the answer was of another record.
    moved_on = models.PositiveIntegerField(default=0)
    # Why no answer comes, as a word; empty while answers come.
    trouble = models.CharField(max_length=20, blank=True)
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="populationrun_one_at_a_time",
                fields=["state"],
                condition=Q(state="running"),
            ),
            models.CheckConstraint(
                name="populationrun_is_finished_iff_it_has_an_end",
                condition=Q(state="finished", finished_at__isnull=False)
                | ~Q(state="finished") & Q(finished_at=None),
            ),
            models.CheckConstraint(
                name="populationrun_counts_everybody_once",
                condition=Q(
                    done=models.F("matched")
                    + models.F("mismatched")
                    + models.F("no_number")
                    + models.F("bad_format")
                    + models.F("silent")
                    + models.F("moved_on")
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.started_at:%Y-%m-%d}"


class PopulationBatch(models.Model):
    """Up to 1,000 people of a run who are asked about under one number.

    ``people`` is emptied when the batch is done. What was left unanswered goes into a
    batch of the next round.
    """

    number = models.UUIDField(unique=True, default=uuid.uuid4)
    run = models.ForeignKey(PopulationRun, models.PROTECT, related_name="batches")
    round = models.PositiveSmallIntegerField(default=1)
    people = ArrayField(models.BigIntegerField())
    size = models.PositiveSmallIntegerField()
    planned_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="populationbatch_holds_people_until_it_is_done",
                condition=Q(done_at=None, people__len=models.F("size"))
                | Q(done_at__isnull=False, people__len=0),
            ),
        )
        indexes = (
            models.Index(
                name="populationbatch_waiting",
                fields=["run"],
                condition=Q(done_at=None),
            ),
        )

    def __str__(self) -> str:
        return str(self.number)


class PopulationInquiry(models.Model):
    """Questions on whose answers somebody waits: do these details belong together?

    ``about`` is who waits: a complaint, a report that is not sent yet, or a batch of a
    campaign, by ``purpose``; asked again with other questions it is another ``round``.
    After ``due_at`` nobody waits any more. ``answers``: for each question the wrong
    fields, or null for silence; null as a whole where no answer came in time.
    ``said_at``: of when the answers are, as the neighbour says: it may have a copy.
    """

    class Purpose(models.TextChoices):
        COMPLAINT = "complaint"
        CAMPAIGN = "campaign"
        DRAFT = "draft"
        PREPARE = "prepare"

    number = models.UUIDField(unique=True, default=uuid.uuid4)
    purpose = models.CharField(
        max_length=9, choices=Purpose, default=Purpose.COMPLAINT, db_default="complaint"
    )
    about = models.BigIntegerField()
    round = models.PositiveSmallIntegerField(default=1, db_default=1)
    questions_sealed = models.BinaryField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answers = models.JSONField(null=True)
    said_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="populationinquiry_once_a_round",
                fields=["about", "purpose", "round"],
            ),
            models.CheckConstraint(
                name="populationinquiry_is_answered_with_a_time",
                condition=Q(answered_at=None, answers=None)
                | Q(answered_at__isnull=False, answers__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.number)


class PopulationFigure(models.Model):
    """How the people who live in a unit fared; without one, those of no known unit."""

    unit = models.OneToOneField(AdministrativeUnit, models.CASCADE, null=True)
    people = models.PositiveIntegerField()
    matched = models.PositiveIntegerField()
    mismatched = models.PositiveIntegerField()
    wrong_number = models.PositiveIntegerField()
    wrong_name = models.PositiveIntegerField()
    wrong_birth = models.PositiveIntegerField()
    wrong_sex = models.PositiveIntegerField()
    no_number = models.PositiveIntegerField()
    bad_format = models.PositiveIntegerField()
    not_sent = models.PositiveIntegerField()
    computed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.unit_id)


class PopulationEntry(models.Model):
    """What the population database's simulator knows; the demo's neighbour."""

    number_digest = models.BinaryField(max_length=32, unique=True)
    name_key = models.CharField(max_length=200)
    born_on = models.DateField()
    sex = models.CharField(max_length=1)

    def __str__(self) -> str:
        return str(self.pk)


class PopulationAnswer(models.Model):
    """What the simulator said to a batch number, to say it again; nothing personal."""

    batch = models.UUIDField(unique=True)
    body_digest = models.BinaryField(max_length=32)
    questions = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.batch)
