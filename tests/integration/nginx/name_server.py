"""A name server for tests: one name, whose addresses a test may change while nginx runs."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_ANSWERED, _NO_SUCH_NAME = 0x8180, 0x8183
_TTL_S = 600
"""As long as a container engine's: who trusts it goes on asking where nobody is."""


class NameServer:
    """Answers every question with `addresses`, or, when there are none, that there is no name."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._answer_all, daemon=True)

    @property
    def address(self) -> str:
        """Where it listens, as host:port."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End; an empty question is the sign."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def _answer_all(self) -> None:
        while True:
            question, client = self._socket.recvfrom(512)
            if not question:
                return
            self.asked += 1
            self._socket.sendto(self._answer(question), client)

    def _answer(self, question: bytes) -> bytes:
        addresses = self.addresses
        flags = _ANSWERED if addresses else _NO_SUCH_NAME
        head = question[:2] + struct.pack(">HHHHH", flags, 1, len(addresses), 0, 0)
        name_end = question.index(b"\0", 12) + 5  # the type and class follow
        records = b"".join(
            struct.pack(">HHHIH", 0xC00C, 1, 1, _TTL_S, 4) + socket.inet_aton(address)
            for address in addresses
        )
        return head + question[12:name_end] + records


@contextmanager
def name_server(*addresses: str) -> Generator[NameServer, None, None]:
    """A name server while the block runs."""
    server = NameServer(*addresses)
    server.start()
    try:
        yield server
    finally:
        server.stop()
