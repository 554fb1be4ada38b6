"""The thirteen grounds of dispatch 9458: what meets each of them before sending."""

from complaints.choices import Check, Ground
from complaints.rules.grounds import GROUNDS, ground_of
from portal.env import BASE_DIR

# Each ground, how it is met at intake, and by which checks. For the ministry's readers.
PAPER = {
    "form_lacks_facts": ("asked", "paper_form"),
    "names_contradict": ("asked", "paper_name"),
    "portrait": ("asked", "paper_other"),
    "dose_number_differs": ("compared", "slip_number"),
    "birth_date_differs": ("asked", "paper_birth before_birth too_young"),
    "slip_lacks_facts": ("asked", "paper_lacks"),
    "details_covered": ("measured", "paper_covered"),
    "unreadable": ("measured", "photo_unreadable"),
    "date_differs": (
        "compared",
        "slip_date before_campaign before_approval lot_not_yet lot_over",
    ),
    "nothing_matches": ("compared", "slip_nothing"),
    "name_incomplete": ("compared", "name_plain name_short"),
    "vaccine_differs": (
        "compared",
        "slip_product slip_lot lot_other_product lot_unknown",
    ),
    "altered": ("asked", "paper_altered"),
}


def test_every_ground_is_met_as_the_paper_says():
    found = {row.ground.value: (row.seen, " ".join(row.checks)) for row in GROUNDS}

    assert found == PAPER
    assert set(found) == set(Ground.values)
    assert all(row.how.endswith(".") for row in GROUNDS)


def test_every_check_belongs_to_one_ground():
    listed = [check for row in GROUNDS for check in row.checks]

    assert sorted(listed) == sorted(Check)
    assert {ground_of(check) for check in Check} == set(Ground)


def test_the_paper_for_readers_says_the_same():
    page = (BASE_DIR / "docs" / "intake.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines()]
    told = {row[0]: row[2] for row in rows if row[0] in PAPER}

    assert told == {ground: checks for ground, (_how, checks) in PAPER.items()}
