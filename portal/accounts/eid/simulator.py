"""A national e-ID for demo and tests: OpenID Connect as the real one would speak it.

Real signed tokens (RS256, a key of its own each start), authorization codes that work
once and for a minute, PKCE (S256) and the client's secret insisted on. Whoever opens
its page may be anybody: no production ever runs it.
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

# What the Identity Law's e-ID calls a verified account (level 2).
VERIFIED: Final = "2"
CODE_SECONDS: Final = 60
TOKEN_SECONDS: Final = 300
MOST_BYTES: Final = 20_000
# Who signs in is typed into the boxes, not chosen from the list.
TYPED: Final = "typed"
_PERSON: Final = ("national_id", "name", "birthdate", "gender")

Claims = dict[str, Any]


@dataclass
class State:
    """The client that it knows, its key, the people it offers, codes given out.

    ``alter`` changes the claims before they are signed, ``signer`` takes the place of
    the published key: how tests forge.
    """

    client_id: str
    client_secret: str
    people: list[dict[str, str]] = field(default_factory=list)
    alter: Callable[[Claims], Claims] = dict
    signer: rsa.RSAPrivateKey | None = None
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(
            public_exponent=65537, key_size=2048
        )
    )
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """The e-ID on one port."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], state: State, *, name: str) -> None:
        """``name``: the host by which browsers and the portal reach it."""
        is_long = ":" in address[0]
        self.address_family = socket.AF_INET6 if is_long else socket.AF_INET
        super().__init__(address, _Handler)
        self.state = state
        self.url = f"http://{name}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses hold codes."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            self._json(200, self._description())
        elif parts.path == "/keys":
            public = json.loads(
                jwt.algorithms.RSAAlgorithm.to_jwk(self.server.state.key.public_key())
            )
            key = public | {"kid": "1", "use": "sig", "alg": "RS256"}
            self._json(200, {"keys": [key]})
        elif parts.path == "/authorize":
            asked = _single(parts.query)
            trouble = self._trouble(asked)
            if trouble:
                self._send(400, trouble.encode(), "text/plain; charset=utf-8")
            else:
                page = _page(asked, self.server.state.people)
                self._send(200, page.encode(), "text/html; charset=utf-8")
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > MOST_BYTES:
            self.close_connection = True
            return self._send(413, b"", "text/plain")
        sent = _single(self.rfile.read(size).decode())
        path = urlsplit(self.path).path
        if path == "/authorize":
            return self._authorize(sent)
        if path == "/token":
            return self._token(sent)
        return self._send(404, b"", "text/plain")

    def _description(self) -> dict[str, Any]:
        url = self.server.url
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _trouble(self, asked: dict[str, str]) -> str:
        """Return what is wrong with a request to sign in, '' if nothing is."""
        if asked.get("client_id") != self.server.state.client_id:
            return "unknown client"
        if asked.get("response_type") != "code":
            return "only the code flow is offered"
        if "openid" not in asked.get("scope", "").split():
            return "scope openid is missing"
        if asked.get("code_challenge_method") != "S256":
            return "PKCE with S256 is needed"
        if not all(asked.get(n) for n in ("redirect_uri", "state", "code_challenge")):
            return "redirect_uri, state and code_challenge are needed"
        return ""

    def _authorize(self, sent: dict[str, str]) -> None:
        trouble = self._trouble(sent)
        if trouble:
            return self._send(400, trouble.encode(), "text/plain; charset=utf-8")
        back = {"state": sent["state"]}
        if sent.get("answer") == "no":
            back["error"] = "access_denied"
        else:
            code = secrets.token_urlsafe(24)
            chosen = sent.get("who", TYPED)
            who = sent if chosen == TYPED else json.loads(chosen)
            self.server.state.codes[code] = {
                "asked": sent,
                "who": {name: who.get(name, "") for name in _PERSON},
                "level": sent.get("level", VERIFIED),
                "until": time.monotonic() + CODE_SECONDS,
            }
            back["code"] = code
        self.send_response(303)
        self.send_header("Location", f"{sent['redirect_uri']}?{urlencode(back)}")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def _token(self, sent: dict[str, str]) -> None:
        state = self.server.state
        client = (sent.get("client_id", ""), sent.get("client_secret", ""))
        header = self.headers.get("Authorization", "")
        if header.startswith("Basic "):
            name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            client = (unquote(name), unquote(secret))
        known = (state.client_id, state.client_secret)
        if not hmac.compare_digest("\n".join(client), "\n".join(known)):
            return self._json(401, {"error": "invalid_client"})
        # Taken out at once: a code works a single time, also where the rest is wrong.
        given = state.codes.pop(sent.get("code", ""), None)
        if given is None or time.monotonic() > given["until"]:
            return self._json(400, {"error": "invalid_grant"})
        verifier = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        asked = given["asked"]
        if (challenge, sent.get("redirect_uri")) != (
            asked["code_challenge"],
            asked["redirect_uri"],
        ):
            return self._json(400, {"error": "invalid_grant"})
        answer = {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "id_token": self._sign(given),
        }
        return self._json(200, answer)

    def _sign(self, given: dict[str, Any]) -> str:
        state, now = self.server.state, int(time.time())
        number = given["who"]["national_id"]
        claims = given["who"] | {
            "iss": self.server.url,
            "aud": state.client_id,
            "sub": hashlib.sha256(number.encode()).hexdigest()[:32],
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": now,
            "nonce": given["asked"].get("nonce", ""),
            "acr": given["level"],
        }
        key = state.signer or state.key
        return jwt.encode(state.alter(claims), key, "RS256", headers={"kid": "1"})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _single(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text).items()}


def _page(asked: dict[str, str], people: list[dict[str, str]]) -> str:
    """Return the page on which the demo's visitor says who they are."""
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
        if name not in (*_PERSON, "who", "level", "answer")
    )
    choices = "".join(
        f'<p><label><input type="radio" name="who" '
        f'value="{html.escape(json.dumps(one, ensure_ascii=False))}"> '
        f"{html.escape(one['name'])}, {html.escape(one['birthdate'])}</label></p>"
        for one in people
    )
    return f"""<!doctype html><html lang="vi"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Định danh điện tử (giả lập)</title><style>
body{{font:18px/1.6 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1rem}}
input[type=text]{{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}}
button{{font:inherit;min-height:48px;padding:0 1rem;margin:.5rem .5rem 0 0}}
</style></head><body><main>
<h1>Định danh điện tử (giả lập)</h1>
<p>Trang này chỉ có trong bản dùng thử. Chọn một người, hoặc nhập người khác.</p>
<form method="post" action="/authorize">{hidden}{choices}
<p><label><input type="radio" name="who" value="{TYPED}" checked>
Người khác:</label></p>
<p><label>Số căn cước<br><input type="text" name="national_id"></label></p>
<p><label>Họ và tên<br><input type="text" name="name"></label></p>
<p><label>Ngày sinh (năm-tháng-ngày)<br>
<input type="text" name="birthdate"></label></p>
<p><label><input type="radio" name="gender" value="female" checked> Nữ</label>
<label><input type="radio" name="gender" value="male"> Nam</label></p>
<p><label><input type="radio" name="level" value="2" checked>
Tài khoản mức 2 (đã xác thực)</label>
<label><input type="radio" name="level" value="1"> mức 1</label></p>
<button name="answer" value="yes">Đăng nhập</button>
<button name="answer" value="no">Thôi</button>
</form></main></body></html>"""
