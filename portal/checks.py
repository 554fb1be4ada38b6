"""System checks for settings that must not reach the public."""

import math
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

# A random key of 50 signs holds some 300 bits; Django's own generated one 280.
_LEAST_BITS = 128
_WEAK = ("django-insecure", "change", "secret", "example", "insecure", "test")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


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
        found.append(
            Error(
                "No gateway carries text messages: nobody could look up a record.",
                hint="Set SMS_URL and SMS_TOKEN.",
                id="portal.E005",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS lets in every name.",
                hint="Name the portal's own hosts.",
                id="portal.E006",
            )
        )
    return found


@register(Tags.security)
def demo(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse the demo, whose messages anybody can read, at a public address."""
    if not settings.DEMO:
        return []
    address = urlsplit(settings.BASE_URL)
    if address.scheme != "https" or address.hostname in _LOCAL_HOSTS:
        return []
    return [
        Error(
            f"DEMO is on, but BASE_URL is the public address {address.hostname}.",
            hint="The demo shows everybody's one-time codes. Set DEMO=0, or "
            "BASE_URL to this machine.",
            id="portal.E007",
        )
    ]


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
