"""System checks for settings that must not reach the public."""

import ipaddress
import math
from collections import Counter
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Tags,
    Warning,
    register,
    run_checks,
)
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from portal.common.mail import DEMO
from portal.env import host_of
from portal.registry.certificates import trust

# A random key of 50 signs holds some 300 bits; Django's own generated one 280.
_LEAST_BITS = 128
_WEAK = ("django-insecure", "change", "secret", "example", "insecure", "test")
# Networks that nobody reaches from outside: loopback, private, link-local (RFC 1918,
# 4193, 3927, 4291); and names that no public server answers for (RFC 6761, 6762).
_LOCAL_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
            *("169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"),
        ),
    )
)
_LOCAL_ENDINGS = (".localhost", ".local")


def refuse_unsafe() -> None:
    """Raise ImproperlyConfigured with all that a check of security refuses.

    Commands run the checks by themselves; the web server and Celery's processes load
    whatever the settings say, so each of them asks here first.
    """
    found = [
        message
        for message in run_checks(tags=[Tags.security], databases=[DEFAULT_DB_ALIAS])
        if message.is_serious() and not message.is_silenced()
    ]
    connection = connections[DEFAULT_DB_ALIAS]
    if not connection.in_atomic_block:
        # Whoever asks forks, or works in other threads: they make their own.
        connection.close()
    if found:
        raise ImproperlyConfigured("\n".join(map(str, found)))


@register(Tags.security)
def production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a portal for the public with weak or missing keys or the demo's parts."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if is_weak(settings.SECRET_KEY):
        found.append(
            Error(
                "SECRET_KEY is missing, short or easy to guess.",
                hint="Make one: python -c 'import secrets; "
                "print(secrets.token_urlsafe(50))'",
                id="portal.E001",
            )
        )
    for number, name in enumerate(("FIELD_KEYS", "INDEX_KEYS"), 2):
        if not getattr(settings, name):
            found.append(
                Error(
                    f"{name} is missing: identity numbers could not be sealed.",
                    hint=f"{name}=1:<base64 of 32 random bytes>",
                    id=f"portal.E00{number}",
                )
            )
    if settings.FIELD_KEYS and _shared_keys():
        found.append(
            Error(
                "FIELD_KEYS and INDEX_KEYS share a key.",
                hint="Each purpose needs keys of its own.",
                id="portal.E004",
            )
        )
    if not settings.SMS_URL or not settings.SMS_TOKEN:
        words = "No gateway carries text messages: nobody could look up a record."
        hint = "Set SMS_URL and SMS_TOKEN."
        # On somebody's own machine it may be tried before the gateway's contract.
        if _public_hosts():
            found.append(Error(words, hint=hint, id="portal.E005"))
        else:
            found.append(Warning(words, hint=hint, id="portal.W002"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS lets in every name.",
                hint="Name the portal's own hosts.",
                id="portal.E006",
            )
        )
    if settings.POPULATION_URL:
        found += _neighbour()
    return found


