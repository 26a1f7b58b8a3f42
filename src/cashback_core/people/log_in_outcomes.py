"""How log-ins end, as whoever counts them is told."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class LogInKind(StrEnum):
    """What somebody came with."""

    PASSWORD = "password"  # noqa: S105
    """A person's, for a session."""

    PRESENT_PASSWORD = "present_password"  # noqa: S105
    """A person's who has a session, to change it."""

    SECRET = "secret"  # noqa: S105
    """An API client's."""

    REFRESH = "refresh"
    """A refresh token."""


class LogInOutcome(StrEnum):
    """What became of it."""

    GRANTED = "granted"
    REPEATED = "repeated"
    """A refresh whose answer was lost: the same tokens again."""

    REFUSED = "refused"
    THROTTLED = "throttled"
    """Too much failed before. A password was not looked at; a secret was, and is wrong."""

    CROWDED = "crowded"
    """Too many waited for their turn."""

    REUSED = "reused"
    """A refresh token that was used before; its session has ended."""


OnLogIn = Callable[[LogInKind, LogInOutcome], object]
"""Told of each log-in that ended; one that the database was away for did not."""
