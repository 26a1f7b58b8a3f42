"""What a test may do with a gateway, whether it runs or is doubled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from cashback_core.people.roles import Role

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from uuid import UUID

    from cashback_kit.provider_control import ProviderControl

TOKEN_AGE_S: Final = 300.0
"""A third of an access token's life, so that none ends in the middle of a test."""

MOVING: Final = frozenset({"pending", "sending"})
"""The statuses that go on by themselves."""


class NotSettledError(AssertionError):
    """A cashback was still on its way when the time was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInName:
    """Somebody who may log in, of the merchant `demo` or of the platform."""

    username: str
    password: str = field(repr=False)


class CashbackSystem(ABC):
    """A gateway with the merchant `demo`, its rates, and one user of each role.

    A has 5 %, B 1 %, C 8 %, D 10 %, rounded half to even; sales may be ten years old. `provider`
    pays at once, until a test tells it otherwise.
    """

    provider: ProviderControl

    def __init__(self, names: dict[Role, LogInName]) -> None:
        self._names = names
        self._tokens: dict[Role, tuple[float, str]] = {}
        self._clients: list[httpx.Client] = []

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Where it listens, over HTTP, for any client in any language."""

    def credentials(self, role: Role | str = Role.ERP) -> LogInName:
        """Who has that role, for `POST /api/token`. Raises ValueError for one that is none."""
        return self._names[Role(role)]

    def token(self, role: Role | str = Role.ERP) -> str:
        """An access token of that role, good for some minutes yet."""
        role = Role(role)
        at_s, token = self._tokens.get(role, (0.0, ""))
        if not token or self._now_s() - at_s > TOKEN_AGE_S:
            name = self._names[role]
            at_s = self._now_s()
            with self.client(None) as stranger:
                answer = stranger.post(
                    "/api/token", json={"username": name.username, "password": name.password}
                )
            token = str(answer.raise_for_status().json()["access"])
            self._tokens[role] = (at_s, token)
        return token

    def client(self, role: Role | str | None = Role.ERP) -> httpx.Client:
        """A client that is logged in so, always with a good token; None is nobody.

        It is closed with the gateway, if not before.
        """
        client = self._client(None if role is None else _Bearer(self, Role(role)))
        self._clients.append(client)
        return client

    def async_client(self, role: Role | str | None = Role.ERP) -> httpx.AsyncClient:
        """The same for a test that awaits, which closes it: `async with … as client`."""
        return self._async_client(None if role is None else _Bearer(self, Role(role)))

    @abstractmethod
    def settled(self, cashback_id: UUID | str, *, timeout_s: float | None = None) -> dict[str, Any]:
        """The record, once it goes on no more by itself: paid, refused, or waiting for a person.

        Raises NotSettledError. A running gateway has a minute, unless told otherwise; for a double
        time is turned on, two days at most.
        """

    def record(self, cashback_id: UUID | str) -> dict[str, Any]:
        """The record as it is now, as the merchant's operators read it."""
        with self.client(Role.OPERATOR) as operator:
            answer = operator.get(f"/api/cashbacks/{cashback_id}").raise_for_status()
        record: dict[str, Any] = answer.json()
        return record

    def close_clients(self) -> None:
        """Close what `client` made."""
        while self._clients:
            self._clients.pop().close()

    @abstractmethod
    def _now_s(self) -> float:
        """Seconds on the clock that its tokens age by."""

    @abstractmethod
    def _client(self, auth: httpx.Auth | None) -> httpx.Client: ...

    @abstractmethod
    def _async_client(self, auth: httpx.Auth | None) -> httpx.AsyncClient: ...


class _Bearer(httpx.Auth):
    """A token of that role, asked for anew before it ends; a header of the test's own stays."""

    def __init__(self, system: CashbackSystem, role: Role) -> None:
        self._system = system
        self._role = role

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx."""
        request.headers.setdefault("Authorization", f"Bearer {self._system.token(self._role)}")
        yield request

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """See httpx."""
        request.headers.setdefault("Authorization", f"Bearer {self._system.token(self._role)}")
        yield request
