"""Ports of this machine for a run's processes to listen on."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
from typing import Final

_NOT_FOR_CONNECTIONS: Final = range(20_000, 32_768)
_TRIES: Final = 100


class Ports:
    """Ports that are free, and that no other run takes before this one's processes listen on them.

    That takes seconds, and whoever then asks whether the API is up would be answered by another
    run's. What is claimed is given back by `close`, or by the end of the process.
    """

    def __init__(self) -> None:
        self._claims: list[socket.socket] = []

    def claim(self, host: str, port: int) -> bool:
        """Whether the port is this run's now. Raises OSError where nothing can listen."""
        if not is_free(host, port):
            return False
        if sys.platform != "linux":  # elsewhere a name without a file is not to be had
            return True
        name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            name.bind(f"\0cashback-gateway port {port}")
        except OSError:
            name.close()
            return False
        self._claims.append(name)
        return True

    def claim_any(self, host: str) -> int:
        """A port that is this run's now. Raises OSError when none is found."""
        for _ in range(_TRIES):
            port = secrets.choice(_NOT_FOR_CONNECTIONS)
            if self.claim(host, port):
                return port
        raise OSError(f"no free port on {host}")

    def close(self) -> None:
        """Give all of them back."""
        for name in self._claims:
            name.close()
        self._claims.clear()


def free_port(host: str) -> int:
    """A port that nobody listens on at this moment. Raises OSError when none is found.

    It is below those that systems give to outgoing connections: one of these could take it before
    whoever asked listens.
    """
    with contextlib.closing(Ports()) as ports:
        return ports.claim_any(host)


def is_free(host: str, port: int) -> bool:
    """Tell whether the port can be listened on."""
    with _listening_socket(host) as probe:
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _listening_socket(host: str) -> socket.socket:
    family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
    probe = socket.socket(family, socket.SOCK_STREAM)
    # As servers do: connections that are ending must not make a port look taken.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return probe
