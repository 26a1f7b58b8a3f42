"""Merchants, their users and their API clients in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cashback_core.administration.merchants import (
    Merchant,
    MerchantFilter,
    MerchantState,
    MerchantStore,
    NewMerchant,
)
from cashback_core.administration.resources import Done, InUse, Invalid, Missing, Taken
from cashback_core.people.clients import (
    Client,
    ClientFilter,
    ClientState,
    ClientStore,
    Issued,
    NewClient,
    Secret,
)
from cashback_core.people.users import NewUser, User, UserFilter, UserState, UserStore
from cashback_core.testing.memory_shelf import MemoryShelf, utc_now
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from cashback_core.administration.resources import Caller, Page, Refusal, Slice, Versions

NO_SUCH_MERCHANT = Invalid(name="merchant", fault="no_such_merchant")
ROLE_AND_MERCHANT = Invalid(name="role", fault="role_and_merchant")
ADMINISTRATORS = ("admin", "platform")
MAX_LIVE_SECRETS = 2


class MemoryMerchants(MerchantStore):
    """Merchants 1 and 2, "demo" and "other" unless told otherwise, and those that are added."""

    def __init__(
        self,
        terms: MerchantState,
        *,
        slugs: Sequence[str] = ("demo", "other"),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.ids: dict[str, int] = {}
        self.shelf: MemoryShelf[Merchant] = MemoryShelf(
            {
                "slug": lambda m: m.slug,
                "name": lambda m: m.state.name,
                "created_at": lambda m: m.created_at.isoformat(),
            },
            lambda m: m.slug,
            now,
        )
        for slug in slugs:
            self._add(NewMerchant(slug=slug, state=terms))

    async def page(self, caller: Caller, wanted: Slice, which: MerchantFilter) -> Page[Merchant]:
        return self.shelf.page(
            caller,
            wanted,
            lambda m: which.slug in {None, m.slug} and which.disabled in {None, m.state.disabled},
        )

    async def find(self, caller: Caller, slug: str) -> Merchant | None:
        return self.shelf.find(caller, slug)

    async def create(self, caller: Caller, new: NewMerchant) -> Done[Merchant] | Refusal:
        assert caller.merchant_id is None
        return Taken(name="slug") if new.slug in self.ids else self._add(new)

    async def replace(
        self, caller: Caller, slug: str, state: MerchantState, versions: Versions
    ) -> Done[Merchant] | Refusal:
        present = self.shelf.changing(caller, slug, versions)
        if not isinstance(present, Merchant):
            return present
        for name in () if caller.merchant_id is None else ("zone", "rounding", "disabled"):
            if getattr(present.state, name) != getattr(state, name):
                return Invalid(name=name, fault="platform_only")
        off = (present.disabled_at or self.shelf.now()) if state.disabled else None
        changed = replace(present, state=state, disabled_at=off, **self.shelf.next(present))
        return self.shelf.change(slug, changed)

    async def delete(self, caller: Caller, slug: str, _: Versions) -> Refusal | None:
        gone = self.shelf.find(caller, slug) is None
        return Missing() if gone else InUse(reason="merchant_stays")

    def meant(self, caller: Caller, slug: str | None) -> int | None:
        """The merchant of that slug, without one the caller's; None if there is none of theirs."""
        if slug is None:
            return caller.merchant_id
        id_ = self.ids.get(slug)
        return id_ if caller.merchant_id in {None, id_} else None

    def slug_of(self, merchant_id: int) -> str:
        return next(slug for slug, id_ in self.ids.items() if id_ == merchant_id)

    def _add(self, new: NewMerchant) -> Done[Merchant]:
        self.ids[new.slug] = number = len(self.ids) + 1
        state = replace(new.state, disabled=False)
        made = Merchant(
            slug=new.slug, numbers=new.numbers, state=state, disabled_at=None, **self.shelf.first()
        )
        return self.shelf.make(number, new.slug, made)


