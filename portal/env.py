"""Read typed settings from the environment; say all that is wrong at once.

Every reader takes the name of a variable. A variable without a default that is
missing, or one that cannot be read, is noted and a harmless value of the right type
is returned, so that `finish()` (the last line of the settings) names all of them in
one message instead of one per start.

What the process environment does not hold is looked up in
`DATA_DIR/environment.json`, which the embedded stack (`portal.stack`) writes: so
`manage.py` finds the running demo's database without any preparation.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

BASE_DIR: Final = Path(__file__).resolve().parent.parent
STACK_FILE: Final = "environment.json"
# All that the settings and the stack read. Servers for a test or a measurement are
# fresh: nothing of their caller's own comes in, no gateway, no bucket, no secret.
_READ = """
ALLOWED_HOSTS BASE_URL CERTIFICATE_KEYS CERTIFICATE_TRUSTED CLAMAV_URL
DATABASE_OWNER_URL DATABASE_URL DATA_DIR DEBUG DEMO DEMO_PEOPLE
DJANGO_SETTINGS_MODULE EID_CLIENT_ID EID_CLIENT_SECRET EID_ISSUER EID_LEVELS
EID_NUMBER_CLAIM EID_SIMULATOR EMAIL_FROM EMAIL_URL FEED_TOKEN FIELD_KEYS HELP_LINE
HOST INDEX_KEYS LOG_LEVEL MAIL_RECEIPT_KEY PLATFORM_SIMULATOR POPULATION_BATCH
POPULATION_KEYS POPULATION_RATE POPULATION_SIMULATOR POPULATION_URL PORT REDIS_URL
SECOND_FACTOR_ROLES SECRET_KEY SMS_RECEIPT_KEY SMS_SENDER SMS_TOKEN SMS_URL
STORAGE_REGION STORAGE_URL TRUSTED_PROXIES
"""
NAMES: Final = frozenset(_READ.split())
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})
# AES-256 and HMAC-SHA256 both take keys of 32 bytes.
_KEY_BYTES = 32


class Misconfigured(Exception):
    """The environment lacks settings or holds ones that cannot be read."""


class Environment:
    """Typed readers over one mapping of variables; collects what is wrong."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """Return the variable as it stands, without space around it."""
        value = self._values.get(name, "").strip()
        if value:
            return value
        if default is None:
            self._problems.append(f"{name} is missing")
            return ""
        return default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a switch: 1, true, yes, on against 0, false, no, off, empty."""
        value = self._values.get(name)
        if value is None:
            return default
        word = value.strip().lower()
        if word not in _TRUE | _FALSE:
            self._problems.append(f"{name} must be 1 or 0, not {value!r}")
        return word in _TRUE

    def number(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """Return a whole number of at least `least`."""
        value = self.text(name, None if default is None else str(default))
        if not value:
            return least
        try:
            number = int(value)
        except ValueError:
            self._problems.append(f"{name} must be a whole number, not {value!r}")
            return least
        if number < least:
            self._problems.append(f"{name} must be at least {least}, not {number}")
        return number

    def url(
        self,
        name: str,
        default: str | None = None,
        *,
        schemes: tuple[str, ...] = ("http", "https"),
    ) -> str:
        """Return an address with one of `schemes`; an empty default stays empty."""
        value = self.text(name, default)
        # The value itself is not repeated: an address may carry a password.
        if value and urlsplit(value).scheme not in schemes:
            self._problems.append(f"{name} must start with {' or '.join(schemes)}:")
        return value

    def listing(self, name: str, default: str | None = None) -> list[str]:
        """Return the parts between commas, without empty ones."""
        return [
            part for part in map(str.strip, self.text(name, default).split(",")) if part
        ]

    def path(self, name: str, default: str | None = None) -> Path:
        """Return a folder or file; a relative one starts at the project's folder."""
        return (BASE_DIR / self.text(name, default)).resolve()

    def secret(self, name: str, default: str | None = None) -> str:
        """Return a secret from NAME, or from the file that NAME_FILE names.

        Messages about it never hold its value.
        """
        file = self._values.get(f"{name}_FILE", "").strip()
        if not file:
            return self.text(name, default)
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self._problems.append(f"{name}_FILE cannot be read")
            return ""

    def keys(self, name: str, default: str | None = None) -> dict[int, bytes]:
        """Return versioned keys from "1:<base64 of 32 bytes>,2:...", newest last."""
        keys: dict[int, bytes] = {}
        for part in filter(None, map(str.strip, self.secret(name, default).split(","))):
            version, _, encoded = part.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
                # The version is stored in one byte before each sealed value.
                sound = 0 < int(version) < 256 and len(key) == _KEY_BYTES
            except (ValueError, binascii.Error):
                sound = False
            if not sound:
                self._problems.append(
                    f"{name} must read 1:<base64 of {_KEY_BYTES} bytes>,2:..."
                )
                break
            keys[int(version)] = key
        return dict(sorted(keys.items()))

    def finish(self) -> None:
        """Raise Misconfigured naming every variable that is missing or unreadable."""
        if self._problems:
            lines = "\n".join(f"  - {problem}" for problem in self._problems)
            raise Misconfigured(
                f"These settings need attention (see .env.example):\n{lines}"
            )


def database(url: str) -> dict[str, Any]:
    """Return Django's entry for a PostgreSQL address, Unix sockets included.

    `postgresql://user:password@host:5432/name?sslmode=require` and
    `postgresql://user@/name?host=/folder/of/socket` are both read; further parameters
    go to the driver, which reads the address as libpq does everywhere else. An empty
    address gives an entry without a name.

    Raises Misconfigured for another kind of database, and for what cannot be read.
    """
    if url and urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise Misconfigured("A database address must start with postgresql://")
    try:
        options: dict[str, Any] = conninfo_to_dict(url)
    except ProgrammingError:
        # Its message repeats the address, which may hold a password.
        raise Misconfigured("A database address cannot be read") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": options.pop("dbname", ""),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": options.pop("port", ""),
        "OPTIONS": options,
    }


