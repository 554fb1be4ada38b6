"""Rules of self-correction in force: switches, what they changed, campaigns.

What a rule is stands in ``complaints.rules.selfcorrection``; here is who switched it,
what it did to whom, and what people found when they looked at a sample of it.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from portal.accounts.models import User
from portal.registry.models import AdministrativeUnit, Correction, Person


class RuleSwitch(models.Model):
    """A decision about a rule from an instant on: on or off, how often, how good.

    Rows are never changed: the newest of a rule, province and place of use counts.
    Without province it holds everywhere, without ``use`` for every use; where several
    hold, one that says off is enough. ``by`` is null where the rule halted itself.
    On is what was decided of one ``version`` of a rule; off holds for later ones too.
    """

    class Use(models.TextChoices):
        REPORT = "report", _("when a citizen reports")
        CAMPAIGN = "campaign", _("before anybody complains")

    rule = models.CharField(max_length=3)
    version = models.PositiveSmallIntegerField(default=0, db_default=0)
    province = models.ForeignKey(
        AdministrativeUnit, models.PROTECT, null=True, related_name="+"
    )
    use = models.CharField(max_length=8, choices=Use, blank=True)
    is_on = models.BooleanField()
    daily_cap = models.PositiveIntegerField(null=True)
    # In ten thousandths, so that it is exact: 9990 is 99.9 %. Null: the rule's own.
    least_precision = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(name="ruleswitch_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="ruleswitch_only_a_person_switches_on",
                condition=Q(is_on=False) | Q(by__isnull=False),
            ),
            models.CheckConstraint(
                name="ruleswitch_precision_is_a_share",
                condition=Q(least_precision__lte=10_000),
            ),
        )
        indexes = (models.Index(name="ruleswitch_newest", fields=["rule", "-id"]),)

    def __str__(self) -> str:
        return f"{self.rule} {'on' if self.is_on else 'off'}"


class Campaign(models.Model):
    """A walk through everybody on record with some rules, before anybody complains.

    ``cursor`` is the last person put into a batch, ``last_person`` the last there was
    when it began. ``cap``: so many changes at most; what is only put before staff
    (``prepared_count``) changes nothing. ``invites``: whether people are written to
    whose word would settle something. ``failed``: whose record could not be looked at.
    ``disputed``: fields about which two sources disagree; nothing is changed by those.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        FINISHED = "finished", _("Finished")

    rules = ArrayField(models.CharField(max_length=3))
    cap = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    last_person = models.BigIntegerField()
    total = models.PositiveIntegerField()
    looked_at = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    prepared_count = models.PositiveIntegerField(default=0, db_default=0)
    failed = models.PositiveIntegerField(default=0, db_default=0)
    disputed = models.PositiveIntegerField(default=0, db_default=0)
    invites = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="campaign_one_at_a_time",
                fields=["state"],
                condition=Q(state="running"),
            ),
            models.CheckConstraint(
                name="campaign_ended_iff_it_does_not_run",
                condition=Q(state="running", ended_at=None)
                | ~Q(state="running") & Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="campaign_keeps_to_its_cap", condition=Q(changed__lte=F("cap"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.started_at:%Y-%m-%d}"


class CampaignBatch(models.Model):
    """Some people of a campaign, looked at and changed in one transaction.

    ``people`` is emptied when the batch is done. A batch is taken back as a whole.
    ``disputed``: about which fields of whom sources disagree (``actions.disputed``).
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="batches")
    people = ArrayField(models.BigIntegerField())
    size = models.PositiveSmallIntegerField()
    changed = models.PositiveSmallIntegerField(default=0)
    prepared_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    disputed = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField())
    )
    planned_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="campaignbatch_holds_people_until_it_is_done",
                condition=Q(done_at=None, people__len=F("size"))
                | Q(done_at__isnull=False, people__len=0),
            ),
            models.CheckConstraint(
                name="campaignbatch_undone_by_somebody_after_it_was_done",
                condition=Q(undone_at=None, undone_by=None)
                | Q(
                    undone_at__gte=F("done_at"),
                    undone_by__isnull=False,
                    done_at__isnull=False,
                ),
            ),
        )
        indexes = (
            models.Index(
                name="campaignbatch_disputed",
                fields=["campaign", "id"],
                condition=~Q(disputed=[]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.size}"


class SelfCorrection(models.Model):
    """One field that a rule changed; what it changed at once is one ``whole``.

    ``place`` names the field (``full_name``, ``dose:7:status``); one automatic change
    of it in a person's life, which the database holds. ``proofs``: kind, source and
    age of each, nothing personal. A sample is looked at by people: ``finding``, and
    what they held it against, which what was found earlier does not say.
    """

    class Finding(models.TextChoices):
        RIGHT = "right", _("Right")
        WRONG = "wrong", _("Wrong")

    class Against(models.TextChoices):
        """What somebody held a sampled change against."""

        PAPER = "paper", _("A paper of the person")
        PERSON = "person", _("The person's own word")
        SITE = "site", _("The list or book of the vaccination site")
        REGISTER = "register", _("Another register")

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    whole = models.UUIDField()
    rule = models.CharField(max_length=3)
    version = models.PositiveSmallIntegerField()
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="self_corrections", db_index=False
    )
    province = models.ForeignKey(
        AdministrativeUnit, models.PROTECT, null=True, related_name="+"
    )
    place = models.CharField(max_length=40)
    correction = models.OneToOneField(
        Correction, models.PROTECT, related_name="self_correction"
    )
    proofs = models.JSONField(default=list)
    complaint = models.ForeignKey(
        Complaint, models.PROTECT, null=True, related_name="self_corrections"
    )
    batch = models.ForeignKey(
        CampaignBatch, models.PROTECT, null=True, related_name="self_corrections"
    )
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    is_sampled = models.BooleanField(default=False)
    finding = models.CharField(max_length=5, choices=Finding, blank=True)
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    checked_against = models.CharField(
        max_length=8, choices=Against, blank=True, db_default=""
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="selfcorrection_one_per_person_and_field",
                fields=["person", "place"],
            ),
            models.CheckConstraint(
                name="selfcorrection_by_a_report_or_a_campaign",
                condition=Q(complaint=None, batch__isnull=False)
                | Q(complaint__isnull=False, batch=None),
            ),
            models.CheckConstraint(
                name="selfcorrection_found_by_somebody",
                condition=Q(finding="", checked_by=None, checked_at=None)
                | ~Q(finding="")
                & Q(
                    is_sampled=True, checked_by__isnull=False, checked_at__isnull=False
                ),
            ),
            models.CheckConstraint(
                name="selfcorrection_held_against_something_when_found",
                condition=Q(checked_against="") | ~Q(finding=""),
            ),
        )
        indexes = (
            models.Index(
                name="selfcorrection_to_check",
                fields=["id"],
                condition=Q(is_sampled=True, finding=""),
            ),
            models.Index(name="selfcorrection_by_rule", fields=["rule", "at"]),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.ref}"
