"""Why an organization answers for a matter: the steps of the rule in words."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

# The steps of ``rules.responsibility``.
WAYS: Final = {
    "identity_by_residence": _("Personal details belong to where you live."),
    "place_nearest_residence": _(
        "Several places bear that name; the one in the province of residence was taken."
    ),
    "place_as_described": _("Found by the place that you described."),
    "site_unknown_residence": _(
        "The place is not known, so it goes to where you live."
    ),
    "given_abroad": _(
        "What was given abroad is looked at in the province where you live."
    ),
    "nothing_known": _("No place is known yet."),
    "gave_the_dose": _("%s gave the dose."),
    "run_by": _("%s was run by %s."),
    "open": _("%s answers for it today."),
    "succeeded_by": _("%s is closed; %s took over."),
    "station_of_commune": _("%s answers for that commune."),
    "split_common_parent": _("%s was divided; %s stands above its heirs."),
    "shared_place": _("Several may answer there; %s stands above them."),
    "too_many_hops": _("%s passed through too many hands to follow."),
    "closed_without_successor": _("%s is closed and nobody took over."),
    "department_of_province": _("%s answers for that province."),
    "delegated": _("%s lets %s answer such cases."),
    "ministry": _("Nobody nearer is known, so the ministry answers."),
}


def sentence(step: str, names: Sequence[str]) -> str:
    """Return one step in words; '' for one that is not known."""
    if step == "split_common_parent" and not names[0]:
        # A place in words, not an organization, belongs to several today.
        step, names = "shared_place", names[1:]
    words = str(WAYS.get(step, ""))
    if words.count("%s") != len(names):
        return ""
    return words % tuple(names) if names else words


def why(path: Sequence[Sequence[str]]) -> list[str]:
    """Return the reasons of a route; the last hop says already who answers today."""
    said = [
        sentence(step, names)
        for place, (step, *names) in enumerate(path)
        if step != "open" or not place
    ]
    return list(filter(None, said))
