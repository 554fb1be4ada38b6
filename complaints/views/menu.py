"""The menu of staff: which pages there are, for whom, and what each is for.

Pages of every day stand in the head of each page; those for whoever manages stand on
one page of their own, each with a sentence. A new page is one more row here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import ResolverMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.access import CASEWORKERS, OVERSEERS, READERS, Role


@dataclass(frozen=True)
class Page:
    """A page of the menu.

    ``roles`` see it; none given: all staff. ``within`` are beginnings of the names of
    routes that belong to it, its own among them.
    """

    route: str
    title: Promise
    about: Promise | None = None
    roles: Collection[str] = ()
    within: Sequence[str] = ()

    def is_for(self, roles: Collection[str]) -> bool:
        """Tell whether somebody with these roles sees it."""
        return not self.roles or not set(self.roles).isdisjoint(roles)

    def holds(self, match: ResolverMatch | None) -> bool:
        """Tell whether the page shown is this one or lies below it."""
        names = tuple(self.within) or (self.route,)
        return match is not None and match.view_name.startswith(names)


DAILY: Final = (
    Page(
        "casework:queue",
        _("Queue"),
        within=(
            "casework:queue",
            "casework:search",
            "casework:saved_view",
            "casework:case",
            "casework:move",
            "casework:letter",
            "casework:bulk",
            "casework:evidence",
            "casework:lot",
        ),
    ),
    Page(
        "casework:counter",
        _("Help somebody"),
        roles=READERS,
        within=("casework:counter", "casework:report_"),
    ),
    Page(
        "casework:lists",
        _("Session lists"),
        roles=CASEWORKERS,
        within=("casework:list",),
    ),
    Page(
        "casework:incidents",
        _("Incidents"),
        roles=CASEWORKERS,
        within=("casework:incident",),
    ),
    Page(
        "casework:referrals",
        _("Other bodies"),
        roles=READERS,
        within=("casework:referral",),
    ),
    Page("casework:quality", _("Data quality")),
    Page(
        "oversight:times",
        _("Figures"),
        roles=OVERSEERS,
        within=(
            "oversight:times",
            "oversight:detail",
            "oversight:cases",
            "oversight:gaming",
            "oversight:repl",
        ),
    ),
)
MANAGING: Final = (
    Page(
        "oversight:rules",
        _("Time limits and reminders"),
        _(
            "How long answers may take, who is reminded when, and proposals to change"
            " it."
        ),
        OVERSEERS,
        ("oversight:rule",),
    ),
    Page(
        "oversight:routing",
        _("Who answers for what"),
        _("Which unit gets a report and why; proposals to let another one answer."),
        OVERSEERS,
        ("oversight:routing",),
    ),
    Page(
        "oversight:selfcorrection",
        _("Self-correction"),
        _("Which rules put records right by themselves, how often they were right."),
        OVERSEERS,
        ("oversight:selfcorrection", "oversight:campaign"),
    ),
    Page(
        "oversight:comparison",
        _("Population register"),
        _("How many people agree with the population register, and in what not."),
        OVERSEERS,
    ),
    Page(
        "oversight:platform",
        _("National platform"),
        _("Which corrections it has not taken over yet."),
        OVERSEERS,
    ),
    Page(
        "oversight:standard_texts",
        _("Ready answers"),
        _("Words that your unit keeps ready for cases, and who changed them."),
        (Role.LEAD,),
        ("oversight:standard_text",),
    ),
    Page(
        "oversight:units",
        _("Units and sites"),
        _("Which units there are; to open, rename or close one with its successor."),
        (Role.LEAD, Role.ADMINISTRATOR),
        ("oversight:unit",),
    ),
    Page(
        "accounts:accounts",
        _("Accounts"),
        _("People of your units: accounts, postings, deputies, invitations."),
        (Role.LEAD, Role.ADMINISTRATOR),
        ("accounts:account", "accounts:new_account"),
    ),
    Page(
        "oversight:messages",
        _("Messages"),
        _("Messages that are stuck, and the words of each."),
        (Role.ADMINISTRATOR,),
        ("oversight:message", "oversight:text"),
    ),
    Page(
        "oversight:campaign_dates",
        _("Days to keep"),
        _("By when nothing is to be open any more, and how far each unit has come."),
        OVERSEERS,
        ("oversight:campaign_date",),
    ),
    Page(
        "oversight:rechecks",
        _("Quality audit"),
        _(
            "Samples of closed cases that another unit decides once more, and how"
            " often it agrees."
        ),
        OVERSEERS,
        ("oversight:recheck",),
    ),
    Page(
        "oversight:gaming",
        _("Signs of gaming"),
        _(
            "Cases handled for the figure: closed in the last hour, without effect, to"
            " and fro, in bulk."
        ),
        OVERSEERS,
        ("oversight:gaming",),
    ),
    Page(
        "oversight:published",
        _("Published months"),
        _("What everybody reads of past months, and corrections by two people."),
        (Role.ADMINISTRATOR,),
        ("oversight:published",),
    ),
    Page(
        "oversight:access_log",
        _("Access audit"),
        _("Who looked at or changed people's data, and which looks were unusual."),
        (Role.OVERSEER, Role.ADMINISTRATOR),
        ("oversight:access",),
    ),
    Page(
        "casework:glass",
        _("Open a case in an emergency"),
        _("A case of another unit, to read for 30 minutes, with a reason."),
        (Role.LEAD, Role.OVERSEER),
        ("casework:glass",),
    ),
    Page(
        "oversight:data_requests",
        _("Personal data"),
        _("Requests of citizens about their own data, by the day they are due."),
        (Role.ADMINISTRATOR,),
        ("oversight:data_request",),
    ),
)
MANAGE: Final = Page(
    "oversight:manage",
    _("Manage"),
    roles={role for page in MANAGING for role in page.roles},
    within=(
        "oversight:manage",
        *(name for page in MANAGING for name in page.within or (page.route,)),
    ),
)


def head(roles: Collection[str]) -> list[Page]:
    """Return the pages that stand in the head for somebody with these roles."""
    return [page for page in (*DAILY, MANAGE) if page.is_for(roles)]


def managing(roles: Collection[str]) -> list[Page]:
    """Return the pages of the page for who manages."""
    return [page for page in MANAGING if page.is_for(roles)]
