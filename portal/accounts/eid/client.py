"""Asking the national e-ID who somebody is, by OpenID Connect (code flow).

django-allauth does the protocol: state, PKCE, the exchange of the code. What it leaves
to the line's encryption is checked here as well: signature, issuer, audience, nonce and
level of the ID token (OpenID Connect Core 1.0, 3.1.3.7). No account is made and no row
written: whoever is proved is known to the session alone.
"""

import base64
import logging
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import (
    OpenIDConnectProvider,
)
from allauth.socialaccount.providers.openid_connect.views import (
    OpenIDConnectOAuth2Adapter,
)
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from portal.common import crypto, names
from portal.registry import national_id

logger = logging.getLogger("accounts.eid")

# Signatures with a public key only: a secret shared with us could sign in our name.
ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]
# Seconds that two clocks may differ, and that its addresses and keys are remembered.
LEEWAY: Final = 60
REMEMBERED: Final = 3600
_SEALED_FOR: Final = "session:eid"


class EidRefused(Exception):
    """The e-ID proved nobody; ``reason`` is one word that the page explains.

    cancelled, expired (the answer was used before or came too late), away (it could
    not be asked), invalid (its answer cannot be trusted), level (the account is not
    verified), incomplete (number or birth date is missing).
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Verified:
    """Whom the e-ID vouches for: number, name, birth date, sex ("M", "F", "")."""

    national_id: str
    full_name: str
    born_on: date
    sex: str


class Quiet(DefaultSocialAccountAdapter):
    """allauth's adapter, without proxies: the e-ID is asked directly or not at all."""

    def get_requests_session(self) -> requests.Session:
        """Return a session with a time limit that reads nothing of the environment."""
        session = super().get_requests_session()
        session.trust_env = False
        return session


class _Endpoints(OpenIDConnectOAuth2Adapter):
    """Where the e-ID answers, remembered for an hour."""

    def __init__(self, request: HttpRequest, provider: "_Provider") -> None:
        super().__init__(request, provider.app.provider_id)
        self._provider = provider

    def get_provider(self) -> "_Provider":
        """Return the one provider that there is."""
        return self._provider

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return its own description. Raise EidRefused if it names another issuer."""
        issuer = settings.EID_ISSUER
        config = _remembered(
            f"eid:{issuer}", f"{issuer}/.well-known/openid-configuration"
        )
        if config.get("issuer") != issuer:
            raise EidRefused("invalid")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return the one address that is registered there, in whatever language."""
        return self._provider.callback


class _Provider(OpenIDConnectProvider):
    """The e-ID as the settings describe it; no row in any table."""

    def __init__(self, request: HttpRequest, *, callback: str) -> None:
        app = SocialApp(
            provider=self.id,
            provider_id="eid",
            name="eid",
            client_id=settings.EID_CLIENT_ID,
            secret=settings.EID_CLIENT_SECRET,
            settings={
                "server_url": settings.EID_ISSUER,
                "oauth_pkce_enabled": True,
                "scope": ["openid", "profile"],
            },
        )
        super().__init__(request, app=app)
        self.callback = callback

    def get_oauth2_adapter(self, request: HttpRequest) -> _Endpoints:
        """Return where it answers."""
        return _Endpoints(request, self)


def is_set_up() -> bool:
    """Tell whether there is an e-ID to ask."""
    return bool(settings.EID_ISSUER)


def begin(request: HttpRequest, *, callback: str) -> HttpResponse:
    """Send the browser to the e-ID; ``callback`` is the registered address of return.

    Raise EidRefused("away") where it does not answer. No transaction may be open.
    """
    nonce = secrets.token_urlsafe(24)
    params = {
        "nonce": nonce,
        "acr_values": " ".join(settings.EID_LEVELS),
        "ui_locales": translation.get_language() or "vi",
    }
    try:
        return _Provider(request, callback=callback).redirect(
            request, "login", data={"nonce": nonce}, auth_params=params
        )
    except (requests.RequestException, KeyError, ValueError) as error:
        logger.warning("eid.away", extra={"reason": type(error).__name__})
        raise EidRefused("away") from None


def finish(request: HttpRequest, *, callback: str) -> Verified:
    """Return whom the e-ID vouches for, once: the state in the session is used up.

    Raise EidRefused. No transaction may be open, as another system is asked.
    """
    provider = _Provider(request, callback=callback)
    state = statekit.unstash_state(
        request, provider_id=provider.sub_id, state_id=request.GET.get("state", "")
    )
    if state is None:
        raise EidRefused("expired")
    if "code" not in request.GET:
        was_cancelled = request.GET.get("error") == "access_denied"
        raise EidRefused("cancelled" if was_cancelled else "invalid")
    try:
        claims = _exchange(request, provider, state)
    except requests.RequestException as error:
        logger.warning("eid.away", extra={"reason": type(error).__name__})
        raise EidRefused("away") from None
    except (OAuth2Error, jwt.PyJWTError, KeyError, ValueError) as error:
        # Not its text: that may hold what the token says of a person.
        logger.warning("eid.invalid", extra={"reason": type(error).__name__})
        raise EidRefused("invalid") from None
    return _read(claims)


