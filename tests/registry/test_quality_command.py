"""What ``run_quality`` prints and how it ends."""

import json
from io import StringIO

import pytest
from django.core.management import call_command, execute_from_command_line

from complaints import quality
from portal.common import scope
from portal.registry.models import QualityRun
from portal.registry.quality.rules import RULES
from tests.factories import NOON
from tests.registry.quality_world import Place, read

EXAMPLES = {f"{one.rule} {one.example}": one for one in read()}


@pytest.fixture
def place(all_rows):
    return Place()


def run(*words):
    """Return what the command prints, and its exit code."""
    out = StringIO()
    try:
        call_command("run_quality", "--json", *words, stdout=out)
    except SystemExit as ended:
        return json.loads(out.getvalue()), ended.code
    return json.loads(out.getvalue()), 0


def test_a_clean_registry_ends_with_0_and_names_all_rules(place):
    place.put(EXAMPLES["Q25 AstraZeneca on the day on which its lot came"])

    answer, code = run()

    assert code == 0
    assert list(answer) == list(RULES)
    assert answer["Q01"] == {"rows": 0, "severity": "E"}
    assert answer["Q50"] == {"rows": 0, "severity": "W"}
    assert answer["Q51"] == {"rows": None, "severity": "W"}
    assert QualityRun.objects.get().is_full


@pytest.mark.parametrize("words", [(), ("--changed",)])
def test_an_open_error_ends_with_1(place, words):
    place.put(EXAMPLES["Q02 A dose on the day before birth"])

    answer, code = run(*words)

    assert code == 1
    assert answer["Q02"] == {"rows": 1, "severity": "E"}


def test_information_alone_is_not_wanting(place):
    place.put(EXAMPLES["Q37 Nine people with one telephone"])

    answer, code = run()

    assert answer["Q37"]["rows"] == 9
    assert code == 0


def test_wrong_usage_ends_with_2():
    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(["manage.py", "run_quality", "--nothing"])
    assert ended.value.code == 2


@pytest.mark.django_db
def test_the_worker_checks_what_changed_and_a_wish_for_all_is_kept():
    with scope.system():
        Place()
    quality.ask_for_all()

    report = quality.check_changed(at=NOON)

    assert report.is_done
    assert not report.opened
