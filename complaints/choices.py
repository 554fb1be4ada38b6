"""The vocabulary of a complaint. Imports nothing of ours."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override


class Kind(TextChoices):
    """What is wrong, in the citizen's words (error taxonomy of the domain paper)."""

    MISSING_DOSE = "missing_dose", _("A dose is missing")
    WRONG_DOSE = "wrong_dose", _("A detail of a dose is wrong")
    NOT_MINE = "not_mine", _("I did not have this dose")
    DOUBLED_DOSE = "doubled_dose", _("A dose is recorded twice")
    WRONG_PERSON = "wrong_person", _("Personal details are wrong")
    SPLIT_RECORD = "split_record", _("My doses stand on two records")
    FOREIGN_DOSE = "foreign_dose", _("A dose given abroad is missing")


# Reports that end with one more dose on record.
ADDING: Final = (Kind.MISSING_DOSE, Kind.FOREIGN_DOSE)


class Field(TextChoices):
    """What a claim is about."""

    GIVEN_ON = "given_on", _("Date given")
    PRODUCT = "product", _("Vaccine")
    LOT = "lot", _("Lot number")
    SITE = "site", _("Vaccination site")
    DOSE_NUMBER = "dose_number", _("Dose number")
    DOSE = "dose", _("The dose itself")
    FULL_NAME = "full_name", _("Full name")
    BORN_ON = "born_on", _("Birth date")
    SEX = "sex", _("Sex")
    NATIONAL_ID = "national_id", _("Identity number")
    PHONE = "phone", _("Telephone")
    RECORD = "record", _("The other record")
    COUNTRY = "country", _("Country or territory")


class Status(TextChoices):
    """Where a complaint stands."""

    RECEIVED = "received", _("Received")
    IN_REVIEW = "in_review", _("Being checked")
    WAITING_CITIZEN = "waiting_citizen", _("Needs more from you")
    WAITING_AUTHORITY = "waiting_authority", _("Waiting for another body")
    AWAITING_SECOND = "awaiting_second", _("Waiting for a second person")
    RESOLVED = "resolved", _("Resolved")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LAPSED = "lapsed", _("No answer in time (can be reopened)")


OPEN: Final = (
    Status.RECEIVED,
    Status.IN_REVIEW,
    Status.WAITING_CITIZEN,
    Status.WAITING_AUTHORITY,
    Status.AWAITING_SECOND,
)
ENDED: Final = (Status.RESOLVED, Status.WITHDRAWN, Status.LAPSED)


class Outcome(TextChoices):
    """How a resolved complaint ended; derived from the verdicts of its claims."""

    CORRECTED = "corrected", _("Corrected")
    PARTLY_CORRECTED = "partly_corrected", _("Partly corrected")
    KEPT = "kept", _("Kept as recorded, with reason")
    ALREADY_CORRECT = "already_correct", _("It was right already")


class Verdict(TextChoices):
    """What was decided of one claim."""

    UPHELD = "upheld", _("Upheld")
    OTHER = "other", _("Right is another value")
    KEPT = "kept", _("Kept as recorded")
    ALREADY_CORRECT = "already_correct", _("It was right already")


# What changes the registry: as claimed, or as staff found it to be.
CHANGING: Final = (Verdict.UPHELD, Verdict.OTHER)


class Considered(TextChoices):
    """What was looked at before a record was kept as it is; the citizen reads it."""

    PHOTO = "photo", _("What was sent with the report")
    LIST = "list", _("The list of that session")
    LEDGER = "ledger", _("Deliveries of that lot")
    REGISTER = "register", _("The population database")
    RECORD = "record", _("The other doses on record")
    PAPERS = "papers", _("Papers kept at the site")


