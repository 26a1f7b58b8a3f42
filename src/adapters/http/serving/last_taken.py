"""Closing a listening socket without hanging up on anybody who is at the door.

A connection exists from the moment when the kernel has shaken hands; the process takes it a little
later. Whoever closes the socket in between resets those connections, and a proxy that has sent a
sale into one cannot send it elsewhere: for all it knows the sale was recorded. So the kernel first
stops answering new handshakes, then the process takes everybody who is waiting, and only then it
closes. Whoever knocked meanwhile is refused at the second knock, having sent nothing, and goes
elsewhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
import sys
from typing import Final

_SO_ATTACH_FILTER: Final = 26
"""Of Linux, for every architecture that Python is packaged for; `socket` has no name for it."""

# Classic BPF over the TCP header: a packet with SYN and without ACK is dropped, all others pass, so
# that handshakes which have begun come to their end.
_LOAD_FLAGS: Final = (0x30, 0, 0, 13)
_MASK_SYN_ACK: Final = (0x54, 0, 0, 0x12)
_UNLESS_SYN_SKIP_ONE: Final = (0x15, 0, 1, 0x02)
_DROP: Final = (0x06, 0, 0, 0)
_PASS: Final = (0x06, 0, 0, 0xFFFFFFFF)
_NO_NEW_HANDSHAKES: Final = (_LOAD_FLAGS, _MASK_SYN_ACK, _UNLESS_SYN_SKIP_ONE, _DROP, _PASS)


def let_nobody_else_in(listening: int) -> None:
    """Have the kernel answer no new handshake on this listening socket (a file descriptor).

    Needs no privilege. Elsewhere than on Linux nothing happens: closing then resets whoever waits.
    """
    if sys.platform != "linux":
        return
    program = b"".join(struct.pack("=HBBI", *step) for step in _NO_NEW_HANDSHAKES)
    kept = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HL", len(_NO_NEW_HANDSHAKES), ctypes.addressof(kept))
    with (
        contextlib.suppress(OSError),  # a kernel that forbids filters: as elsewhere
        socket.socket(fileno=os.dup(listening)) as same,
    ):
        same.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
