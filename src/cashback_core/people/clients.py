"""API clients: how a merchant's ERP gets in, by secrets that change without a break."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from cashback_core.administration.resources import (
        Caller,
        Done,
        Page,
        Refusal,
        Slice,
        Versions,
    )

CLIENT_ROLES: Final = ("erp", "analyst")
CLIENT_ID: Final = re.compile(r"cli_[A-Za-z0-9_-]{22}\Z", re.ASCII)
MAX_OVERLAP_S: Final = 7 * 86_400
DEFAULT_OVERLAP_S: Final = 86_400
"""How long a secret is good after its successor came: within it an ERP changes over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientState:
    """What of a client can be changed."""

    name: str
    role: str = "erp"
    disabled: bool = False
    """Gets no token, and those that it holds are worthless."""

    group: str | None = None
    """Whose own group it is in, by that client's id; None is its own. It reads what that one sent,
    and what it sends comes under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What may be told of a secret: never itself, nor its hash."""

    number: int
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    """None for the current one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client; the id is its own for ever, also after it is deleted."""

    id: str
    merchant: str
    state: ClientState
    secrets: tuple[Secret, ...]
    """Those that are still good, the latest first."""

    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A client with a new secret, told this once: only its hash is kept."""

    client: Client
    number: int
    secret: str = field(repr=False)

    @property
    def version(self) -> int:
        """The client's."""
        return self.client.version


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFilter:
    """Which clients are wanted; None wants all."""

    merchant: str | None = None
    role: str | None = None
    disabled: bool | None = None


class ClientStore(Protocol):
    """API clients: a merchant's people see their own, the platform's all. Raises StoreUnavailable.

    One method is one transaction, and its change is in the audit trail.
    """

    @abstractmethod
    async def create(
        self, caller: Caller, state: ClientState, *, merchant: str | None
    ) -> Done[Issued] | Refusal:
        """A new one with its first secret; Taken when the merchant has one of that name.

        Without `merchant` it is the caller's own; the platform has none: Invalid, as for a group of
        no client that the merchant has or had.
        """

    @abstractmethod
    async def page(self, caller: Caller, wanted: Slice, which: ClientFilter) -> Page[Client]:
        """Some of them, sorted by `name` or `created_at`; the key is the id."""

    @abstractmethod
    async def find(self, caller: Caller, client_id: str) -> Client | None:
        """The one of that id, unless there is none for the caller."""

    @abstractmethod
    async def replace(
        self, caller: Caller, client_id: str, state: ClientState, versions: Versions
    ) -> Done[Client] | Refusal:
        """Change its name, its role, whether it gets in, or its group; Invalid as in `create`.

        Nothing that is recorded changes its group.
        """

    @abstractmethod
    async def delete(self, caller: Caller, client_id: str, versions: Versions) -> Refusal | None:
        """End it for ever, with its secrets."""

    @abstractmethod
    async def rotate(
        self, caller: Caller, client_id: str, *, overlap: timedelta
    ) -> Done[Issued] | Refusal:
        """A further secret; the one that was current is good for `overlap` more.

        InUse while two are good: the one that an ERP still uses is never ended by mistake, as when
        the answer with the new one was lost.
        """

    @abstractmethod
    async def end_secret(self, caller: Caller, client_id: str, number: int) -> Refusal | None:
        """End one secret now, and every token that was bought with it."""
