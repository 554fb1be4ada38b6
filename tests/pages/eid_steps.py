"""Signing in with the national e-ID over real HTTP, for the tests beside this."""

import threading
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

import pytest

from portal.accounts.eid.simulator import Server, State

PERSON = {
    "national_id": "079158012345",
    "name": "Nguyễn Thị Thử",
    "birthdate": "1958-03-08",
    "gender": "female",
}


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args, **_kwargs):
        return None


_opener = build_opener(ProxyHandler({}), _Stay)


@contextmanager
def running(settings, **facts):
    """Run an e-ID in a thread and let the portal ask it; yield the server."""
    state = State("du-mui", "a secret of the tests", **facts)
    with Server(("127.0.0.1", 0), state, name="127.0.0.1") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        settings.EID_ISSUER = server.url
        settings.EID_CLIENT_ID = state.client_id
        settings.EID_CLIENT_SECRET = state.client_secret
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def begin(client, prefix=""):
    """Press the button; return what the browser asks the e-ID for."""
    answer = client.post(f"{prefix}/tra-cuu/can-cuoc/")
    assert answer.status_code == 302
    return answer["Location"]


def agree(server, location, *, level="2", answer="yes", **who):
    """Sign in at the e-ID; return the address of return with code and state."""
    asked = dict(parse_qsl(urlsplit(location).query))
    form = urlencode(asked | PERSON | who | {"level": level, "answer": answer})
    with pytest.raises(HTTPError) as redirect:
        _opener.open(f"{server.url}/authorize", form.encode(), timeout=5)
    assert redirect.value.code == 303
    back = urlsplit(redirect.value.headers["Location"])
    redirect.value.close()
    return f"{back.path}?{back.query}"


def sign_in(client, server, **who):
    """Go there and come back; return the page at the end."""
    return client.get(agree(server, begin(client), **who), follow=True)
