"""People who sign in: a merchant's, and the platform's own."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from cashback_core.administration.resources import ResourceStore

if TYPE_CHECKING:
    from datetime import datetime

    from cashback_core.administration.resources import Caller, Refusal


USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}\Z", re.ASCII)
NEW_USERNAME: Final = re.compile(r"(?!me\Z|[0-9.-]{11,14}\Z)" + USERNAME.pattern, re.ASCII)
"""Not `me`, which means the caller in addresses, and no CPF: names are logged and kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserState:
    """What of a user can be changed."""

    role: str
    disabled: bool = False
    """May not sign in, and every session of theirs has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user; the name is theirs for ever, also after they are deleted."""

    username: str
    merchant: str | None
    """A merchant's slug; None for the platform's."""

    state: UserState
    version: int
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Somebody to be added; without `merchant`, to the caller's own, or to the platform."""

    username: str
    role: str
    password_hash: str = field(repr=False)
    merchant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """Which users are wanted; None wants all."""

    merchant: str | None = None
    role: str | None = None
    disabled: bool | None = None


class UserStore(ResourceStore[User, str, UserFilter, NewUser, UserState, User], Protocol):
    """Users by name, sorted by `username` or `created_at`; the platform's people see everybody.

    A name stays taken, also of whoever was deleted: they are let in no more, for ever, and their
    sessions have ended. Invalid is a merchant or role that does not go. The last administrator of a
    merchant, and the platform's last, stay what they are: InUse. Nobody changes their own role:
    Invalid.
    """

    @abstractmethod
    async def set_password(
        self, caller: Caller, username: str, password_hash: str
    ) -> Refusal | None:
        """Give them another password, and end every session that was begun with the old one."""