class MemoryUsers(UserStore):
    """Users of those merchants, and the platform's."""

    def __init__(self, merchants: MemoryMerchants, now: Callable[[], datetime] = utc_now) -> None:
        self.merchants = merchants
        self.names: set[str] = set()
        self.hashes: dict[str, str] = {}
        self.shelf: MemoryShelf[User] = MemoryShelf(
            {"username": lambda u: u.username, "created_at": lambda u: u.created_at.isoformat()},
            lambda u: u.username,
            now,
        )

    async def page(self, caller: Caller, wanted: Slice, which: UserFilter) -> Page[User]:
        return self.shelf.page(
            caller,
            wanted,
            lambda u: (
                which.merchant in {None, u.merchant}
                and which.role in {None, u.state.role}
                and which.disabled in {None, u.state.disabled}
            ),
        )

    async def find(self, caller: Caller, username: str) -> User | None:
        return self.shelf.find(caller, username)

    async def create(self, caller: Caller, new: NewUser) -> Done[User] | Refusal:
        merchant_id = self.merchants.meant(caller, new.merchant)
        if merchant_id is None and new.merchant is not None:
            return NO_SUCH_MERCHANT
        if (new.role == "platform") != (merchant_id is None):
            return ROLE_AND_MERCHANT
        if new.username in self.names:
            return Taken(name="username")
        self.names.add(new.username)
        self.hashes[new.username] = new.password_hash
        made = User(
            username=new.username,
            merchant=None if merchant_id is None else self.merchants.slug_of(merchant_id),
            state=UserState(role=new.role),
            disabled_at=None,
            **self.shelf.first(),
        )
        return self.shelf.make(merchant_id, new.username, made)

    async def replace(
        self, caller: Caller, username: str, state: UserState, versions: Versions
    ) -> Done[User] | Refusal:
        present = self.shelf.changing(caller, username, versions)
        if not isinstance(present, User):
            return present
        if (present.state.role == "platform") != (state.role == "platform"):
            return ROLE_AND_MERCHANT
        if caller.actor == f"user:{username}" and present.state.role != state.role:
            return Invalid(name="role", fault="own_role")
        goes = state.disabled or state.role != present.state.role
        if goes and self._is_last(present):
            return InUse(reason="last_administrator")
        off = (present.disabled_at or self.shelf.now()) if state.disabled else None
        changed = replace(present, state=state, disabled_at=off, **self.shelf.next(present))
        return self.shelf.change(username, changed)

    async def delete(self, caller: Caller, username: str, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, username, versions)
        if not isinstance(present, User):
            return present
        if self._is_last(present):
            return InUse(reason="last_administrator")
        self.shelf.drop(username)
        return None

    async def set_password(
        self, caller: Caller, username: str, password_hash: str
    ) -> Refusal | None:
        present = self.shelf.changing(caller, username, None)
        if not isinstance(present, User):
            return present
        self.hashes[username] = password_hash
        self.shelf.change(username, replace(present, **self.shelf.next(present)))
        return None

    def _is_last(self, user: User) -> bool:
        able = [
            other
            for _, other in self.shelf.rows.values()
            if (other.merchant, other.state) == (user.merchant, user.state)
        ]
        return user.state.role in ADMINISTRATORS and not user.state.disabled and len(able) == 1


