"""API clients: how a merchant's ERP gets in, by secrets that change without a break."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from cashback_core.administration.resources import ResourceStore

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from cashback_core.administration.resources import Caller, Done, Refusal

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
    def id(self) -> str:
        """The client's."""
        return self.client.id

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """A client to be added; without `merchant`, to the caller's own: the platform has none."""

    state: ClientState
    merchant: str | None = None


class ClientStore(
    ResourceStore[Client, str, ClientFilter, NewClient, ClientState, Issued], Protocol
):
    """API clients by id, sorted by `name` or `created_at`; the platform's people see all.

    A new one comes with its first secret. A name is taken once in a merchant; it is free again when
    its client is deleted, which ends it for ever, with its secrets. Invalid is an unknown merchant,
    or a group of no client that the merchant has or had. Nothing that is recorded changes its
    group.
    """

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