def keep(request: HttpRequest, verified: Verified) -> None:
    """Keep in the session, sealed, whom the e-ID vouched for."""
    facts = vars(verified) | {"born_on": verified.born_on.isoformat()}
    sealed = crypto.seal_json(facts, bound_to=_SEALED_FOR)
    request.session["eid"] = base64.b64encode(sealed).decode()


def verified_by(request: HttpRequest) -> Verified | None:
    """Return whom the e-ID vouched for in this session, None where it did not."""
    sealed = request.session.get("eid")
    if not sealed:
        return None
    facts = crypto.unseal_json(base64.b64decode(sealed), bound_to=_SEALED_FOR)
    return Verified(**facts | {"born_on": date.fromisoformat(facts["born_on"])})


def name_to_correct(recorded: str, verified: Verified | None) -> str:
    """Return the name of the e-ID where the recorded one lacks only accents, else ''.

    Rule A2 of the domain paper: number and birth date are equal, and so are the names
    without accents. Whoever is proved so may have it put right.
    """
    if verified is None or names.compose(recorded) == verified.full_name:
        return ""
    is_same = names.fold(verified.full_name) == names.fold(recorded)
    return verified.full_name if is_same else ""


def _exchange(
    request: HttpRequest, provider: _Provider, state: dict[str, Any]
) -> dict[str, Any]:
    """Return the claims of the ID token that the code stands for."""
    adapter = provider.get_oauth2_adapter(request)
    client = adapter.get_client(request, provider.app)
    answer = adapter.get_access_token_data(
        request,
        provider.app,
        client,
        pkce_code_verifier=state.get("pkce_code_verifier"),
    )
    claims = _decode(answer["id_token"], adapter.openid_config["jwks_uri"])
    if not secrets.compare_digest(str(claims["nonce"]), state["data"]["nonce"]):
        raise EidRefused("invalid")
    return claims


def _decode(token: str, keys_url: str) -> dict[str, Any]:
    """Return the claims of a token that is signed, whole, ours and not over."""
    kid = jwt.get_unverified_header(token)["kid"]
    key = _key(keys_url, kid)
    claims: dict[str, Any] = jwt.decode(
        token,
        key=key.key,
        algorithms=[name for name in ALGORITHMS if name == key.algorithm_name],
        issuer=settings.EID_ISSUER,
        audience=settings.EID_CLIENT_ID,
        leeway=LEEWAY,
        options={"require": ["iss", "aud", "sub", "exp", "iat", "nonce"]},
    )
    if claims.get("azp", settings.EID_CLIENT_ID) != settings.EID_CLIENT_ID:
        raise EidRefused("invalid")
    return claims


def _key(keys_url: str, kid: str) -> jwt.PyJWK:
    """Return the key of a name; asked for anew where it is not known yet."""
    name = f"eid-keys:{keys_url}"
    for _attempt in range(2):
        keys = jwt.PyJWKSet.from_dict(_remembered(name, keys_url))
        found = [key for key in keys.keys if key.key_id == kid]
        if found:
            return found[0]
        cache.delete(name)
    raise EidRefused("invalid")


def _remembered(name: str, url: str) -> dict[str, Any]:
    """Return a JSON document of the e-ID, asked for once an hour."""
    document = cache.get(name)
    if document is None:
        with Quiet().get_requests_session() as session:
            response = session.get(url)
            response.raise_for_status()
            document = response.json()
        cache.set(name, document, REMEMBERED)
    return document


def _read(claims: dict[str, Any]) -> Verified:
    """Return the person of the claims. Raise EidRefused for what is not enough."""
    if str(claims.get("acr", "")) not in settings.EID_LEVELS:
        raise EidRefused("level")
    number = national_id.read(str(claims.get(settings.EID_NUMBER_CLAIM, "")))
    try:
        born_on = date.fromisoformat(str(claims.get("birthdate", "")))
    except ValueError:
        raise EidRefused("incomplete") from None
    if not number.canonical:
        raise EidRefused("incomplete")
    return Verified(
        national_id=number.canonical,
        full_name=names.tidy(str(claims.get("name", ""))),
        born_on=born_on,
        sex={"male": "M", "female": "F"}.get(str(claims.get("gender", "")), ""),
    )
