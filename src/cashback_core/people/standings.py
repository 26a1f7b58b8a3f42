"""What a token's owner is at present: asked of the database, and kept for a few seconds.

A token names no role: one that is taken away must not live on in a token. Nor does a session that
was ended, or a secret that expired.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from cashback_core.people.callers import CLIENT
from cashback_core.people.roles import Role
from cashback_core.people.tokens import InvalidTokenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.people.callers import Identities
    from cashback_core.people.tokens import Claims

STANDING_AGE_S: Final = 4.0
"""How long a standing is kept: so long may somebody still act who no longer should."""

MAX_KNOWN: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerStanding:
    """What the owner of a good token is now."""

    subject: str
    group: str
    role: Role
    merchant_id: int | None


@dataclass(frozen=True, slots=True)
class Standings:
    """Looks owners up, each once in a few seconds, however many of their requests wait for it."""

    identities: Identities
    now_s: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, OwnerStanding]] = field(
        default_factory=dict[str, tuple[float, OwnerStanding]], init=False
    )
    _asked: dict[str, asyncio.Task[OwnerStanding]] = field(
        default_factory=dict[str, "asyncio.Task[OwnerStanding]"], init=False
    )

    async def __call__(self, claims: Claims) -> OwnerStanding:
        """Raises InvalidTokenError (its session ended, its owner is gone), StoreUnavailable."""
        key = _key(claims)
        known = self._known.get(key)
        if known is not None and self.now_s() - known[0] < STANDING_AGE_S:
            standing = known[1]
        else:
            standing = await self._shared(key, claims)
        owner = claims.owner
        if standing.subject != owner.subject or standing.merchant_id != owner.merchant_id:
            raise InvalidTokenError("its session is not its owner's")
        return standing

    def forget(self, claims: Claims) -> None:
        """Ask again at the next request."""
        self._known.pop(_key(claims), None)

    async def _shared(self, key: str, claims: Claims) -> OwnerStanding:
        task = self._asked.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._ask(key, claims))
            self._asked[key] = task
            task.add_done_callback(partial(self._answered, key))
        return await asyncio.shield(task)  # a client that hangs up takes nobody's answer away

    def _answered(self, key: str, task: asyncio.Task[OwnerStanding]) -> None:
        self._asked.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waits for it is told; perhaps they have hung up

    async def _ask(self, key: str, claims: Claims) -> OwnerStanding:
        asked_at_s = self.now_s()
        owned = await self.identities.standing(claims.owner.session_id, token_id=claims.id)
        if owned is None:
            self._known.pop(key, None)
            raise InvalidTokenError("its session has ended")
        standing = OwnerStanding(
            subject=owned.subject,
            group=owned.group,
            role=Role(owned.role),
            merchant_id=owned.merchant_id,
        )
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[key] = (asked_at_s, standing)
        return standing


def _key(claims: Claims) -> str:
    """What can be ended by itself: the session of a user, one token of a client."""
    session = str(claims.owner.session_id)
    return f"{session} {claims.id}" if claims.owner.subject.startswith(CLIENT) else session
