"""How Python's cyclic garbage collector works in a process that serves."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (10_000, 20, 50)
"""New objects before the youngest are looked at, and how often before older ones are.

Requests leave next to no cycles, so looking after every 700 objects, Python's default, is a tenth
of the API's CPU for nothing; ten thousand small objects are about a megabyte.
"""


def collect_rarely() -> None:
    """Call before modules are loaded: they stay, and a tenth of a start went into looking."""
    gc.set_threshold(*THRESHOLDS)


def settle_collector() -> None:
    """Call when everything is loaded: what is there now stays, and is never looked at again.

    Otherwise each full collection walks through all modules, and every request waits for it
    (0.1 to 0.2 s, several times a minute under load).
    """
    gc.collect()
    gc.freeze()
    collect_rarely()
