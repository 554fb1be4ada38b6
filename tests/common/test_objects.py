"""The S3-compatible storage: Amazon's own example of a signature, and a small store."""

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.files.base import ContentFile

from portal.common import objects

EXAMPLE = {
    "key": "AKIAIOSFODNN7EXAMPLE",
    "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "region": "us-east-1",
    "at": datetime(2013, 5, 24, tzinfo=UTC),
}
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_request_is_signed_as_in_the_example_of_the_s3_manual():
    signed = objects.sign(
        "GET",
        "/test.txt",
        {
            "host": "examplebucket.s3.amazonaws.com",
            "range": "bytes=0-9",
            "x-amz-content-sha256": NOTHING,
        },
        **EXAMPLE,
    )

    assert signed["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
        "aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


class Store(BaseHTTPRequestHandler):
    """Keeps objects in a dictionary; checks each signature as a store would."""

    def _answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _handle(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        at = datetime.fromisoformat(self.headers["x-amz-date"])
        sha256 = self.headers["x-amz-content-sha256"]
        expected = objects.sign(
            self.command,
            self.path,
            {"host": self.headers["Host"], "x-amz-content-sha256": sha256},
            key="key",
            secret="top/secret",
            region="us-east-1",
            at=at,
        )
        is_signed = self.headers["Authorization"] == expected["authorization"]
        if not is_signed or sha256 != objects._sha256(body):
            return self._answer(403)
        kept = self.server.kept
        if self.command == "PUT":
            kept[self.path] = body
            return self._answer(200)
        if self.path not in kept:
            return self._answer(404)
        if self.command == "DELETE":
            del kept[self.path]
            return self._answer(204)
        return self._answer(200, kept[self.path])

    do_GET = do_PUT = do_HEAD = do_DELETE = _handle

    def log_message(self, *_args):
        pass


@pytest.fixture
def store():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    server.kept = {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def bucket(store, secret="top%2Fsecret"):
    return objects.Bucket(
        f"http://key:{secret}@127.0.0.1:{store.server_port}/evidence/photos"
    )


def test_what_is_kept_is_read_back_and_deleted(store):
    storage = bucket(store)
    content = bytes(range(256)) * 500

    storage.save("ab/cd ef-1", ContentFile(content))

    assert list(store.kept) == ["/evidence/photos/ab/cd%20ef-1"]
    assert storage.exists("ab/cd ef-1")
    assert storage.size("ab/cd ef-1") == len(content)
    with storage.open("ab/cd ef-1") as file:
        assert file.read() == content
    storage.delete("ab/cd ef-1")
    storage.delete("ab/cd ef-1")
    assert not storage.exists("ab/cd ef-1")
    with pytest.raises(FileNotFoundError):
        storage.open("ab/cd ef-1")


def test_a_wrong_secret_and_a_store_that_is_away_are_failures(store):
    with pytest.raises(objects.StoreFailed):
        bucket(store, secret="other").save("x", ContentFile(b"x"))
    away = bucket(store)
    store.shutdown()
    store.server_close()

    with pytest.raises(objects.StoreFailed):
        away.exists("x")
    assert store.kept == {}
