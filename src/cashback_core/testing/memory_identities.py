"""Who calls, in memory: the port of the log-in without a database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.people.callers import (
    REPEATED_S,
    Account,
    Drawn,
    Identities,
    Owned,
    Renewed,
    Reused,
    Visit,
)
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.plain_hashes import PlainHashes
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.administration.resources import Caller

PASSWORD: Final = "correct horse battery staple"  # noqa: S105 (made up)
PASSWORD_HASH: Final = PlainHashes().hash(PASSWORD)
FIRST: Final = "first"
SECRET: Final = "cbs_0123456789"  # noqa: S105 (made up)
CLIENT_ID: Final = "cli_0123456789012345678901"

BUCKETS: Final = {
    "pair": (5, 60.0), "pause": (1, 60.0), "address": (20, 10.0), "account": (30, 60.0),
    "secret": (20, 10.0), "secret_address": (100, 5.0),
}  # fmt: skip
MAX_SESSION: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUser:
    """Somebody who may log in."""

    username: str
    merchant_id: int | None
    role: str = "erp"
    password_hash: str = PASSWORD_HASH
    user_id: int = 0

    def account(self) -> Account:
        """As the log-in sees them."""
        return Account(
            user_id=self.user_id,
            username=self.username,
            merchant_id=self.merchant_id,
            password_hash=self.password_hash,
        )


@dataclass(slots=True, kw_only=True)
class MemorySession:
    """A session of one of them."""

    username: str
    token_id: str
    created_at: datetime
    expires_at: datetime
    revoked: bool = False
    renewed_at: datetime | None = None
    issued_s: int = 0


@dataclass(slots=True, kw_only=True)
class MemoryClient:
    """An API client; its latest secret is its last."""

    client_id: str
    merchant_id: int
    role: str = "erp"
    group: str | None = None
    secrets: dict[UUID, str] = field(default_factory=dict["UUID", str])

    def owned(self) -> Owned:
        """As by its latest secret."""
        return _client_owned(self, list(self.secrets)[-1])


class MemoryIdentities(Identities):
    """Users `demo` and one of each role of merchant 1, `other` of merchant 2, and a client."""

    def __init__(self, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.away = False
        self.users = {
            user.username: user
            for user in (
                MemoryUser(username="demo", merchant_id=1),
                MemoryUser(username="other", merchant_id=2),
                MemoryUser(username="olga", merchant_id=1, role="operator"),
                MemoryUser(username="otto", merchant_id=2, role="operator"),
                MemoryUser(username="adam", merchant_id=1, role="admin"),
                MemoryUser(username="anna", merchant_id=1, role="analyst"),
                MemoryUser(username="petra", merchant_id=None, role="platform"),
            )
        }
        self.clients = {
            CLIENT_ID: MemoryClient(client_id=CLIENT_ID, merchant_id=1, secrets={new_id(): SECRET})
        }
        self.sessions: dict[UUID, MemorySession] = {}
        self.asked: list[str] = []
        self.signed_out: list[Caller] = []
        self.draws = 0
        self._revoked: set[str] = set()
        self._failures: dict[tuple[str, str], float] = {}
        self._used: dict[str, float] = {}

    def begin(self, username: str, token_id: str = FIRST, life_s: int = 86_400) -> Owned:
        """A session, as after a log-in."""
        now = self.clock.now()
        session_id = new_id()
        self.sessions[session_id] = MemorySession(
            username=username,
            token_id=token_id,
            created_at=now,
            expires_at=now + timedelta(seconds=life_s),
        )
        return self._owned(self.users[username], session_id)

    async def visit(self, username: str, *, address: str) -> Visit:
        self._ask(f"visit {username}")
        waits = self._waits(_keys(username, address))
        wait_s = max(0.0, waits["pair"])
        if waits["address"] > 0 or waits["account"] > 0:
            wait_s = max(wait_s, waits["pause"])
        user = self.users.get(username)
        return Visit(wait_s=wait_s, account=None if user is None else user.account())

    async def note_failure(self, username: str, *, address: str) -> None:
        self._ask(f"failure {username}")
        self._note(_keys(username, address))

    async def open_session(self, account: Account, *, token_id: str, life_s: int) -> Owned | None:
        self._ask(f"open {account.username}")
        user = self.users.get(account.username)
        if user is None or user.password_hash != account.password_hash:
            return None
        return self.begin(account.username, token_id, life_s)

    async def renew_session(
        self, session_id: UUID, *, used_id: str, next_id: str, issued_s: int, life_s: int
    ) -> Renewed | Reused | None:
        self._ask("renew")
        session = self.sessions.get(session_id)
        user = self._live(session_id)
        if session is None or user is None:
            return None
        now, owned = self.clock.now(), self._owned(user, session_id)
        if session.token_id == used_id:
            session.token_id, session.renewed_at, session.issued_s = next_id, now, issued_s
            session.expires_at = min(
                now + timedelta(seconds=life_s), session.created_at + MAX_SESSION
            )
            return Renewed(owned=owned, issued_s=issued_s, repeated=False)
        lately = session.renewed_at is not None and (
            now - session.renewed_at < timedelta(seconds=REPEATED_S)
        )
        if lately and session.token_id == next_id:
            return Renewed(owned=owned, issued_s=session.issued_s, repeated=True)
        session.revoked = True
        return Reused(subject=owned.subject)

    async def end_session(self, session_id: UUID) -> None:
        self._ask("end")
        if session_id in self.sessions:
            self.sessions[session_id].revoked = True

    async def sign_out(self, username: str, *, by: Caller) -> bool:
        self._ask(f"sign out {username}")
        user = self.users.get(username)
        if user is None or by.merchant_id not in {None, user.merchant_id}:
            return False
        self.signed_out.append(by)
        for session in self.sessions.values():
            session.revoked = session.revoked or session.username == username
        return True

    async def find_client(self, client_id: str, *, secret: str) -> Owned | None:
        self._ask(f"client {client_id}")
        client = self.clients.get(client_id)
        for secret_id, known in client.secrets.items() if client else ():
            if client is not None and known == secret:
                return _client_owned(client, secret_id)
        return None

    async def note_wrong_secret(self, client_id: str, *, address: str) -> float:
        self._ask(f"wrong secret {client_id}")
        keys = [("secret", client_id), ("secret_address", address)]
        wait_s = max(0.0, *self._waits(keys).values())
        if wait_s <= 0:
            self._note(keys)
        return wait_s

    async def revoke_token(self, token_id: str, *, until: datetime) -> None:
        self._ask("revoke")
        assert until > datetime(2020, 1, 1, tzinfo=UTC)
        self._revoked.add(token_id)

    async def standing(self, session_id: UUID, *, token_id: str) -> Owned | None:
        self._ask("standing")
        user = self._live(session_id)
        if user is not None:
            return self._owned(user, session_id)
        for client in self.clients.values():
            if session_id in client.secrets and token_id not in self._revoked:
                return _client_owned(client, session_id)
        return None

    async def draw(self, subject: str, *, every_s: float, capacity: int, wanted: int) -> Drawn:
        self._ask("draw")
        self.draws += 1
        now_s = self.clock.monotonic_s()
        used_s = max(self._used.get(subject, now_s), now_s) - now_s
        granted = max(0, min(wanted, int(capacity - used_s / every_s + 1e-9)))
        self._used[subject] = now_s + used_s + granted * every_s
        return Drawn(granted=granted, wait_s=max(0.0, used_s - (capacity - 1) * every_s))

    def _waits(self, keys: list[tuple[str, str]]) -> dict[str, float]:
        now_s = self.clock.monotonic_s()
        return {
            kind: self._failures.get((kind, key), 0.0)
            - now_s
            - (BUCKETS[kind][0] - 1) * BUCKETS[kind][1]
            for kind, key in keys
        }

    def _note(self, keys: list[tuple[str, str]]) -> None:
        now_s = self.clock.monotonic_s()
        for kind, key in keys:
            burst, every_s = BUCKETS[kind]
            until_s = max(self._failures.get((kind, key), 0.0), now_s) + every_s
            self._failures[kind, key] = min(until_s, now_s + burst * every_s)

    def _live(self, session_id: UUID) -> MemoryUser | None:
        session = self.sessions.get(session_id)
        if session is None or session.revoked or session.expires_at <= self.clock.now():
            return None
        return self.users.get(session.username)

    def _owned(self, user: MemoryUser, session_id: UUID) -> Owned:
        return Owned(
            subject=f"user:{user.username}",
            group=f"user:{user.username}",
            role=user.role,
            merchant_id=user.merchant_id,
            session_id=session_id,
        )

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.away:
            raise StoreUnavailable("away")


def moved(user: MemoryUser, merchant_id: int) -> MemoryUser:
    """The same user, of another merchant."""
    return replace(user, merchant_id=merchant_id)


def _client_owned(client: MemoryClient, secret_id: UUID) -> Owned:
    return Owned(
        subject=f"client:{client.client_id}",
        group=f"client:{client.group or client.client_id}",
        role=client.role,
        merchant_id=client.merchant_id,
        session_id=secret_id,
    )


def _keys(username: str, address: str) -> list[tuple[str, str]]:
    pair = f"{username} {address}"
    return [("pair", pair), ("pause", pair), ("address", address), ("account", username)]
