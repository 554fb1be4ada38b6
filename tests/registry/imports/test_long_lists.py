"""Lists longer than what one statement takes parameters for."""

import pytest

from portal.registry.imports import committing, jobs, reviewing
from portal.registry.models import Person
from tests.factories import make_organization, make_product
from tests.registry.imports.lists import NOON, Work, make_list, make_row, verdicts
from tests.registry.imports.test_taking import different, row_about
from tests.statements import widest

pytestmark = pytest.mark.usefixtures("all_rows")


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    return make_organization()


def test_undo_of_a_longer_list_asks_no_more_of_a_statement(site, monkeypatch):
    monkeypatch.setattr(committing, "BATCH", 2)

    def undone(count):
        rows = [
            make_row(
                n,
                id_number=f"0791580{n:05}",
                full_name=f"Nguyễn Thị {'ABCDEGHIK'[n]}",
                phones=(f"+849{n:08}",),
            )
            for n in range(1, count + 1)
        ]
        one = make_list(site, rows, content=str(count).encode())
        committing.commit(one.pk, by=None, at=NOON, queued=False)
        jobs.finish(one.pk, (Work.COMMIT,), by=None, at=NOON)
        assert Person.objects.filter(status="active").count() == count
        committing.undo(one.pk, by=None, at=NOON, queued=False)
        width = widest(
            lambda: jobs.finish(one.pk, (Work.UNDO,), by=None, at=NOON),
            among='SELECT "registry_person"',
        )
        one.refresh_from_db()
        assert one.state == "undone"
        return width

    short, long = undone(2), undone(6)

    assert not Person.objects.filter(status="active").exists()
    assert short == long


def test_taking_all_asks_no_more_of_a_statement_for_more_rows(site):
    def taken(*people):
        rows = [row_about(different(site, n=n), n) for n in people]
        one = make_list(site, rows, content=repr(people).encode())
        assert verdicts(one) == ["differs"] * len(people)
        width = widest(lambda: reviewing.take_all(one.pk))
        assert set(one.staged.values_list("taken", flat=True)) == {"list"}
        return width

    assert taken(1) == taken(2, 3, 4, 5)
