"""What a token's owner is at present: asked of the database, and kept for a few seconds.

A token names no role: one that is taken away must not live on in a token.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from adapters.http.access import Role
from adapters.http.tokens import InvalidTokenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.http.login import Accounts
    from adapters.http.tokens import Claims

STANDING_AGE_S: Final = 4.0
"""How long a standing is kept: so long may somebody still act who no longer should."""

MAX_KNOWN: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the owner of a good token is now."""

    role: Role
    merchant_id: int | None


@dataclass(frozen=True, slots=True)
class Standings:
    """Looks owners up, each once in a few seconds."""

    accounts: Accounts
    now_s: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, Standing]] = field(
        default_factory=dict[str, tuple[float, Standing]], init=False
    )

    async def __call__(self, claims: Claims) -> Standing:
        """Raises InvalidTokenError (its owner is gone or has moved), StoreUnavailable."""
        asked_at_s = self.now_s()
        known = self._known.get(claims.username)
        if known is None or asked_at_s - known[0] >= STANDING_AGE_S:
            known = (asked_at_s, await self._ask(claims.username))
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[claims.username] = known
        if known[1].merchant_id != claims.merchant_id:
            raise InvalidTokenError("its user has moved to another merchant")
        return known[1]

    async def _ask(self, username: str) -> Standing:
        account = await self.accounts.find(username)
        if account is None:
            self._known.pop(username, None)
            raise InvalidTokenError("its user is gone")
        return Standing(role=Role(account.role), merchant_id=account.merchant_id)
