"""Staff of every body that holds complaints: personal names, one demo password."""

import base64
from datetime import UTC, datetime
from random import Random
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import make_password

from complaints.demo import people
from complaints.demo.world import World
from portal.accounts import factors
from portal.accounts.models import Posting, User
from portal.common import crypto, mail
from portal.common.names import fold
from portal.registry.models import Organization

# For the demo only: system checks refuse the demo on a public address, and its
# database where DEMO is off.
PASSWORD: Final = "Tiem-Chung-2021"
SINCE: Final = datetime(2025, 7, 1, tzinfo=UTC)
_AT_EACH: Final = (
    Posting.Role.STAFF,
    Posting.Role.STAFF,
    Posting.Role.LEAD,
    Posting.Role.CLERK,
)
_DECIDING: Final = 3
_ROOT_ROLES: Final = (Posting.Role.ADMINISTRATOR,)
_DEPARTMENT_ROLES: Final = (Posting.Role.OVERSEER,)


def hire(world: World) -> None:
    """Post staff at every holder and fill ``world.staff``; safe to repeat.

    Two members of staff, a lead and a clerk at each, an overseer more at a provincial
    department, an overseer and an administrator at the ministry; a clerk at each
    provincial police, which answers what it is asked. The names of users come from seed
    and organization, so that each start finds the same.
    """
    bodies = Organization.objects.filter(pk__in=world.holders | {world.tray})
    departments = Organization.objects.filter(
        kind=Organization.Kind.HEALTH_DEPARTMENT,
        province__in=bodies.values("province"),
    )
    police = Organization.objects.filter(
        kind=Organization.Kind.POLICE, province__in=bodies.values("province")
    )
    everywhere = sorted({*bodies, *departments, *police}, key=lambda body: body.code)
    # One hash for all: one each takes half a minute for some hundred accounts.
    password = make_password(PASSWORD)
    wanted: list[tuple[Organization, str, User]] = []
    for body in everywhere:
        chance = Random(f"{world.seed}:{body.code}")
        is_asked = body.kind == Organization.Kind.POLICE
        roles = [Posting.Role.CLERK] if is_asked else list(_AT_EACH)
        if body.kind == Organization.Kind.HEALTH_DEPARTMENT:
            roles += _DEPARTMENT_ROLES
        elif body.kind == Organization.Kind.MINISTRY:
            roles += (*_DEPARTMENT_ROLES, *_ROOT_ROLES)
        for number, role in enumerate(roles, 1):
            wanted.append((body, role, _user(chance, body.code, number, password)))
    _store(wanted)
    for body, posted_as, user in wanted:
        if _has_factor(body, posted_as) and not factors.is_on(user):
            factors.keep(user, _secret(world, user.username))
    for body, _, user in wanted:
        keys = world.staff.setdefault(body.pk, [])
        if len(keys) < _DECIDING:
            keys.append(user.pk)


def _has_factor(body: Organization, role: str) -> bool:
    """Tell who in the demo has a second factor: the leads of departments."""
    is_department = body.kind == Organization.Kind.HEALTH_DEPARTMENT
    return is_department and role == Posting.Role.LEAD


def _secret(world: World, username: str) -> str:
    """Return an account's secret in base32, the same at each start."""
    chance = Random(f"second factor:{world.seed}:{username}")
    return base64.b32encode(chance.randbytes(20)).decode()


def _user(chance: Random, code: str, number: int, password: str) -> User:
    sex = "F" if chance.random() < 0.7 else "M"
    full_name = people.name(chance, sex, people.surname(chance, 1))
    *others, given = fold(full_name).split()
    short = given + "".join(word[0] for word in others)
    username = f"{short}{number}.{code.lower()}"
    return User(
        username=username,
        full_name=full_name,
        # A name that no mail server answers to; the demo shows its letters on a page.
        email=f"{username}{mail.DEMO}",
        password=password,
        phone_digest=crypto.digest("phone", _phone(username)),
        digests_key=max(settings.INDEX_KEYS),
    )


def _phone(username: str) -> str:
    """Return somebody's own telephone, of numbers that no other person here has."""
    return f"+84599{Random(f'telephone:{username}').randrange(10**6):06}"


def _store(wanted: list[tuple[Organization, str, User]]) -> None:
    names = [user.username for _, _, user in wanted]
    present = User.objects.filter(username__in=names).in_bulk(field_name="username")
    User.objects.bulk_create(u for _, _, u in wanted if u.username not in present)
    stored = User.objects.filter(username__in=names).in_bulk(field_name="username")
    for _, _, user in wanted:
        user.pk = stored[user.username].pk
    Posting.objects.bulk_create(
        (
            Posting(user_id=user.pk, organization=body, role=role, valid_from=SINCE)
            for body, role, user in wanted
        ),
        ignore_conflicts=True,
    )


def shown(world: World, *, bodies: int = 4) -> list[dict[str, str | None]]:
    """Return the accounts that the demo's file names, those of stations first.

    So many bodies of each kind in each province, as cases go to hospitals, centres and
    departments too; overseers and the administrator.
    """
    postings = (
        Posting.objects.filter(organization__in=world.staff, valid_to=None)
        .select_related("user", "organization")
        .order_by("organization__code", "pk")
    )
    taken: dict[tuple[int | None, str], set[str]] = {}
    stations: list[dict[str, str | None]] = []
    others: list[dict[str, str | None]] = []
    for posting in postings:
        body = posting.organization
        of_kind = taken.setdefault((body.province_id, body.kind), set())
        if body.code not in of_kind and len(of_kind) >= bodies:
            continue
        of_kind.add(body.code)
        is_station = body.kind == Organization.Kind.HEALTH_STATION
        (stations if is_station else others).append(
            {
                "username": posting.user.username,
                "password": PASSWORD,
                "totp_secret": _secret(world, posting.user.username)
                if _has_factor(body, posting.role)
                else None,
                "organization": body.code,
                "organization_name": body.name,
                "role": posting.role,
            }
        )
    return stations + others
