"""An answer that nobody reads: it ends with its connection, and costs no memory meanwhile.

What the process has to write it keeps until the peer takes it, and the kernel some more. Neither
gives up by itself on a peer that is there and reads nothing: a window of zero is probed for ever.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

TAKEN_S: Final = 30.0
"""How long nothing of an answer may be taken; whoever takes a little of it has as long again."""


def end_unread(listening: socket.socket) -> None:
    """Have the kernel end what it has sent and nobody takes, for every connection from now on.

    The kernels that know of this hand it on from the listening socket to those that it accepts.
    """
    user_timeout: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)
    if user_timeout is not None:
        listening.setsockopt(socket.IPPROTO_TCP, user_timeout, int(TAKEN_S * 1000))


class Unread:
    """What a transport could not hand to the kernel, watched from `pause_writing` on."""

    __slots__ = ("_left", "_loop", "_patience_s", "_timer", "_transport")

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, patience_s: float
    ) -> None:
        # Without room to spare the transport tells of the first byte that has to wait.
        transport.set_write_buffer_limits(high=0)
        self._transport = transport
        self._loop = loop
        self._patience_s = patience_s
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Something waits until the peer takes it."""
        self._left = self._transport.get_write_buffer_size()
        if self._timer is None:
            self._timer = self._loop.call_later(self._patience_s, self._look)

    def end(self) -> None:
        """Nothing waits any more, or there is nobody to wait for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size() < self._left:
            self.begin()
        else:
            _forget_at_close(self._transport.get_extra_info("socket").fileno())
            self._transport.abort()


def _forget_at_close(descriptor: int) -> None:
    """Have the kernel throw away what it has yet to send, with a reset for the peer."""
    with socket.socket(fileno=os.dup(descriptor)) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
