"""Sends each answer whole, and ends a connection without destroying the answer just written to it.

The server writes the head of an answer and its body one after the other. Killed in between, it
would leave a proxy with a head that says 200 and nothing to follow, too late to ask another API: so
what is written in one turn of the loop leaves in one call.

A socket that is closed while bytes of the peer are unread sends a reset, and a reset makes the
peer throw away what it has not read yet: a proxy in front would tell its client 502 instead of our
401. So whoever is still sending is told that no more comes from here, and is listened to a little
longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

LINGER_S: Final = 2.0
LINGER_BYTES: Final = 1024 * 1024
JOINED_BYTES: Final = 64 * 1024
"""Up to here a copy costs less than a call of more than one part."""


class PoliteTransport:
    """A transport whose `close` lingers while `is_sending` says that the peer is still sending."""

    __slots__ = (
        "_closing",
        "_discarded",
        "_is_sending",
        "_loop",
        "_timer",
        "_transport",
        "_unsent",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        is_sending: Callable[[], bool],
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._is_sending = is_sending
        self._closing = False
        self._discarded = 0
        self._timer: asyncio.TimerHandle | None = None
        self._unsent: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's own."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this, together with whatever else is written before the loop goes on.

        After `close` nobody reads it: an answer that comes after a refusal goes nowhere.
        """
        if self._closing:
            return
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(data)

    def is_closing(self) -> bool:
        """Tell whether nothing more may be written."""
        return self._closing or self._transport.is_closing()

    @property
    def lingers(self) -> bool:
        """Whether what arrives is only to be thrown away."""
        return self._closing

    def close(self) -> None:
        """Close at once, or once the peer has had time to read."""
        if self.is_closing():
            return
        self._send()
        if not self._is_sending():
            self._transport.close()
            return
        self._closing = True
        self._transport.write_eof()
        self._transport.resume_reading()
        self._timer = self._loop.call_later(LINGER_S, self._transport.close)

    def abort(self) -> None:
        """Close now; whoever has not read by now reads no more."""
        self._closing = True
        self._unsent.clear()
        self._transport.abort()

    def discard(self, count: int) -> None:
        """So many bytes arrived after the answer; there is an end to that too."""
        self._discarded += count
        if self._discarded > LINGER_BYTES:
            self._transport.close()

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if not unsent or self._transport.is_closing():  # since it was written
            return
        if len(unsent[-1]) <= JOINED_BYTES:
            self._transport.write(b"".join(unsent))
        else:  # what many connections are sent stays in memory once
            self._transport.writelines(unsent)

    def lost(self) -> None:
        """The connection is gone, and nothing of it is kept for the collector, which is rare."""
        self._unsent.clear()
        self._closing = True
        self._is_sending = _nothing_comes
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _nothing_comes() -> bool:
    return False