class Ground(TextChoices):
    """The thirteen grounds for keeping the record: dispatch 9458/BYT-CNTT, 2021."""

    FORM_LACKS_FACTS = (
        "form_lacks_facts",
        _("The screening form shows no date, dose number or vaccine"),
    )
    NAMES_CONTRADICT = "names_contradict", _("The names contradict each other")
    PORTRAIT = "portrait", _("The picture is a portrait, not the vaccination slip")
    DOSE_NUMBER_DIFFERS = "dose_number_differs", _("The dose number differs")
    BIRTH_DATE_DIFFERS = (
        "birth_date_differs",
        _("The birth date on the slip is not the one on record"),
    )
    SLIP_LACKS_FACTS = (
        "slip_lacks_facts",
        _("The slip lacks name, sex, date or vaccine"),
    )
    DETAILS_COVERED = "details_covered", _("Personal details are covered")
    UNREADABLE = "unreadable", _("The photo cannot be read")
    DATE_DIFFERS = "date_differs", _("The date differs")
    NOTHING_MATCHES = "nothing_matches", _("Nothing on the slip matches")
    NAME_INCOMPLETE = (
        "name_incomplete",
        _("The name is incomplete or typed without accents"),
    )
    VACCINE_DIFFERS = "vaccine_differs", _("The vaccine differs")
    ALTERED = "altered", _("Details on the paper were altered by hand")


class Move(TextChoices):
    """A possible step; the same word names event, permission, button and message."""

    SUBMIT = "submit", _("Send")
    ROUTE = "route", _("Route")
    ACCEPT = "accept", _("Take on")
    ASK = "ask", _("Ask the citizen")
    ANSWER = "answer", _("Answer")
    HAND_OVER = "hand_over", _("Hand over")
    ESCALATE = "escalate", _("Pass to the level above")
    EXTEND = "extend", _("Extend the time once")
    WAIT = "wait", _("Ask another body")
    RESUME = "resume", _("Back from the other body")
    HAND_UP = "hand_up", _("A higher level joins in")
    ASSIGN = "assign", _("Give to a colleague")
    GIVE_BACK = "give_back", _("Given back")
    PROPOSE = "propose", _("Propose to a second person")
    COUNTERSIGN = "countersign", _("Countersign")
    DECLINE = "decline", _("Decline the proposal")
    RESOLVE = "resolve", _("Resolve")
    UNDO = "undo", _("Take back")
    NOTE = "note", _("Add a note")
    JOIN = "join", _("Reported again")
    WITHDRAW = "withdraw", _("Withdraw")
    OVERDUE = "overdue", _("Overdue")
    REMIND = "remind", _("Reminder")
    LAPSE = "lapse", _("Lapse")
    REFUSE_FILE = "refuse_file", _("A photo could not be used")
    DISAGREE = "disagree", _("Still not right")
    REVERT = "revert", _("Automatic correction taken back")
    REOPEN = "reopen", _("Opened again after a check")
    # What two people decided by a list, taken back by two.
    PUT_BACK = "put_back", _("Decision by a list taken back")
    CONFIRM = "confirm", _("It is right now")


# Staff take these back within 30 seconds (`actions.undoing`). A proposal that was
# declined is proposed again instead; notes are only added to.
UNDOABLE: Final = frozenset(
    {
        Move.ACCEPT,
        Move.ASSIGN,
        Move.ASK,
        Move.HAND_OVER,
        Move.ESCALATE,
        Move.EXTEND,
        Move.WAIT,
        Move.RESUME,
        Move.PROPOSE,
        Move.COUNTERSIGN,
        Move.RESOLVE,
    }
)


class Reply(TextChoices):
    """What another body said of facts that it was asked to confirm."""

    CLAIMED = "claimed", _("It is as the citizen says")
    RECORDED = "recorded", _("It is as it is recorded")
    OTHER = "other", _("Neither: see their words")
    UNKNOWN = "unknown", _("They cannot say")


class Handing(TextChoices):
    """Why another organization has to answer, worded for the citizen."""

    GAVE = "gave", _("That organization gave this dose")
    LIST = "list", _("The list of that session is there")
    LIVES = "lives", _("The person lives there")
    RECORD = "record", _("That organization keeps this record")

    @classmethod
    def told(cls, reason: str, words: str, *, language: str) -> str:
        """Return a reason and what was typed beside it, in the citizen's language."""
        with override(language):
            why = str(cls(reason).label) if reason in cls.values else ""
        return ". ".join(filter(None, (why, words)))


class Actor(TextChoices):
    """Who makes a move."""

    CITIZEN = "citizen", _("Citizen")
    STAFF = "staff", _("Staff")
    SYSTEM = "system", _("The portal")


class Channel(TextChoices):
    """How a submission came in."""

    SELF = "self", _("By the citizen")
    COUNTER = "counter", _("At the counter")
    PHONE = "phone", _("By telephone")
    PAPER = "paper", _("By letter")
    LIST = "list", _("By a unit's list")


