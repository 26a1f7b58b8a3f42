"""Connecting to a name with several addresses: a dead one costs a moment, not the deadline.

After RFC 8305 ("happy eyeballs"): addresses are tried in turn, each after a head start of the one
before, and the first that is connected is taken. Connections alone are raced, before TLS and before
any proxy is spoken to: whatever lost is closed, and not a byte was written to it.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import sys
from collections import deque
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEAD_START_S: Final = 0.25
"""How long an address is waited for before the next one is tried, too (RFC 8305, section 8)."""

MAX_ADDRESSES: Final = 8
"""Of a name with more, the first ones are tried."""

LATE_S: Final = 600.0
"""How long an address that lost, or failed after it was connected, comes after the others."""

SocketAddress: TypeAlias = tuple[str, int] | tuple[str, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address of a name."""

    family: int
    address: SocketAddress

    def __str__(self) -> str:
        return self.address[0]


@dataclass(frozen=True, slots=True)
class Dialed:
    """A connected socket that nothing was written to yet; `lost` were tried before its place."""

    socket: socket.socket
    place: Endpoint
    lost: tuple[Endpoint, ...] = ()


class NoAddressAnswersError(OSError):
    """Every address of a name failed, each in its own way; the message has them all."""


@dataclass(slots=True, kw_only=True)
class Dialer:
    """Connects to one host and port again and again, and remembers which addresses were late."""

    host: str
    port: int
    clock: Callable[[], float]
    _late: dict[Endpoint, float] = field(default_factory=dict[Endpoint, float])

    async def dial(self) -> Dialed:
        """A socket to the first address that takes a connection. Raises OSError."""
        places = await resolve(self.host, self.port)
        dialed = await first_connected(self._in_order(places))
        for place in dialed.lost:
            self.avoid(place)
        return dialed

    def avoid(self, place: Endpoint) -> None:
        """Try this address after the others for a while: it took no connection, or was no use."""
        self._late[place] = self.clock()

    def _in_order(self, places: list[Endpoint]) -> list[Endpoint]:
        oldest = self.clock() - LATE_S
        # No more is remembered than the name has addresses now.
        self._late = {p: at for p, at in self._late.items() if p in places and at >= oldest}
        return sorted(places, key=self._late.__contains__)


async def resolve(host: str, port: int) -> list[Endpoint]:
    """The addresses of a host, the two families in turn. Raises socket.gaierror."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        pass
    else:
        return [
            Endpoint(
                family=family,
                address=(host, port, 0, 0) if family == socket.AF_INET6 else (host, port),
            )
        ]
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    families: dict[int, list[Endpoint]] = {}
    for family, _, _, _, address in found:
        place = Endpoint(family=family, address=_socket_address(address))
        if place not in families.setdefault(family, []):
            families[family].append(place)
    in_turn = [place for turn in zip_longest(*families.values()) for place in turn if place]
    return in_turn[:MAX_ADDRESSES]


async def first_connected(places: Iterable[Endpoint]) -> Dialed:
    """Race the places, each with its head start. Raises OSError when all of them failed."""
    waiting = deque(places)
    if len(waiting) == 1:
        return Dialed(await connected(waiting[0]), waiting[0])
    racing: dict[asyncio.Task[socket.socket], Endpoint] = {}
    failed: dict[Endpoint, OSError] = {}
    try:
        while waiting or racing:
            if waiting:
                place = waiting.popleft()
                racing[asyncio.create_task(connected(place))] = place
            done, _ = await asyncio.wait(
                racing,
                timeout=HEAD_START_S if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in [each for each in racing if each in done]:
                try:
                    won = task.result()
                except OSError as error:
                    failed[racing.pop(task)] = error
                else:
                    tried = list(racing.values())
                    place = racing.pop(task)
                    return Dialed(won, place, (*failed, *tried[: tried.index(place)]))
    finally:
        for task in racing:
            _call_off(task)
    raise _all_failed(failed)


async def connected(place: Endpoint) -> socket.socket:
    """A socket, connected to a place. Raises OSError."""
    sock = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await _connect(sock, place.address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect(sock: socket.socket, address: SocketAddress) -> None:
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":  # whose loop watches no sockets
        await loop.sock_connect(sock, address)
        return
    # Not the loop's own sock_connect: uvloop's resolves what is an address already, in a thread.
    error = sock.connect_ex(address)
    if error in {errno.EINPROGRESS, errno.EINTR}:
        writable = loop.create_future()
        loop.add_writer(sock, _set_done, writable)
        try:
            await writable
        finally:
            loop.remove_writer(sock)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


def _set_done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _call_off(task: asyncio.Task[socket.socket]) -> None:
    """Close what lost: it may be on its way still, or connected in the same moment."""
    if not task.cancel() and task.exception() is None:
        task.result().close()


def _all_failed(failed: dict[Endpoint, OSError]) -> OSError:
    errors = list(failed.values())
    if not errors:
        return NoAddressAnswersError("the name has no address")
    if len({(type(error), error.errno) for error in errors}) == 1:
        return errors[0]
    told = [f"{place}: {error.strerror or error}" for place, error in failed.items()]
    return NoAddressAnswersError("; ".join(told))


def _socket_address(address: tuple[str | int | bytes, ...]) -> SocketAddress:
    host, port, *rest = address
    if len(rest) == 2:
        return str(host), int(port), int(rest[0]), int(rest[1])
    return str(host), int(port)
