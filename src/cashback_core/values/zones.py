"""Which names of time zones are taken: those of the IANA database, and no name of this machine."""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

_FORM: Final = re.compile(r"[A-Za-z][A-Za-z0-9+_-]*(?:/[A-Za-z0-9+_-]+){0,2}\Z", re.ASCII)
_MAX_CHARS: Final = 64
_OF_A_MACHINE: Final = frozenset({"localtime", "posixrules", "Factory", "leapseconds"})
"""Files next to the zones: what this machine is set to, or stands for a zone that nobody set."""

_OTHER_CLOCKS: Final = ("posix/", "right/", "SystemV/")
"""The same zones once more, by clocks that count leap seconds, or by rules of long ago."""


class UnknownZone(ValueError):  # noqa: N818 (named by what is wrong)
    """No zone of that name, `name`, is known on this machine."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"no time zone is called {self.name!r} on this machine"


def zone_of(name: str) -> ZoneInfo:
    """The zone of a name that was stored, maybe by a machine that knows others.

    Raises UnknownZone; also for a name that only this machine would give a meaning.
    """
    if _is_no_zone(name):
        raise UnknownZone(name)
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:  # no file, no zone's file, a folder
        raise UnknownZone(name) from error


def is_zone_name(name: str) -> bool:
    """Whether `name` is a zone or a link of the IANA database, written exactly.

    Every machine must read a merchant's wall clock alike, so a name is not taken only because a
    file of that name lies here.
    """
    return not _is_no_zone(name) and name in _names()


def _is_no_zone(name: str) -> bool:
    return (
        len(name) > _MAX_CHARS
        or _FORM.match(name) is None
        or name in _OF_A_MACHINE
        or name.startswith(_OTHER_CLOCKS)
    )


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
