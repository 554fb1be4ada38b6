"""Where a program listens, and by which address it is reached."""

import errno
import socket
from typing import Final

from portal.stack.console import Refused

# Who listens on all addresses of the machine is reached by its own loopback.
_ALL: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_LOOPBACK: Final = frozenset({"127.0.0.1", "0.0.0.0", "::"})


def free_port() -> int:
    """Return a port of loopback that nobody listens on now.

    Another program may take it before whoever asked does.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_port(host: str, port: int) -> None:
    """Raise Refused when the web server could not listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                problem = f"port {port} is taken by another program."
            else:
                problem = f"{host}:{port} cannot be listened on ({error.strerror})."
            raise Refused(
                problem, "Choose another one, for example: make run PORT=8010"
            ) from error


def http(host: str, port: int) -> str:
    """Return the address of a host, whose name may be a number of either length."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def own(host: str) -> str:
    """Return the host by which this machine reaches what listens on `host`."""
    return _ALL.get(host, host)


def shown(host: str) -> str:
    """Return the host that people at this machine type for what listens on `host`."""
    return "localhost" if host in _LOOPBACK else host