class MemoryClients(ClientStore):
    """API clients of those merchants."""

    def __init__(self, merchants: MemoryMerchants, now: Callable[[], datetime] = utc_now) -> None:
        self.merchants = merchants
        self.ids: dict[str, int] = {}
        self.shelf: MemoryShelf[Client] = MemoryShelf(
            {"name": lambda c: c.state.name, "created_at": lambda c: c.created_at.isoformat()},
            lambda c: c.id,
            now,
        )

    async def page(self, caller: Caller, wanted: Slice, which: ClientFilter) -> Page[Client]:
        return self.shelf.page(
            caller,
            wanted,
            lambda c: (
                which.merchant in {None, c.merchant}
                and which.role in {None, c.state.role}
                and which.disabled in {None, c.state.disabled}
            ),
        )

    async def find(self, caller: Caller, client_id: str) -> Client | None:
        return self.shelf.find(caller, client_id)

    async def create(self, caller: Caller, new: NewClient) -> Done[Issued] | Refusal:
        merchant_id = self.merchants.meant(caller, new.merchant)
        if merchant_id is None:
            return NO_SUCH_MERCHANT
        client_id = f"cli_{new_id().hex[:22]}"
        refusal = self._why_not(merchant_id, client_id, new.state)
        if refusal is not None:
            return refusal
        self.ids[client_id] = merchant_id
        made = Client(
            id=client_id,
            merchant=self.merchants.slug_of(merchant_id),
            state=new.state,
            secrets=(),
            created_by=caller.actor,
            disabled_at=self.shelf.now() if new.state.disabled else None,
            **self.shelf.first(),
        )
        self.shelf.make(merchant_id, client_id, made)
        return self._issue(caller, made)

    async def replace(
        self, caller: Caller, client_id: str, state: ClientState, versions: Versions
    ) -> Done[Client] | Refusal:
        present = self.shelf.changing(caller, client_id, versions)
        if not isinstance(present, Client):
            return present
        state = replace(state, group=None if state.group == client_id else state.group)
        refusal = self._why_not(self.ids[client_id], client_id, state)
        if refusal is not None:
            return refusal
        off = (present.disabled_at or self.shelf.now()) if state.disabled else None
        changed = replace(present, state=state, disabled_at=off, **self.shelf.next(present))
        return self.shelf.change(client_id, changed)

    async def delete(self, caller: Caller, client_id: str, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, client_id, versions)
        if not isinstance(present, Client):
            return present
        self.shelf.drop(client_id)
        return None

    async def rotate(
        self, caller: Caller, client_id: str, *, overlap: timedelta
    ) -> Done[Issued] | Refusal:
        present = self.shelf.changing(caller, client_id, None)
        if not isinstance(present, Client):
            return present
        live = self._live(present)
        if len(live) >= MAX_LIVE_SECRETS:
            return InUse(reason="two_secrets")
        secrets = tuple(replace(secret, expires_at=self.shelf.now() + overlap) for secret in live)
        return self._issue(caller, replace(present, secrets=secrets, **self.shelf.next(present)))

    async def end_secret(self, caller: Caller, client_id: str, number: int) -> Refusal | None:
        present = self.shelf.changing(caller, client_id, None)
        if not isinstance(present, Client):
            return present
        left = tuple(secret for secret in self._live(present) if secret.number != number)
        if len(left) == len(self._live(present)):
            return Missing()
        self.shelf.change(client_id, replace(present, secrets=left, **self.shelf.next(present)))
        return None

    def _why_not(self, merchant_id: int, client_id: str, state: ClientState) -> Refusal | None:
        for owner, other in self.shelf.rows.values():
            if owner == merchant_id and other.id != client_id and other.state.name == state.name:
                return Taken(name="name")
        if state.group is not None and self.ids.get(state.group) != merchant_id:
            return Invalid(name="group", fault="no_such_group")
        return None

    def _issue(self, caller: Caller, client: Client) -> Done[Issued]:
        number = 1 + max((secret.number for secret in client.secrets), default=0)
        secret = Secret(
            number=number, created_at=self.shelf.now(), created_by=caller.actor, expires_at=None
        )
        issued = replace(client, secrets=(secret, *self._live(client)))
        self.shelf.change(client.id, issued)
        return Done(Issued(client=issued, number=number, secret=f"cbs_{new_id().hex}"))

    def _live(self, client: Client) -> tuple[Secret, ...]:
        at = self.shelf.now()
        return tuple(s for s in client.secrets if s.expires_at is None or s.expires_at > at)
