"""Closing a listening socket without hanging up on anybody who is at the door.

A connection exists from the moment when the kernel has shaken hands; the process takes it when its
loop next looks, which in a container short of CPU is a tenth of a second later. Whoever closes the
socket in between resets those connections, and a proxy that has sent a sale into one cannot send
it elsewhere: for all it knows the sale was recorded. So first nobody new is let in, which a proxy
sees as a refused connection and goes to the other API; then everybody who waits is taken; and only
then, with nobody at the door, the socket is closed.

(A socket filter that drops new handshakes would do as well, but newer kernels allow it to nobody
without CAP_NET_ADMIN, which no container should have.)
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Final

_SO_BINDTOIFINDEX: Final = 62
"""socket(7), Linux 5.0; open to everybody since 5.7. The socket module does not name it."""

_NO_INTERFACE: Final = 2**31 - 1

HANDSHAKE_S: Final = 0.1
"""Between `refuse_newcomers` and the last look: for whoever had begun to shake hands."""


def keep_listening(listening: int) -> socket.socket:
    """The same listening socket (a file descriptor), which goes on when a loop closes its own."""
    return socket.socket(fileno=os.dup(listening))


def refuse_newcomers(listening: socket.socket) -> None:
    """Listen on at an interface that does not exist: who waits stays, who comes is refused.

    Where the kernel cannot do that, newcomers wait like the others, and one who comes in the
    microseconds between the last look and the close is reset.
    """
    with contextlib.suppress(OSError):
        listening.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, _NO_INTERFACE)


def take_everybody(listening: socket.socket) -> list[socket.socket]:
    """Everybody who waits at this socket, which nobody else listens at; then close it."""
    taken: list[socket.socket] = []
    with listening:
        listening.setblocking(False)
        while True:
            try:
                taken.append(listening.accept()[0])
            except ConnectionAbortedError:  # left while waiting
                continue
            except OSError:  # nobody waits any more, or no more sockets are to be had
                return taken
