"""A provider that does nothing but answer 201 and remember: a process of its own.

Prints its port, ends with its standard input. `POST` anything credits, `GET` tells the totals,
`PUT` so many milliseconds lets every credit be answered as late.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import httptools
import uvloop

if TYPE_CHECKING:
    from asyncio import BaseTransport, Transport

# The documented example, the request's own members spliced in after it.
_ANSWER = (
    b'{"createdAt":"2026-01-01T00:00:00.000Z","message":"Cashback criado com sucesso!","id":"NaN",'
)


@dataclass(slots=True)
class Ledger:
    """What was credited; bodies are only read when somebody asks for totals."""

    unread: list[bytes] = field(default_factory=list[bytes])
    documents: set[str] = field(default_factory=set[str])
    credits: int = 0
    centavos: int = 0
    latency_s: float = 0.0

    def totals(self) -> bytes:
        """Return the count of credits, of distinct documents, and the sum in centavos."""
        for body in self.unread:
            credit: dict[str, str] = json.loads(body)
            self.credits += 1
            self.documents.add(credit["document"])
            self.centavos += int(credit["cashback"].replace(".", ""))
        self.unread.clear()
        told = {
            "credits": self.credits,
            "documents": len(self.documents),
            "centavos": self.centavos,
        }
        return json.dumps(told).encode()


class Connection(asyncio.Protocol):
    """One kept-alive connection, parsed by httptools, which calls the `on_` methods."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._transport: Transport | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        self._transport = cast("Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._transport is not None
        body, self._body = self._body, b""
        if self._parser.get_method() == b"POST":
            self._ledger.unread.append(body)
            status, answer = b"201 Created", _ANSWER + body[1:]
            if self._ledger.latency_s:
                loop = asyncio.get_running_loop()
                loop.call_later(self._ledger.latency_s, self._answer, status, answer)
                return
        elif self._parser.get_method() == b"PUT":
            self._ledger.latency_s = int(body) / 1000
            status, answer = b"200 OK", b"{}"
        else:
            status, answer = b"200 OK", self._ledger.totals()
        self._answer(status, answer)

    def _answer(self, status: bytes, answer: bytes) -> None:
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(answer), answer)
        )


async def _serve() -> None:
    ledger = Ledger()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(ledger), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)  # nothing here is worth a farewell


if __name__ == "__main__":
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    uvloop.run(_serve())
