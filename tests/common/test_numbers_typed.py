"""Numbers typed on the command line that cannot be meant."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("command", ["measure_matching", "measure_selfcorrection"])
@pytest.mark.parametrize(
    "words",
    [
        ["--people", "0"],
        ["--people=-5"],
        ["--people", "many"],
        ["--population", "2", "0", "0"],
        ["--population", "x", "0", "0"],
    ],
)
def test_what_is_out_of_range_is_wrong_usage(command, words):
    with pytest.raises(CommandError, match="from"):
        call_command(command, *words)
