"""A visitor without a browser: reads forms as they are and sends them as typed."""

import contextlib
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar


@dataclass
class Form:
    """A form on a page: where it goes and what it holds."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects forms with the values that a browser would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._select = self._textarea = self._button = ""
        self._value = ""

    def handle_starttag(self, tag, attrs):
        facts = {name: value or "" for name, value in attrs}
        name = facts.get("name", "")
        if tag == "a":
            self.links.append(facts.get("href", ""))
        elif tag == "form":
            self._form = Form(facts.get("action", ""), facts.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "input" and name:
            kind, value = facts.get("type", "text"), facts.get("value", "")
            if kind in ("radio", "checkbox"):
                self._form.choices.setdefault(name, []).append(value or "on")
                if "checked" in facts:
                    self._form.values.setdefault(name, []).append(value or "on")
            elif kind == "file":
                self._form.files.append(name)
            elif kind != "submit":
                self._form.values.setdefault(name, []).append(value)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._form.choices.setdefault(self._select, []).append(
                facts.get("value", "")
            )
            if "selected" in facts or self._select not in self._form.values:
                self._form.values[self._select] = [facts.get("value", "")]
        elif tag == "textarea":
            self._textarea = name
            self._form.values[name] = [""]
        elif tag == "button":
            self._button = name
            self._form.buttons.append((name, facts.get("value", ""), ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data):
        if self._form is not None and self._textarea:
            self._form.values[self._textarea][0] += data


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Visitor:
    """One person's session with a running portal."""

    def __init__(self, base: str, *, timeout: float = 20) -> None:
        self.base, self.timeout = base, timeout
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), _Stay()
        )
        self.url, self.status, self.html = base, 0, ""
        self.forms: list[Form] = []
        self.links: list[str] = []

    @property
    def text(self) -> str:
        """Return the page's words without markup."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html))

    def get(self, path: str) -> "Visitor":
        """Open a page, following redirects."""
        return self._open(urllib.parse.urljoin(self.url, path), None)

    def post(self, path: str, values: dict[str, list[str] | str]) -> "Visitor":
        """Send values as a form, then look where the answer points."""
        data = urllib.parse.urlencode(values, doseq=True).encode()
        return self._open(urllib.parse.urljoin(self.url, path), data)

    def send(self, *, button: tuple[str, str] | None = None, at=None, **typed):
        """Fill in the form that has all the names typed, and press a button.

        ``at``: part of the form's action, where several forms have the names.
        """
        form = next(
            form
            for form in self.forms
            if form.method.lower() == "post"
            and typed.keys() <= form.values.keys() | form.choices.keys()
            and (at is None or at in form.action)
            and (button is None or any(b[:2] == button for b in form.buttons))
        )
        values = form.values | {
            name: value if isinstance(value, list) else [value]
            for name, value in typed.items()
        }
        if button:
            values[button[0]] = [button[1]]
        return self.post(form.action or self.url, values)

    def send_file(self, name: str, file_name: str, content: bytes) -> "Visitor":
        """Send the form of this page that has no other fields to fill, with a file."""
        form = next(f for f in self.forms if name in f.files)
        data, kind = as_form_data(form.values, {name: (file_name, content)})
        url = urllib.parse.urljoin(self.url, form.action or self.url)
        return self._open(url, data, kind)

    def _open(self, url: str, data: bytes | None, kind: str | None = None) -> "Visitor":
        for _ in range(10):
            request = urllib.request.Request(url, data=data)
            if kind and data is not None:
                request.add_header("Content-Type", kind)
            request.add_header("Origin", self.base)
            try:
                answer = self._opener.open(request, timeout=self.timeout)
            except urllib.error.HTTPError as error:
                answer = error
            with contextlib.closing(answer):
                self.url, self.status = url, answer.status
                if answer.status in (301, 302, 303):
                    url = urllib.parse.urljoin(url, answer.headers["Location"])
                    data = None
                    continue
                self.html = answer.read().decode()
            break
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.links = reader.forms, reader.links
        return self


def messages(base: str, phone: str) -> list[dict]:
    """Return the demo's messages to a telephone, newest first."""
    data = urllib.parse.urlencode({"phone": phone}).encode()
    with urllib.request.urlopen(f"{base}/demo/messages.json", data, 10) as answer:
        return json.load(answer)


def wait_until(look, *, seconds: float = 20.0):
    """Look again and again until there is something to see; fail after a while."""
    ends = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < ends, "nothing came"
        time.sleep(0.2)  # waiting for another process, which cannot tell us


def last_code_at(base: str, phone: str) -> str:
    """Return when the newest message with a code came; empty before the first."""
    return next((m["at"] for m in messages(base, phone) if m["code"]), "")


def newest_code(base: str, phone: str, *, after: str) -> str:
    """Return the code of the newest message that came after an instant."""
    newest = wait_until(
        lambda: next(
            (m for m in messages(base, phone) if m["code"] and m["at"] > after), None
        ),
        # Longer than a lease: its worker may have been killed with the row in hand.
        seconds=90,
    )
    return newest["code"]


def as_form_data(
    values: dict[str, list[str]], files: dict[str, tuple[str, bytes]]
) -> tuple[bytes, str]:
    """Return fields and files as a browser sends a form with files, and its type."""
    boundary = uuid.uuid4().hex
    parts = []
    for name, texts in values.items():
        for text in texts:
            head = f'Content-Disposition: form-data; name="{name}"'
            parts.append(f"--{boundary}\r\n{head}\r\n\r\n{text}\r\n".encode())
    for name, (file_name, content) in files.items():
        head = (
            f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"'
            "\r\nContent-Type: application/octet-stream"
        )
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
