"""Sends whole requests as bytes and reads whatever comes back, to the end if there is one."""

from __future__ import annotations

import base64
import socket
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from integration.running import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration.bad_inputs import Run

PATIENCE_S: Final = 25.0
"""Longer than nginx and the API give a request to arrive."""

AFTERWARDS_S: Final = 0.1
"""How long one more answer, which must not come, is waited for on a connection that stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Every final answer, in their order, and whether the other side then hung up."""

    replies: tuple[Reply, ...]
    closed: bool


def raw_request(run: Run, case: Mapping[str, Any]) -> bytes:
    """The bytes of a case, filled in."""
    return run.filled(base64.b64decode(case["raw_b64"]))


def is_slow(case: Mapping[str, Any]) -> bool:
    """Whether the answer is that the request did not come in time."""
    return 408 in {case["expect"], *case.get("expect_any", ())}


def exchange(base_url: str, request: bytes) -> Exchange:
    """Send a request over a connection of its own and go on listening."""
    address = urlsplit(base_url)
    replies: list[Reply] = []
    with (
        socket.create_connection((address.hostname, address.port), PATIENCE_S) as connection,
        connection.makefile("rb") as stream,
    ):
        try:
            connection.sendall(request)
            while (reply := _read(stream)) is not None:
                if reply.status >= 200:
                    replies.append(reply)
                    _go_on_listening(connection, reply)
        except TimeoutError:
            return Exchange(replies=tuple(replies), closed=False)
        except ConnectionError:
            pass
    return Exchange(replies=tuple(replies), closed=True)


def _go_on_listening(connection: socket.socket, reply: Reply) -> None:
    """For another answer; or, after a last one, for the end, which waits for ours."""
    if reply.headers.get("connection") == "close":
        connection.shutdown(socket.SHUT_WR)
    else:
        connection.settimeout(AFTERWARDS_S)


def _read(stream: IO[bytes]) -> Reply | None:
    first = stream.readline()
    if not first:
        return None
    headers: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Reply(status=int(first.split()[1]), headers=headers, body=body)
