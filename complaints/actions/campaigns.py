"""Putting records right before anybody complains: everybody, a batch at a time.

A campaign is a row with a cursor. One batch of it waits in the outbox at a time; first
it asks the population database what its rules need, then it writes, counts and plans
the next batch in one transaction. So a kill loses nothing and repeats nothing, and to
stop is to plan no more.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from complaints.actions import (
    campaign_people,
    disputed,
    inviting,
    preparing,
    selfcorrection,
    switches,
)
from complaints.actions.campaign_people import (
    Failed,
    all_or_each,
    each,
    put_forward,
    put_right,
    word_of,
)
from complaints.actions.selfservice import ACTING, judged, said_in
from complaints.choices import OPEN
from complaints.models import (
    Campaign,
    CampaignBatch,
    Invitation,
    Prepared,
    RuleSwitch,
)
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection.facts import Facts
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import outbox, scope
from portal.registry.models import Person, PopulationInquiry
from portal.registry.population import inquiries, neighbour

logger = logging.getLogger("complaints.campaigns")

KIND: Final = "campaign"
BATCH: Final = 250
# Nobody looks on, so that a neighbour that is away for a while is waited for.
PATIENCE: Final = timedelta(minutes=30)
_ROUNDS: Final = 3
# A batch that asked as often as it may and waited each time is done by then.
LONGEST: Final = _ROUNDS * PATIENCE + timedelta(minutes=30)
RULES: Final = (*ACTING, *preparing.RULES)

CampaignState = Campaign.State
Purpose = PopulationInquiry.Purpose


def start(
    *,
    rules: Collection[str],
    cap: int,
    invites: bool = False,
    by: User,
    at: datetime,
) -> Campaign:
    """Begin a campaign over all who are on record now.

    ``invites``: write to those whose word would let one of the rules act.

    Raise Refused while another one runs, without rules or where all of them are off,
    without a cap, and where nobody is on record.
    """
    chosen = [rule for rule in RULES if rule in set(rules)]
    if not chosen:
        raise Refused(_("Choose at least one rule."))
    if cap < 1:
        raise Refused(_("Say how many changes it may make at most."))
    with scope.system():
        switches.lock()
        # Off everywhere; what is off in a province alone is left out there.
        on, _off = switches.in_force(
            chosen, province=None, use=RuleSwitch.Use.CAMPAIGN, at=at
        )
        if not on:
            raise Refused(_("Each of these rules is off. Switch one on first."))
        if Campaign.objects.filter(state=CampaignState.RUNNING).exists():
            raise Refused(_("Another campaign is running. Stop it first."))
        people = Person.objects.filter(status=Person.Status.ACTIVE)
        last = people.aggregate(last=Max("pk"))["last"]
        if last is None:
            raise Refused(_("Nobody is on record."))
        campaign = Campaign.objects.create(
            rules=chosen,
            cap=cap,
            invites=invites,
            started_by=by,
            started_at=at,
            last_person=last,
            total=people.count(),
        )
        _plan(campaign, at=at)
        _note(campaign, "start", by=by, at=at)
    return campaign


def stop(campaign_id: int, *, by: User, at: datetime) -> Campaign:
    """Plan no more batches; the one under way is left as it is and changes nothing."""
    with scope.system():
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        if campaign.state != CampaignState.RUNNING:
            raise Refused(_("It does not run any more."))
        campaign.state, campaign.ended_at = CampaignState.STOPPED, at
        campaign.save(update_fields=["state", "ended_at"])
        _note(campaign, "stop", by=by, at=at)
    return campaign


def undo_batch(batch_id: int, *, by: User, at: datetime) -> selfcorrection.TakenBack:
    """Put back what a batch changed, but for records that were changed again since.

    Nor the reader's own. Each is told. Raise Refused where it was taken back already,
    or is still at work.
    """
    with scope.system():
        batch = CampaignBatch.objects.select_for_update().get(pk=batch_id)
        if batch.done_at is None:
            raise Refused(_("It is still at work. Stop the campaign or wait for it."))
        if batch.undone_at is not None:
            raise Refused(_("It was taken back already."))
        wholes = list(
            batch.self_corrections.filter(undone_at=None)
            .values_list("whole", flat=True)
            .distinct()
        )
        found = selfcorrection.take_back(wholes, by=by, at=at)
        # What nobody has decided yet was never put forward, but for what stands beside
        # an open report by now: that is for whoever has it.
        waiting = batch.prepared.filter(state=Prepared.State.OPEN)
        beside = waiting.filter(complaint__status__in=OPEN)
        waiting.exclude(pk__in=beside.values("pk")).delete()
        batch.undone_at, batch.undone_by = at, by
        batch.save(update_fields=["undone_at", "undone_by"])
        _note(batch.campaign, f"undo {batch.pk}", by=by, at=at)
    return found


def resume(campaign_id: int, *, by: User, at: datetime) -> Campaign:
    """Owe a batch that was given up once more. Raise Refused where it does not run."""
    with scope.system():
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        if campaign.state != CampaignState.RUNNING:
            raise Refused(_("It does not run any more."))
        waiting = campaign.batches.filter(done_at=None)
        outbox.again(KIND, list(waiting.values_list("pk", flat=True)), at=at)
        _note(campaign, "resume", by=by, at=at)
    return campaign


def stands_still(campaign: Campaign, *, at: datetime) -> bool:
    """Tell whether nothing moves it on: its batch was given up, or waits too long."""
    if campaign.state != CampaignState.RUNNING:
        return False
    waiting = campaign.batches.filter(done_at=None)
    if waiting.filter(planned_at__lt=at - LONGEST).exists():
        return True
    return outbox.has_given_up(KIND, list(waiting.values_list("pk", flat=True)))


def latest() -> Campaign | None:
    """Return the campaign that was begun last."""
    return Campaign.objects.order_by("-pk").first()


def invited(campaign: Campaign) -> int:
    """Return how many people a campaign wrote to, or will by day."""
    with scope.system():
        return Invitation.objects.filter(batch__campaign=campaign).count()


def work(subjects: Sequence[int], *, at: datetime) -> None:
    """Look at batches: ask first, then change. The outbox's handler."""
    for batch_id in subjects:
        _look_at(batch_id, at=at)


