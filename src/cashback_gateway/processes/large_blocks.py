"""How the C library keeps memory in a process that serves."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
"""As malloc.h has it."""

LARGE_BYTES: Final = 1024 * 1024


def give_back_large_blocks() -> bool:
    """Call before threads work: a large block that is freed goes back to the system, each time.

    Otherwise glibc takes the first one that is freed for the usual size, and keeps the next ones:
    hashing a password takes 19 MiB, two threads do, and the API stayed 20 to 40 MiB larger from
    its second log-in on (measured in November 2026). The price is that their pages are made anew,
    some of the 26 ms that a hash takes. False where the C library is another one.
    """
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES))
    except (AttributeError, OSError):  # musl has no such thing, and does not keep them
        return False
