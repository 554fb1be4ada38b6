"""What beat starts. Each task calls one function and may run twice or at once."""

from celery import shared_task
from django.utils import timezone

from complaints import integrity, quality, rollups
from complaints.actions import (
    access_signs,
    bulk,
    clockwork,
    drafts,
    gathering,
    own_files,
    publishing,
    report_lists,
)
from portal.common import scope
from portal.registry.certificates import issuing
from portal.registry.exports import files
from portal.registry.imports import staging as lists
from portal.registry.matching import rarity
from portal.registry.population import figures, runs
from portal.registry.proposals import finding

# A worker's task is stopped after 50 s; one part of a run takes some seconds.
PAIRS_SECONDS = 25.0
FIGURES_SECONDS = 25.0


@shared_task(name="complaints.escalate_overdue", ignore_result=True)
def escalate_overdue(**_later: object) -> None:
    """Do what time alone brings about: overdue cases, reminders, hand-ups, lapses."""
    clockwork.run(at=timezone.now())


@shared_task(name="complaints.forget_drafts", ignore_result=True)
def forget_drafts(**_later: object) -> None:
    """Delete drafts that nobody sent in time, with their photos."""
    drafts.forget_expired(at=timezone.now())


@shared_task(name="complaints.gather_incidents", ignore_result=True)
def gather_incidents(**_later: object) -> None:
    """Group new reports that have one cause."""
    gathering.run(at=timezone.now())


@shared_task(name="complaints.forget_bulks", ignore_result=True)
def forget_bulks(**_later: object) -> None:
    """Delete sets of cases that were never begun, or done long ago."""
    bulk.forget_old(at=timezone.now())


@shared_task(name="complaints.forget_report_lists", ignore_result=True)
def forget_report_lists(**_later: object) -> None:
    """Delete lists of reports that were kept long enough, with their files."""
    report_lists.forget_expired(at=timezone.now())


@shared_task(name="registry.forget_lists", ignore_result=True)
def forget_lists(**_later: object) -> None:
    """Delete session lists that were kept long enough, with their files."""
    lists.forget_expired(at=timezone.now())


@shared_task(name="complaints.rebuild_figures", ignore_result=True)
def rebuild_figures(**_later: object) -> None:
    """Recompute the figures of organizations where something happened."""
    rollups.rebuild_changed(at=timezone.now(), seconds=FIGURES_SECONDS)


@shared_task(name="complaints.count_population", ignore_result=True)
def count_population(**_later: object) -> None:
    """Count how the comparison with the population database stands."""
    figures.rebuild_changed(at=timezone.now())


@shared_task(name="registry.compare_new", ignore_result=True)
def compare_new(*, again: bool = False, **_later: object) -> None:
    """Let the population database be asked about people of whom no answer is known."""
    runs.compare_new(again=again, at=timezone.now())


@shared_task(name="complaints.count_names", ignore_result=True)
def count_names(**_later: object) -> None:
    """Count anew how common each name is, which matching weighs names by."""
    rarity.refresh(at=timezone.now())


@shared_task(name="complaints.reconcile", ignore_result=True)
def reconcile(**_later: object) -> None:
    """Look for what must never be, put back what the outbox lost, log the rest."""
    integrity.reconcile(at=timezone.now())


@shared_task(
    name="complaints.reconcile_all",
    ignore_result=True,
    soft_time_limit=4 * 3600,
    time_limit=4 * 3600 + 60,
)
def reconcile_all(**_later: object) -> None:
    """Do the same over everything there is, once a night."""
    integrity.reconcile(at=timezone.now(), newest=None)


@shared_task(name="complaints.forget_own_files", ignore_result=True)
def forget_own_files(**_later: object) -> None:
    """Delete the files that people made of their own data a day ago."""
    own_files.forget_expired(at=timezone.now())


@shared_task(name="complaints.find_unusual_looks", ignore_result=True)
def find_unusual_looks(**_later: object) -> None:
    """List what was unusual today in who looked at people's data."""
    access_signs.find(at=timezone.now())


@shared_task(name="complaints.publish_figures", ignore_result=True)
def publish_figures(**_later: object) -> None:
    """Publish the figures of a month that has ended; they stay as told then."""
    with scope.system():
        publishing.publish(at=timezone.now())


@shared_task(name="complaints.seal", ignore_result=True)
def seal(**_later: object) -> None:
    """Seal the days that have ended."""
    integrity.seal_days(at=timezone.now())


@shared_task(name="complaints.check_quality", ignore_result=True)
def check_quality(**_later: object) -> None:
    """Ask the quality rules about what changed; what is left waits."""
    quality.check_changed(at=timezone.now())


@shared_task(name="complaints.check_all_quality", ignore_result=True)
def check_all_quality(**_later: object) -> None:
    """Let the quality rules look at everything again, a part each time."""
    quality.ask_for_all()


@shared_task(name="registry.propose_pairs", ignore_result=True)
def propose_pairs(**_later: object) -> None:
    """Match anew who and what changed; what is left waits for the next minute."""
    finding.run(at=timezone.now(), seconds=PAIRS_SECONDS)


@shared_task(name="registry.renew_certificates", ignore_result=True)
def renew_certificates(**_later: object) -> None:
    """Revoke certificates that corrections made stale; issue them anew."""
    issuing.renew(at=timezone.now())


@shared_task(name="complaints.forget_dose_files", ignore_result=True)
def forget_dose_files(**_later: object) -> None:
    """Take back the files of doses that were made a day ago."""
    files.forget(at=timezone.now())