@register(Tags.security)
def invented(
    app_configs: Any, databases: Collection[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a portal for the public on a database that the demo filled.

    Everybody can know the names and the password of its accounts. A database that is
    away, or that holds no tables yet, lets nobody in.
    """
    if not settings.PRODUCTION or not databases:
        return []
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM accounts_user WHERE email LIKE %s)",
                [f"%{DEMO}"],
            )
            is_demo = cursor.fetchone()[0]
    except DatabaseError:
        return []
    if not is_demo:
        return []
    return [
        Error(
            "The demo filled this database: its people are invented, and the password "
            "of its accounts is published.",
            hint="Start with an empty folder, make run DEMO=0 DATA_DIR=another (with "
            "servers of your own: DATABASE_URL of an empty database), or keep DEMO=1.",
            id="portal.E017",
        )
    ]


@register(Tags.security)
def feed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a token that can be guessed: the feed holds people's data."""
    token = settings.FEED_TOKEN
    if not token or not is_weak(token):
        return []
    return [
        Error(
            "FEED_TOKEN is short or easy to guess.",
            hint="Make one: python -c 'import secrets; "
            "print(secrets.token_urlsafe(50))'",
            id="portal.E016",
        )
    ]


@register(Tags.security)
def eid(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse an e-ID that proves nothing: without a client, in clear, or simulated."""
    if not settings.EID_ISSUER:
        return []
    found: list[CheckMessage] = []
    if not settings.EID_CLIENT_ID or not settings.EID_CLIENT_SECRET:
        found.append(
            Error(
                "EID_ISSUER is set, but EID_CLIENT_ID or EID_CLIENT_SECRET is missing.",
                hint="Both come from the operator of the e-ID.",
                id="portal.E011",
            )
        )
    if settings.PRODUCTION and urlsplit(settings.EID_ISSUER).scheme != "https":
        found.append(
            Error(
                "EID_ISSUER is not https: anybody on the line could be anybody.",
                hint="Use the https address of the e-ID, or none.",
                id="portal.E012",
            )
        )
    if settings.PRODUCTION and settings.EID_SIMULATOR:
        found.append(
            Error(
                "EID_SIMULATOR is set: an e-ID where anybody may be anybody.",
                hint="It belongs to the demo. Unset it.",
                id="portal.E013",
            )
        )
    return found


@register(Tags.security)
def certificates(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a signing key that is used for anything else; warn where there is none."""
    keys = settings.CERTIFICATE_KEYS.values()
    others = (*settings.FIELD_KEYS.values(), *settings.INDEX_KEYS.values())
    if settings.PRODUCTION and not keys:
        return [
            Warning(
                "CERTIFICATE_KEYS is missing: nobody gets a vaccination certificate.",
                hint="CERTIFICATE_KEYS=1:<base64 of 32 random bytes>",
                id="portal.W001",
            )
        ]
    if set(keys) & set(others):
        return [
            Error(
                "CERTIFICATE_KEYS shares a key with FIELD_KEYS or INDEX_KEYS.",
                hint="Each purpose needs keys of its own.",
                id="portal.E014",
            )
        ]
    try:
        trust.foreign(settings.CERTIFICATE_TRUSTED)
    except trust.Unusable as error:
        return [
            Error(
                f"CERTIFICATE_TRUSTED cannot be used: {error}.",
                hint="A PEM file of X.509 certificates with keys on P-256.",
                id="portal.E015",
            )
        ]
    return []


@register(Tags.security)
def demo(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse at a public address the demo, whose messages anybody can read, and DEBUG,
    whose error pages show what is in memory."""
    public = ", ".join(_public_hosts())
    found: list[CheckMessage] = []
    if settings.DEMO and public:
        found.append(
            Error(
                f"DEMO is on, but the portal answers as {public}.",
                hint="The demo shows everybody's one-time codes. Set DEMO=0, or "
                "BASE_URL and ALLOWED_HOSTS to this machine or a private network.",
                id="portal.E007",
            )
        )
    if settings.DEBUG and public:
        found.append(
            Error(
                f"DEBUG is on, but the portal answers as {public}.",
                hint="Error pages would show people's data and keys, and what a "
                "production must have is not checked. Set DEBUG=0, or BASE_URL and "
                "ALLOWED_HOSTS to this machine or a private network.",
                id="portal.E018",
            )
        )
    return found


def _public_hosts() -> list[str]:
    """Return the names under which people from outside could reach the portal."""
    names = {host_of(settings.BASE_URL), *settings.ALLOWED_HOSTS}
    return sorted(name for name in names if not is_local(name))


def is_local(host: str) -> bool:
    """Tell whether a host is this machine or one of a private network."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(_LOCAL_ENDINGS):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return any(address in network for network in _LOCAL_NETWORKS)


def is_weak(key: str) -> bool:
    """Tell whether a secret key is short, a known example or made of few signs."""
    lowered = key.lower()
    if any(lowered.startswith(word) for word in _WEAK):
        return True
    counts = Counter(key).values()
    bits = -sum(n * math.log2(n / len(key)) for n in counts)
    return bits < _LEAST_BITS


def _shared_keys() -> bool:
    return bool(set(settings.FIELD_KEYS.values()) & set(settings.INDEX_KEYS.values()))


def _neighbour() -> list[CheckMessage]:
    """Refuse to send people's numbers in clear, or unsigned, to another system."""
    found: list[CheckMessage] = []
    if urlsplit(settings.POPULATION_URL).scheme != "https":
        found.append(
            Error(
                "POPULATION_URL is not https: numbers would travel in clear.",
                hint="Use the https address of the population database, or none.",
                id="portal.E008",
            )
        )
    if not settings.POPULATION_KEYS:
        found.append(
            Error(
                "POPULATION_KEYS is missing: questions could not be signed.",
                hint="POPULATION_KEYS=1:<base64 of the 32 bytes agreed upon>",
                id="portal.E009",
            )
        )
    elif set(settings.POPULATION_KEYS.values()) & _own_keys():
        found.append(
            Error(
                "POPULATION_KEYS shares a key with FIELD_KEYS or INDEX_KEYS.",
                hint="Another organization knows this key; it must open nothing here.",
                id="portal.E010",
            )
        )
    return found


def _own_keys() -> set[bytes]:
    return {*settings.FIELD_KEYS.values(), *settings.INDEX_KEYS.values()}
