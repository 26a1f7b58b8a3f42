"""Closing a listening socket without hanging up on anybody who is at the door.

A connection exists from the moment when the kernel has shaken hands; the process takes it when its
loop next looks, which in a container short of CPU is a tenth of a second later. Whoever closes the
socket in between resets those connections, and a proxy that has sent a sale into one cannot send
it elsewhere: for all it knows the sale was recorded. So everybody who waits is taken, and the
socket is closed by the next instruction: what is left between the two are microseconds, not a turn
of the loop.

(A socket filter that drops new handshakes would leave none, but newer kernels allow it to nobody
without CAP_NET_ADMIN, which no container should have.)
"""

from __future__ import annotations

import os
import socket


def keep_listening(listening: int) -> socket.socket:
    """The same listening socket (a file descriptor), which goes on when a loop closes its own."""
    return socket.socket(fileno=os.dup(listening))


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