# Who is younger does not act alone: a parent or guardian does.
CHILD_UNDER: Final = 16


class Relation(TextChoices):
    """For whom the sender reports."""

    SELF = "self", _("For me")
    CHILD = "child", _("For my child under 16")
    PARENT = "parent", _("For my parent or another relative")
    OTHER = "other", _("For somebody else")


class Trouble(TextChoices):
    """What keeps a photo of a paper from being read."""

    TINY = "tiny", _("Too small")
    DARK = "dark", _("Too dark")
    BRIGHT = "bright", _("Too bright")
    BLURRED = "blurred", _("Blurred")
    COVERED = "covered", _("Something lies on the paper")


class Urgency(TextChoices):
    """Why a report cannot wait."""

    TRAVEL = "travel", _("Travel")
    SCHOOL = "school", _("School")
    WORK = "work", _("Work")


class Check(TextChoices):
    """What is asked about before sending, as it would lead to a refusal later."""

    NAME_PLAIN = "name_plain", _("The name was typed without accents")
    NAME_SHORT = "name_short", _("The name is a single word")
    BEFORE_CAMPAIGN = "before_campaign", _("The date lies before the campaign")
    BEFORE_APPROVAL = "before_approval", _("The vaccine was not approved yet")
    BEFORE_BIRTH = "before_birth", _("The date lies before the birth")
    TOO_YOUNG = "too_young", _("Too young for the vaccine on that day")
    LOT_UNKNOWN = "lot_unknown", _("The lot is not in the ledger")
    LOT_OTHER_PRODUCT = "lot_other_product", _("The lot is of another vaccine")
    LOT_NOT_YET = "lot_not_yet", _("The lot had not been delivered by that day")
    LOT_OVER = "lot_over", _("The lot was not in use any more on that day")
    SLIP_DATE = "slip_date", _("The paper bears another date")
    SLIP_PRODUCT = "slip_product", _("The paper bears another vaccine")
    SLIP_LOT = "slip_lot", _("The paper bears another lot")
    SLIP_NUMBER = "slip_number", _("The paper bears another dose number")
    SLIP_NOTHING = "slip_nothing", _("Nothing on the paper agrees")
    PAPER_NAME = "paper_name", _("The paper bears another name")
    PAPER_BIRTH = "paper_birth", _("The paper bears another birth date")
    PAPER_LACKS = "paper_lacks", _("The paper shows no date or no vaccine")
    PAPER_FORM = "paper_form", _("The paper is a screening form")
    PAPER_OTHER = "paper_other", _("The picture shows something else than a paper")
    PAPER_COVERED = "paper_covered", _("A part of the paper is covered")
    PAPER_ALTERED = "paper_altered", _("The paper was changed by hand")
    PHOTO_UNREADABLE = "photo_unreadable", _("The photo can hardly be read")


class Unusual(TextChoices):
    """What makes a look at somebody's data unusual."""

    OWN = "own", _("Own record, or one of the own household")
    MANY = "many", _("Many different people within an hour")
    AT_NIGHT = "at_night", _("Outside office hours")
    NO_CASE = "no_case", _("People with whom the unit has nothing to do")
    SOUGHT = "sought", _("One person looked up by many accounts")
    GLASS = "glass", _("Opened in an emergency")


class Tie(TextChoices):
    """How a person on record hangs together with an account."""

    NUMBER = "number", _("the account's own identity number")
    PHONE = "phone", _("the account's own telephone")
    FAMILY = "family", _("a telephone shared with the account's own record")


class Gaming(TextChoices):
    """How a matter may have been handled for the figure."""

    LAST_HOUR = "last_hour", _("Decided in the last hour")
    NO_EFFECT = "no_effect", _("Closed without effect")
    EARLY_ASK = "early_ask", _("Asked at once")
    LATE_ASK = "late_ask", _("Asked when time ran out")
    PING_PONG = "ping_pong", _("Handed to and fro")
    BULK = "bulk", _("Closed in bulk")
    PASSED_ON = "passed_on", _("Handed away")
    LATE_PASS = "late_pass", _("Handed away when time ran out")
    DISPUTED = "disputed", _("Decision disputed")
    REVERSED = "reversed", _("Decision of theirs reversed")
