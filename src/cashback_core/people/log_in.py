"""Passwords and secrets for tokens, and old tokens for new ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from cashback_core.people.callers import CLIENT, USER, Reused
from cashback_core.people.clients import CLIENT_ID
from cashback_core.people.fair_queue import FairQueue
from cashback_core.people.log_in_outcomes import LogInKind, LogInOutcome
from cashback_core.people.tokens import (
    Claims,
    InvalidTokenError,
    TokenKind,
    Tokens,
    new_token_id,
    owner_of,
    successor_id,
)
from cashback_core.people.users import USERNAME

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from cashback_core.people.callers import Account, Identities, Owned
    from cashback_core.people.log_in_traces import LogInTraces
    from cashback_core.people.passwords import Passwords
    from cashback_core.people.standings import Standings

_SECRET: Final = re.compile(r"[!-~]{1,128}\Z", re.ASCII)

WAIT_S: Final = 60
"""Told to whoever has to wait, for a minute at most: the same to all, so that it tells nothing."""

MAX_LOOKUPS: Final = 1000
"""As many as a process serves requests at once: a chain's tills may all come at the same moment."""


class BadCredentialsError(Exception):
    """No such user, a disabled one, or another password: which of them is nobody's business."""


class LogInThrottledError(Exception):
    """Too much failed before: no password was looked at, and a secret was wrong again."""

    wait_s: float = WAIT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGrant:
    """What somebody holds after a log-in; clients get no refresh token, they ask again."""

    access: str
    expires_in_s: int
    refresh: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """Issues tokens to users and to API clients, and takes them back.

    Every method raises StoreUnavailable, and all that cost something TooManyLogInsError.
    """

    identities: Identities
    standings: Standings
    passwords: Passwords
    tokens: Tokens
    traces: LogInTraces
    lookups: FairQueue = field(
        default_factory=partial(FairQueue, at_once=2, max_waiting=MAX_LOOKUPS)
    )
    """Of secrets and sessions: where people crowd with passwords, no ERP waits behind a hash."""

    async def __call__(self, *, username: str, password: str, address: str) -> TokenGrant:
        """Tokens of a new session. Raises BadCredentialsError, LogInThrottledError."""
        asking = _Asking(LogInKind.PASSWORD, self.traces, username, address)
        with asking.in_a_crowd():
            async with self.passwords.turn(address):
                account = await self._recognise(asking, password)
                granted = await self._open(asking, account)
        self.traces.granted(asking.kind)
        return granted

    async def confirm(self, *, username: str, password: str, address: str) -> None:
        """Raises BadCredentialsError unless it is the user's password, LogInThrottledError."""
        asking = _Asking(LogInKind.PRESENT_PASSWORD, self.traces, username, address)
        with asking.in_a_crowd():
            async with self.passwords.turn(address):
                await self._recognise(asking, password)
        self.traces.granted(asking.kind)

    async def client(self, *, client_id: str, secret: str, address: str) -> TokenGrant:
        """A token for an ERP. Raises BadCredentialsError, LogInThrottledError.

        A right secret passes whatever failed before, and a wrong one is told that it is either way.
        """
        known = CLIENT_ID.match(client_id) is not None
        name = client_id if known else self.traces.nobody(client_id)
        subject, owned, wait_s = f"{CLIENT}{name}" if known else name, None, 0.0
        with self.traces.crowds(LogInKind.SECRET, subject=subject, address=address):
            async with self.lookups(address):
                if known and _SECRET.match(secret) is not None:
                    owned = await self.identities.find_client(client_id, secret=secret)
                if owned is None:
                    wait_s = await self.identities.note_wrong_secret(name, address=address)
        if owned is None:
            outcome = LogInOutcome.THROTTLED if wait_s > 0 else LogInOutcome.REFUSED
            self.traces.turned_away(LogInKind.SECRET, outcome, subject=subject, address=address)
            raise LogInThrottledError if wait_s > 0 else BadCredentialsError
        self.traces.granted(LogInKind.SECRET)
        return self._granted(owned)

    async def refresh(self, token: str, *, address: str) -> TokenGrant:
        """New tokens for a refresh token, which is then used up. Raises InvalidTokenError.

        The next token's id is made of this one's, and its instant is kept: whoever lost the answer
        is told it again, to the byte, though no token is kept.
        """
        try:
            claims = self.tokens.check(token, TokenKind.REFRESH)
        except InvalidTokenError:
            self._refuse_refresh(LogInOutcome.REFUSED, "nobody", address)
            raise
        next_id, subject = successor_id(claims.id, TokenKind.REFRESH), claims.owner.subject
        with self.traces.crowds(LogInKind.REFRESH, subject=subject, address=address):
            async with self.lookups(address):
                renewed = await self.identities.renew_session(
                    claims.owner.session_id,
                    used_id=claims.id,
                    next_id=next_id,
                    issued_s=self.tokens.now_s(),
                    life_s=self.tokens.lifetimes.refresh_s,
                )
        if isinstance(renewed, Reused):
            self._refuse_refresh(LogInOutcome.REUSED, subject, address)
            raise InvalidTokenError("used before")
        owner = None if renewed is None else owner_of(renewed.owned)
        if renewed is None or owner != claims.owner:
            self._refuse_refresh(LogInOutcome.REFUSED, subject, address)
            raise InvalidTokenError("its session has ended, or its user is gone or moved")
        if renewed.repeated:
            self.traces.repeated(LogInKind.REFRESH)
        else:
            self.traces.granted(LogInKind.REFRESH)
        access_id, issued_s = successor_id(claims.id, TokenKind.ACCESS), renewed.issued_s
        issue = partial(self.tokens.issue, issued_s=issued_s)
        return TokenGrant(
            access=issue(TokenKind.ACCESS, claims.owner, token_id=access_id),
            expires_in_s=self.tokens.lifetimes.access_s,
            refresh=issue(TokenKind.REFRESH, claims.owner, token_id=next_id),
        )

    async def verify(self, token: str) -> Claims:
        """What a token of either kind says. Raises InvalidTokenError."""
        claims = self.tokens.check(token)
        await self.standings(claims)
        return claims

    async def revoke(self, token: str, *, address: str) -> None:
        """End what a token stands for; one that is no good is none already (RFC 7009, 2.2).

        A user's token ends its session, whichever kind it is; a client's ends alone.
        """
        try:
            claims = self.tokens.check(token)
        except InvalidTokenError:
            return
        async with self.lookups(address):
            if claims.owner.subject.startswith(CLIENT):
                until = datetime.fromtimestamp(claims.expires_at_s, UTC)
                await self.identities.revoke_token(claims.id, until=until)
            else:
                await self.identities.end_session(claims.owner.session_id)
        self.standings.forget(claims)

    def _refuse_refresh(self, outcome: LogInOutcome, subject: str, address: str) -> None:
        self.traces.turned_away(LogInKind.REFRESH, outcome, subject=subject, address=address)

    async def _recognise(self, asking: _Asking, password: str) -> Account:
        visit = await self.identities.visit(asking.name, address=asking.address)
        account = visit.account
        asking.know(account)
        if visit.wait_s > 0:
            asking.turned_away(LogInOutcome.THROTTLED)
            raise LogInThrottledError
        stored_hash = None if account is None else account.password_hash
        right = await self.passwords.match(password, stored_hash)
        if not right or account is None:
            await self.identities.note_failure(asking.name, address=asking.address)
            asking.turned_away(LogInOutcome.REFUSED)
            raise BadCredentialsError
        return account

    async def _open(self, asking: _Asking, account: Account) -> TokenGrant:
        token_id = new_token_id()
        owned = await self.identities.open_session(
            account, token_id=token_id, life_s=self.tokens.lifetimes.refresh_s
        )
        if owned is None:
            asking.turned_away(LogInOutcome.REFUSED)
            raise BadCredentialsError
        return self._granted(owned, token_id)

    def _granted(self, owned: Owned, refresh_id: str | None = None) -> TokenGrant:
        owner, refresh = owner_of(owned), None
        if refresh_id is not None:
            refresh = self.tokens.issue(TokenKind.REFRESH, owner, token_id=refresh_id)
        return TokenGrant(
            access=self.tokens.issue(TokenKind.ACCESS, owner),
            expires_in_s=self.tokens.lifetimes.access_s,
            refresh=refresh,
        )


@dataclass(slots=True)
class _Asking:
    """Somebody with a password, from somewhere.

    `name` is what the database is asked for: no text that is no username ever reaches it, but its
    hash does, so that whatever nobody is called has to wait like a name.
    """

    kind: LogInKind
    traces: LogInTraces
    username: str
    address: str
    name: str = field(init=False)
    subject: str = field(init=False)

    def __post_init__(self) -> None:
        self.subject = self.traces.nobody(self.username)
        self.name = self.subject if USERNAME.match(self.username) is None else self.username

    def know(self, account: Account | None) -> None:
        """Whose account it is."""
        if account is not None:
            self.subject = USER + account.username

    def turned_away(self, outcome: LogInOutcome) -> None:
        """They are not let in."""
        self.traces.turned_away(self.kind, outcome, subject=self.subject, address=self.address)

    def in_a_crowd(self) -> AbstractContextManager[None]:
        """While they wait for their turn."""
        return self.traces.crowds(self.kind, subject=self.subject, address=self.address)
