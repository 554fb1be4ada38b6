"""Who may open whose account, and when postings and those who stand in end."""

from datetime import timedelta

import pytest

from portal.accounts import factors, invitations, staffing
from portal.accounts.models import Invitation, Posting
from portal.accounts.staffing import NotYours
from portal.audit.together import hang_together
from tests.factories import NOON, make_organization, make_staff, opened_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
DAY, MONTH = timedelta(days=1), timedelta(days=30)


@pytest.fixture
def above():
    return make_organization()


@pytest.fixture
def site(above):
    return make_organization(parent=above)


@pytest.fixture
def lead(site):
    return make_staff(site, "lead")


@pytest.fixture
def chief(above):
    return make_staff(above, "lead")


@pytest.fixture
def nurse(site):
    return make_staff(site)


def as_(user):
    return {"by": user, "postings": list(user.postings.all()), "at": NOON}


def only(user):
    return Posting.objects.get(user=user)


def lend(posting, deputy, chief, first, last):
    """Post a deputy by days from noon."""
    return staffing.deputise(
        posting=posting,
        deputy=deputy,
        valid_from=NOON + first * DAY,
        valid_to=NOON + last * DAY,
        **as_(chief),
    )


def forced(posting, deputy, first, last):
    """Post one who stands for a deputy, as it was possible before."""
    return Posting.objects.create(
        user=deputy,
        organization=posting.organization,
        role=posting.role,
        valid_from=NOON + first * DAY,
        valid_to=NOON + last * DAY,
        deputy_for=posting,
    )


def ends(*rows):
    """Return the ends in days from noon; 'gone' for one that never was."""
    found = dict(Posting.objects.values_list("pk", "valid_to"))
    return [(found[pk] - NOON) / DAY if pk in found else "gone" for pk in rows]


def test_who_has_no_posting_is_opened_by_nobody(lead, nurse, site):
    assert staffing.may_reset(nurse, lead, lead.postings.all(), at=NOON)
    Posting.objects.filter(user=nurse).update(valid_to=NOON)
    assert not staffing.may_reset(nurse, lead, lead.postings.all(), at=NOON)
    with pytest.raises(NotYours):
        staffing.invite_again(user=nurse, language="vi", **as_(lead))
    assert not Invitation.objects.exists()
    Posting.objects.create(
        user=nurse, organization=site, role="staff", valid_from=NOON + DAY
    )
    assert staffing.may_reset(nurse, lead, lead.postings.all(), at=NOON)


@pytest.mark.parametrize(
    ("inviter", "given", "is_open"),
    [("lead", "post", False), ("lead", "lend", False), ("chief", "post", True)],
)
def test_a_link_ends_with_a_posting_that_its_maker_could_not_give(
    above, chief, lead, nurse, inviter, given, is_open
):
    maker = {"lead": lead, "chief": chief}[inviter]
    token = invitations._address(
        invitations.issue(user=nurse, language="vi", by=maker, at=NOON - DAY), nurse
    ).split("/")[-2]
    if given == "post":
        staffing.post(
            user=nurse,
            organization=above,
            role="staff",
            valid_from=NOON,
            valid_to=None,
            **as_(chief),
        )
    else:
        other = make_staff(above)
        lend(only(other), nurse, chief, 0, 5)
    if is_open:
        assert invitations.find(token, at=NOON).user == nurse
    else:
        with pytest.raises(invitations.Ended):
            invitations.find(token, at=NOON)


def test_a_link_stays_good_beside_a_posting_of_the_same_reach(lead, nurse, chief):
    invitations.issue(user=nurse, language="vi", by=lead, at=NOON - DAY)
    lend(only(make_staff(only(lead).organization)), nurse, chief, 0, 5)
    assert Invitation.objects.get().expires_at > NOON


def test_who_stands_in_ends_with_the_posting_however_deep(lead, nurse, chief, site):
    first = lend(only(lead), nurse, chief, -1, 9)
    second = forced(first, make_staff(site), -1, 9)
    third = forced(second, make_staff(site), 2, 9)
    staffing.end_now(posting=only(lead), **as_(chief))
    assert ends(only(lead).pk, first.pk, second.pk, third.pk) == [0, 0, 0, "gone"]


def test_a_posting_to_come_is_ended_with_whoever_stands_in(lead, nurse, chief, site):
    coming = Posting.objects.create(
        user=nurse,
        organization=site,
        role="lead",
        valid_from=NOON + DAY,
        valid_to=NOON + 20 * DAY,
    )
    later = lend(coming, make_staff(site), chief, 2, 9)
    early = forced(coming, make_staff(site), -1, 9)
    staffing.end_now(posting=coming, **as_(chief))
    assert ends(coming.pk, later.pk, early.pk) == ["gone", "gone", 0]


def test_an_earlier_last_day_is_that_of_the_deputies_too(lead, nurse, chief, site):
    first = lend(only(lead), nurse, chief, 0, 9)
    below = forced(first, make_staff(site), 1, 9)
    short = lend(only(lead), make_staff(site), chief, 0, 2)
    coming = lend(only(lead), make_staff(site), chief, 6, 9)
    staffing.change_end(posting=only(lead), valid_to=NOON + 4 * DAY, **as_(chief))
    assert ends(first.pk, below.pk, short.pk, coming.pk) == [4, 4, 2, "gone"]
    with pytest.raises(NotYours):
        staffing.change_end(posting=first, valid_to=NOON + 5 * DAY, **as_(chief))


def test_nobody_stands_for_a_deputy_or_longer_than_the_posting(
    lead, nurse, chief, site
):
    first = lend(only(lead), nurse, chief, 0, 9)
    with pytest.raises(NotYours):
        lend(first, make_staff(site), chief, 0, 5)
    staffing.change_end(posting=only(lead), valid_to=NOON + 4 * DAY, **as_(chief))
    with pytest.raises(NotYours):
        lend(only(lead), make_staff(site), chief, 0, 5)
    assert Posting.objects.filter(deputy_for__isnull=False).count() == 1


def made(maker, user, *, at):
    return staffing.create(
        username="mai.moi",
        full_name="Trần Thị Mai",
        email="",
        language="vi",
        organization=only(maker).organization,
        role="staff",
        valid_from=at,
        valid_to=None,
        by=maker,
        postings=list(maker.postings.all()),
        at=at,
    )


def unlocked(maker, user, *, at):
    factors.remove(user=user, by=maker, at=at)


@pytest.mark.parametrize("way", [made, unlocked, opened_by], ids=lambda f: f.__name__)
def test_two_accounts_hang_together_for_30_days_once_one_opened_the_other(
    lead, nurse, chief, way
):
    user = way(lead, nurse, at=NOON) or nurse
    for pair in ((lead.pk, user.pk), (user.pk, lead.pk)):
        assert hang_together(*pair, at=NOON + MONTH - DAY)
        assert not hang_together(*pair, at=NOON + MONTH)
    assert not hang_together(chief.pk, user.pk, at=NOON)


def test_ones_own_doing_and_a_posting_given_hold_nobody_back(lead, nurse, chief):
    factors.remove(user=nurse, by=nurse, at=NOON)
    lend(only(lead), nurse, chief, 0, 5)
    assert not hang_together(nurse.pk, chief.pk, at=NOON)
    assert not hang_together(nurse.pk, lead.pk, at=NOON)
