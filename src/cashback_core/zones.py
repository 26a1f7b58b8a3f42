"""Which names of time zones are taken: those of the IANA database, and no name of this machine."""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from zoneinfo import available_timezones

_FORM: Final = re.compile(r"[A-Za-z][A-Za-z0-9+_-]*(?:/[A-Za-z0-9+_-]+){0,2}\Z", re.ASCII)
_MAX_CHARS: Final = 64
_OF_A_MACHINE: Final = frozenset({"localtime", "posixrules", "Factory", "leapseconds"})
"""Files next to the zones: what this machine is set to, or stands for a zone that nobody set."""

_OTHER_CLOCKS: Final = ("posix/", "right/", "SystemV/")
"""The same zones once more, by clocks that count leap seconds, or by rules of long ago."""


def is_zone_name(name: str) -> bool:
    """Whether `name` is a zone or a link of the IANA database, written exactly.

    Every machine must read a merchant's wall clock alike, so a name is not taken only because a
    file of that name lies here.
    """
    return len(name) <= _MAX_CHARS and _FORM.match(name) is not None and name in _names()


@cache
def _names() -> frozenset[str]:
    return frozenset(
        name
        for name in available_timezones()
        if name not in _OF_A_MACHINE and not name.startswith(_OTHER_CLOCKS)
    )