def host_of(url: str) -> str:
    """Return the host of an address as ALLOWED_HOSTS names it; empty where none is."""
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


def without_settings(values: Mapping[str, str]) -> dict[str, str]:
    """Return `values` without anything of `NAMES`, files that hold them included."""
    return {k: v for k, v in values.items() if k.removesuffix("_FILE") not in NAMES}


def mail_server(url: str) -> dict[str, Any]:
    """Return host, port, user, password and kind of encryption of a mail server.

    `smtp://user:password@host:587` begins encryption on the line (STARTTLS),
    `smtps://host:465` before it, `smtp://host:25?plain=1` not at all. An empty address
    gives an entry without a host. Raises Misconfigured for anything else.
    """
    parts = urlsplit(url)
    if url and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
        raise Misconfigured("EMAIL_URL must read smtp://host or smtps://host")
    is_plain = dict(parse_qsl(parts.query)).get("plain") == "1"
    tls = parts.scheme == "smtps"
    return {
        "host": parts.hostname or "",
        "port": parts.port or (465 if tls else 587),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "tls": tls,
        "starttls": bool(url) and not tls and not is_plain,
    }


def with_stack(values: Mapping[str, str]) -> dict[str, str]:
    """Return `values` over what the stack wrote into the same data folder.

    A file that cannot be read counts as absent: another user's stack is not ours.
    """
    folder = BASE_DIR / (values.get("DATA_DIR", "").strip() or "var")
    try:
        written = json.loads((folder / STACK_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        written = {}
    return {**written, **values}


_process = Environment(with_stack(os.environ))
text = _process.text
flag = _process.flag
number = _process.number
url = _process.url
listing = _process.listing
path = _process.path
secret = _process.secret
keys = _process.keys
finish = _process.finish