def go_on(inquiry_ids: Sequence[int], *, at: datetime) -> None:
    """Go on with batches whose questions are answered or nobody answers."""
    batches = PopulationInquiry.objects.filter(
        pk__in=inquiry_ids, purpose=Purpose.CAMPAIGN
    ).values_list("about", flat=True)
    with scope.system():
        for batch_id in sorted(set(batches)):
            _look_at(batch_id, at=at)


def _look_at(batch_id: int, *, at: datetime) -> None:
    # The campaign first: starting, stopping and working lock in the same order.
    campaign_id = CampaignBatch.objects.values_list("campaign", flat=True).get(
        pk=batch_id
    )
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    batch = CampaignBatch.objects.select_for_update().get(pk=batch_id)
    if batch.done_at is not None or campaign.state != CampaignState.RUNNING:
        return
    asked = _inquiries(batch)
    if any(row.answered_at is None and row.due_at > at for row in asked):
        return
    answers = said_in(asked)
    found = {
        pk: replace(facts, answers=answers)
        for pk, facts in campaign_people.read(batch.people, at=at).items()
    }
    may_ask = neighbour.is_set_up() and len(asked) < _ROUNDS
    questions = campaign_people.questions_of(found, campaign.rules) if may_ask else []
    if questions:
        inquiries.open_one(
            about=batch.pk,
            purpose=Purpose.CAMPAIGN,
            round_=len(asked) + 1,
            questions=questions,
            due_at=at + PATIENCE,
            at=at,
        )
        return
    _change(campaign, batch, found, at=at)
    # What was asked is kept no longer than it is needed.
    PopulationInquiry.objects.filter(about=batch.pk, purpose=Purpose.CAMPAIGN).delete()
    _plan(campaign, at=at)


