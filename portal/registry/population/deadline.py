"""Connections that are cut off when their time is up, whatever the neighbour sends.

The library's limits hold from one byte to the next, so that a neighbour which sends a
header a second would hold a worker for as long as it likes.
"""

import socket
import threading
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Deadline:
    """Ends the exchange within it after so many seconds; ``is_over`` says that it did.

    The connection's reading then ends as if the neighbour had hung up.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def hold(self, connected: socket.socket) -> None:
        """Take the socket that is to be cut off."""
        with self._lock:
            self._socket = connected
            if self.is_over:
                _cut(connected)

    def _end(self) -> None:
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                _cut(self._socket)

    def __enter__(self) -> Self:
        self._before = _current.set(self)
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        _current.reset(self._before)


_current: ContextVar[Deadline | None] = ContextVar("population_deadline", default=None)


def pools(**options: Any) -> urllib3.PoolManager:
    """Return a manager of connections that keep to the ``Deadline`` around a call."""
    manager = urllib3.PoolManager(**options)
    manager.pool_classes_by_scheme = _POOLS
    return manager


def _cut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It hung up in the same moment: there is nothing left to cut.
        return


class _Http(HTTPConnection):
    def getresponse(self) -> Any:
        """Wait for the answer, not beyond the deadline."""
        _hold(self.sock)
        return super().getresponse()


class _Https(HTTPSConnection):
    def getresponse(self) -> Any:
        """Wait for the answer, not beyond the deadline."""
        _hold(self.sock)
        return super().getresponse()


def _hold(connected: socket.socket | None) -> None:
    deadline = _current.get()
    if deadline is not None and connected is not None:
        deadline.hold(connected)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS: Final = {"http": _HttpPool, "https": _HttpsPool}
