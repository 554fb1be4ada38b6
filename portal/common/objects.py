"""A private bucket of an S3-compatible store as a storage of Django's.

Four requests (PUT, GET, HEAD, DELETE) signed by AWS Signature Version 4, over the HTTP
client that is here anyway: the official client would be larger than the whole portal.
Chosen by ``STORAGE_URL``; contents are sealed before they come here.
"""

import hashlib
import hmac
import io
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import urllib3
from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_TIMEOUT: Final = urllib3.Timeout(connect=3.0, read=20.0)
_RETRIES: Final = urllib3.Retry(total=2, redirect=0, status_forcelist=(500, 502, 503))


class StoreFailed(OSError):
    """The store is away, or refused what was asked; nothing was changed."""


@deconstructible
class Bucket(Storage):
    """The bucket that an address names: https://key:secret@host/bucket/prefix."""

    def __init__(self, url: str, region: str = "us-east-1") -> None:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        self.base = f"{parts.scheme}://{parts.hostname}{port}"
        self.host = f"{parts.hostname}{port}"
        self.prefix = parts.path.rstrip("/")
        self.key = unquote(parts.username or "")
        self.secret = unquote(parts.password or "")
        self.region = region
        self.pool = urllib3.PoolManager(maxsize=4, timeout=_TIMEOUT, retries=_RETRIES)

    def exists(self, name: str) -> bool:
        """Tell whether there is an object of this name. Raises StoreFailed."""
        return self._ask("HEAD", name, missing_is_fine=True) is not None

    def delete(self, name: str) -> None:
        """Delete an object; one that is gone already is fine. Raises StoreFailed."""
        self._ask("DELETE", name, missing_is_fine=True)

    def size(self, name: str) -> int:
        """Return the length in bytes. Raises FileNotFoundError, StoreFailed."""
        answer = self._ask("HEAD", name)
        assert answer is not None
        return int(answer.headers["Content-Length"])

    def _open(self, name: str, mode: str = "rb") -> File:
        answer = self._ask("GET", name)
        assert answer is not None
        return File(io.BytesIO(answer.data), name=name)

    def _save(self, name: str, content: Any) -> str:
        self._ask("PUT", name, body=content.read())
        return name

    def _ask(
        self,
        method: str,
        name: str,
        *,
        body: bytes = b"",
        missing_is_fine: bool = False,
    ) -> urllib3.BaseHTTPResponse | None:
        path = quote(f"{self.prefix}/{name}")
        headers = sign(
            method,
            path,
            {"host": self.host, "x-amz-content-sha256": _sha256(body)},
            key=self.key,
            secret=self.secret,
            region=self.region,
            at=datetime.now(UTC),
        )
        try:
            answer = self.pool.request(
                method, f"{self.base}{path}", body=body, headers=headers
            )
        except urllib3.exceptions.HTTPError as error:
            raise StoreFailed(type(error).__name__) from None
        if answer.status == 404:
            if missing_is_fine:
                return None
            raise FileNotFoundError(name)
        if answer.status >= 300:
            raise StoreFailed(f"The store answered {answer.status}.")
        return answer


def sign(
    method: str,
    path: str,
    headers: dict[str, str],
    *,
    key: str,
    secret: str,
    region: str,
    at: datetime,
) -> dict[str, str]:
    """Return the headers with date and signature; all of them are signed.

    ``headers``: names in small letters, with host and x-amz-content-sha256. The steps
    are those of "Signature Calculations for the Authorization Header" (Amazon S3 API).
    """
    signed = headers | {"x-amz-date": f"{at:%Y%m%dT%H%M%SZ}"}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name].strip()}\n" for name in sorted(signed))
    request = "\n".join(
        (method, path, "", lines, names, signed["x-amz-content-sha256"])
    )
    scope = f"{at:%Y%m%d}/{region}/s3/aws4_request"
    to_sign = "\n".join(
        (_ALGORITHM, signed["x-amz-date"], scope, _sha256(request.encode()))
    )
    made = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        made = hmac.digest(made, part.encode(), "sha256")
    signature = hmac.digest(made, to_sign.encode(), "sha256").hex()
    credential = f"Credential={key}/{scope}"
    return signed | {
        "authorization": (
            f"{_ALGORITHM} {credential},SignedHeaders={names},Signature={signature}"
        )
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