def _change(
    campaign: Campaign, batch: CampaignBatch, found: dict[int, Facts], *, at: datetime
) -> None:
    """Write what fires, up to the caps; note the batch as done.

    Whose record raises an error is counted, and keeps no other from being put right.
    """
    switches.keep_to_caps(campaign.rules)
    residences = dict(
        Person.objects.filter(pk__in=list(found)).values_list("pk", "residence")
    )
    provinces = selfcorrection.provinces_of(residences.values())
    told: list[int] = []
    ready: list[preparing.Found] = []
    doubted: list[preparing.Found] = []
    invited: dict[int, str] = {}
    # Who was joined to another record since the batch was planned is no failure.
    standing = Person.objects.filter(pk__in=batch.people, status=Person.Status.ACTIVE)
    failed = set(standing.values_list("pk", flat=True)) - found.keys()
    for pk, facts in found.items():
        province = provinces.get(residences[pk] or 0)
        try:
            # What only reads may break the transaction as well.
            with each("change", pk), transaction.atomic():
                found_of_b = put_forward(campaign, pk, facts, province, at=at)
                told_all, said = judged(facts, rules=campaign.rules, may_ask=False)
                in_doubt = disputed.found_in(pk, facts, said)
                rows = put_right(campaign, batch, pk, told_all, said, province, at=at)
                # Of whom nothing was put right just now: one message a person.
                word = "" if rows else word_of(campaign, facts, province, at=at)
        except Failed:
            failed.add(pk)
            continue
        ready += found_of_b
        doubted += in_doubt
        campaign.changed += len(rows)
        batch.changed += len(rows)
        told += [rows[0].pk] if rows else []
        if word:
            invited[pk] = word
    _rows, not_invited = all_or_each(
        "invite",
        list(invited),
        lambda chosen: inviting.invite(
            {pk: invited[pk] for pk in chosen}, batch=batch, at=at
        ),
    )
    kept, not_kept = all_or_each(
        "keep",
        _people_of(ready),
        lambda chosen: preparing.keep(_of(ready, chosen), batch=batch, at=at),
    )
    noted, not_noted = all_or_each(
        "note",
        _people_of(doubted),
        lambda chosen: disputed.noted(_of(doubted, chosen), at=at),
    )
    failed |= not_invited | not_kept | not_noted
    batch.prepared_count = sum(kept)
    campaign.prepared_count += batch.prepared_count
    batch.disputed = [row for rows in noted for row in rows]
    campaign.disputed += len(batch.disputed)
    campaign.looked_at += len(found.keys() - failed)
    campaign.failed += len(failed)
    batch.people, batch.done_at = [], at
    batch.save(
        update_fields=["people", "done_at", "changed", "prepared_count", "disputed"]
    )
    if told:
        # One message a person, however much was put right.
        outbox.add("self_done", sorted(told), at=at)


def _people_of(found: Sequence[preparing.Found]) -> list[int]:
    return list(dict.fromkeys(one.person_id for one in found))


def _of(
    found: Sequence[preparing.Found], people: Collection[int]
) -> list[preparing.Found]:
    chosen = set(people)
    return [one for one in found if one.person_id in chosen]


def _plan(campaign: Campaign, *, at: datetime) -> None:
    """Owe the next batch, or end the campaign, and save it."""
    people = list(
        Person.objects.filter(
            Q(pk__gt=campaign.cursor, pk__lte=campaign.last_person),
            status=Person.Status.ACTIVE,
        )
        .order_by("pk")
        .values_list("pk", flat=True)[:BATCH]
    )
    only_acts = not set(campaign.rules) & set(preparing.RULES)
    if not people or (only_acts and campaign.changed >= campaign.cap):
        campaign.state, campaign.ended_at = CampaignState.FINISHED, at
    else:
        batch = CampaignBatch.objects.create(
            campaign=campaign, people=people, size=len(people), planned_at=at
        )
        campaign.cursor = people[-1]
        outbox.add(KIND, [batch.pk], at=at)
    campaign.save()


def _inquiries(batch: CampaignBatch) -> list[PopulationInquiry]:
    return list(
        PopulationInquiry.objects.filter(
            about=batch.pk, purpose=Purpose.CAMPAIGN
        ).order_by("round")
    )


def _note(campaign: Campaign, move: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="complaints.campaign",
        subject_id=campaign.pk,
        detail=move,
    )
