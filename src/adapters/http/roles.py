"""What a user may do besides sending and reading sales: the role, asked of the database.

A token names no role: one that is taken away must not live on in a token.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from adapters.http.tokens import InvalidTokenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.http.auth import Principal
    from adapters.http.login import Accounts

OPERATORS: Final = frozenset({"operator", "admin"})
"""Who may act on what waits for somebody."""

ROLE_AGE_S: Final = 5.0
"""How long a role is kept: so long may a user still act who no longer should."""

MAX_ROLES: Final = 1_000


class ForbiddenError(Exception):
    """The user is known, and may not do this."""


@dataclass(frozen=True, slots=True)
class RoleGuard:
    """Lets through whoever has one of the roles asked for."""

    accounts: Accounts
    now_s: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, int, str]] = field(
        default_factory=dict[str, tuple[float, int, str]], init=False
    )

    async def __call__(self, principal: Principal, roles: frozenset[str] = OPERATORS) -> None:
        """Raises ForbiddenError, InvalidTokenError (its user is gone), StoreUnavailable."""
        if await self._role(principal) not in roles:
            raise ForbiddenError

    async def _role(self, principal: Principal) -> str:
        asked_at_s = self.now_s()
        known = self._known.get(principal.username)
        if known is None or asked_at_s - known[0] >= ROLE_AGE_S:
            account = await self.accounts.find(principal.username)
            if account is None:
                self._known.pop(principal.username, None)
                raise InvalidTokenError("its user is gone")
            if len(self._known) >= MAX_ROLES:
                self._known.clear()
            known = (asked_at_s, account.merchant_id, account.role)
            self._known[principal.username] = known
        _, merchant_id, role = known
        if merchant_id != principal.merchant_id:
            raise InvalidTokenError("its user has moved to another merchant")
        return role
