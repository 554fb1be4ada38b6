"""Who is added is compared by itself; who is no record is not compared."""

import pytest

from portal.common.models import Outbox
from portal.registry import corrections
from portal.registry.models import Person, PopulationBatch
from portal.registry.population import results, runs
from tests.factories import NOON, TEST_WARRANT, make_person
from tests.population.test_runs import drain, latest, people

pytestmark = pytest.mark.django_db(transaction=True)


def stand(person, **facts):
    """Put columns of a record, as joining or voiding it would."""
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(**facts)


def test_nobody_is_asked_about_who_was_joined_or_entered_in_error():
    stays, joined, wrong, late = people(4)
    stand(joined, status="merged", merged_into=stays)
    stand(wrong, status="entered_in_error")
    asked = results.read([stays.pk, joined.pk, wrong.pk]).to_ask
    assert [fact.person_id for fact in asked] == [stays.pk]

    runs.start(by=1, at=NOON)
    assert PopulationBatch.objects.get().people == [stays.pk, late.pk]
    stand(late, status="entered_in_error")
    drain(NOON)

    run = latest()
    assert (run.state, run.done, run.matched, run.moved_on) == ("finished", 2, 1, 1)
    said = Person.objects.exclude(population="not_sent")
    assert [person.pk for person in said] == [stays.pk]


def test_who_is_added_is_compared_without_anybody_asking(settings):
    settings.POPULATION_BATCH = 2
    people(3)
    assert runs.compare_new(again=True, at=NOON) is None, "nobody has begun the first"
    runs.start(by=1, at=NOON)
    drain(NOON)
    assert runs.compare_new(at=NOON) is None, "nobody came since"

    make_person(national_id="")
    corrections.correct_person(
        Person.objects.earliest("pk").pk, {"sex": "M"}, warrant=TEST_WARRANT, at=NOON
    )
    Outbox.objects.all().delete()
    run = runs.compare_new(at=NOON)
    assert run.of_new
    drain(NOON)

    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.no_number) == ("finished", 1, 1, 1)
    assert Person.objects.filter(population="not_sent").count() == 1
    again = runs.compare_new(again=True, at=NOON)
    drain(NOON)
    again.refresh_from_db()
    assert (again.done, again.total, again.mismatched) == (1, 1, 1)
    assert not Person.objects.filter(population="not_sent").exists()


def test_a_comparison_of_new_people_waits_for_one_that_runs_or_was_stopped(settings):
    people(3)
    run = runs.start(by=1, at=NOON)
    assert runs.compare_new(again=True, at=NOON) is None
    runs.stop(run.pk, by=1, at=NOON)
    assert runs.compare_new(again=True, at=NOON) is None
    assert runs.latest() == run
    runs.resume(run.pk, by=1, at=NOON)
    drain(NOON)
    people(1, known=False)
    settings.POPULATION_URL = ""
    assert runs.compare_new(at=NOON) is None
    settings.POPULATION_URL = "table:"

    new = runs.compare_new(at=NOON)

    assert runs.latest() == new, "shown while it runs"
    drain(NOON)
    assert runs.latest() == run
