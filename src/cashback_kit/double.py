"""The gateway in this process: the same application, stores in memory, time that is turned."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import httpx

from adapters.cashback_client.sandbox.desk import Desk
from adapters.cashback_client.sandbox.ledger import Ledger
from adapters.credentials.signing_key import create_signing_key, load_signing_key
from adapters.credentials.tokens import JwtTokens
from adapters.files.reader import ProfiledFiles
from adapters.http.app import AppOptions, UseCases, create_app
from adapters.report_page import POLICY, render
from cashback_core.changes.waiting import ChangeWaiting
from cashback_core.delivery.breaker import Breaker, BreakerPolicy
from cashback_core.delivery.deliverer import Deliverer, DeliveriesUnderWay
from cashback_core.delivery.states import Actor, DeliveryPolicy
from cashback_core.figures.report import ReportPages
from cashback_core.intake.confirmation import ConfirmSale
from cashback_core.intake.submission import QuoteSale, SubmitSale
from cashback_core.people.log_in import LogIn
from cashback_core.people.log_in_traces import LogInTraces
from cashback_core.people.passwords import Passwords
from cashback_core.people.rate_limit import RequestRate
from cashback_core.people.standings import STANDING_AGE_S, Standings
from cashback_core.reconciliation.file_import import FileDesk
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_cases import MemoryCases
from cashback_core.testing.memory_changes import MemoryChanges
from cashback_core.testing.memory_closes import MemoryCloses
from cashback_core.testing.memory_figures import MemoryFigures, MemoryStoredSales
from cashback_core.testing.memory_files import MemoryFiles
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_ledger import MemoryLedger
from cashback_core.testing.memory_operators import MemoryOperators
from cashback_core.testing.memory_privacy import MemoryPrivacy
from cashback_core.testing.memory_report_heads import MemoryReportHeads
from cashback_core.testing.memory_three_sides import MemoryThreeSides
from cashback_core.testing.plain_hashes import PlainHashes
from cashback_core.values.ids import new_id
from cashback_gateway.local.demo_data import MERCHANT
from cashback_kit.double_provider import DoubleProvider
from cashback_kit.house import House
from cashback_kit.kit_settings import kit_settings, users_of_roles
from cashback_kit.loopback import Loopback
from cashback_kit.portal import InProcess, Portal
from cashback_kit.provider_control import ProviderControl
from cashback_kit.system import MOVING, CashbackSystem, NotSettledError
from cashback_kit.turned_time import TurnedTime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self
    from uuid import UUID

    from adapters.http.sales.hot_route import HotRoute
    from cashback_core.people.roles import Role
    from cashback_gateway.settings.table import Settings
    from cashback_kit.system import LogInName

INSIDE: Final = "http://cashback.double"
"""What clients in this process are told; it is no place."""

SETTLES_S: Final = timedelta(days=2).total_seconds()
"""Longer than the gateway tries to send before it holds a cashback for an operator."""

LOOK_S: Final = 0.01
"""How often whoever waits for the feed is looked after."""

_ZONE: Final = ZoneInfo("America/Sao_Paulo")
"""The demo merchant's days."""

_CLAIMS: Final = 50
_MANY: Final = 500


class Double(CashbackSystem):
    """A gateway without processes, a database or a socket, each test's own.

    Its time stands still at the instant at which it was made until `turn` lets it pass: what is
    due then is done then, what is due now at once, by a worker as in production. A context manager.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """Raises SettingsError, and ValueError for settings that a test must not give."""
        names = users_of_roles(secrets.token_urlsafe(9))
        super().__init__(names)
        read = kit_settings(settings or {})
        self.clock = ManualClock(datetime.now(UTC))
        self._time = TurnedTime(self.clock)
        self._folder = tempfile.TemporaryDirectory(prefix="cashback-double-")
        self._inside = _made(read, self._time, Path(self._folder.name))
        self._portal = Portal()
        self._transport = InProcess(self._serve, self._portal)
        self._loopback: Loopback | None = None
        self._wake = asyncio.Event()
        self._portal.run(self._open(names))
        self.provider = ProviderControl(self._ask_provider)

    @property
    def base_url(self) -> str:
        """See CashbackSystem; it listens from when it is first asked for."""
        if self._loopback is None:
            self._loopback = Loopback(self._serve)
            self._portal.run(self._loopback.open())
        return self._loopback.url

    def now(self) -> datetime:
        """The instant that it takes for the present, aware UTC."""
        return self.clock.now()

    def turn(self, time: timedelta | float) -> None:
        """Let so much time pass, in seconds where it is a number, and do all that is due in it."""
        seconds = time.total_seconds() if isinstance(time, timedelta) else time
        if seconds < 0:
            raise ValueError("time is not turned back")
        self._portal.run(self._turn(seconds))

    def settled(self, cashback_id: UUID | str, *, timeout_s: float | None = None) -> dict[str, Any]:
        """See CashbackSystem; time is turned from one thing that is due to the next."""
        left_s = SETTLES_S if timeout_s is None else timeout_s
        self.turn(0)
        while (record := self.record(cashback_id))["status"] in MOVING:
            step_s = self._portal.run(self._next_s())
            if step_s is None or step_s > left_s:
                raise NotSettledError(f"{cashback_id} is still {record['status']}")
            left_s -= step_s
            self.turn(step_s)
        return record

    def close(self) -> None:
        """End it; nothing of it is left."""
        self.close_clients()
        if self._loopback is not None:
            self._portal.run(self._loopback.close())
            self._loopback = None
        self._portal.close()
        self._inside.desk.ledger.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _now_s(self) -> float:
        return self.clock.monotonic_s()

    def _client(self, auth: httpx.Auth | None) -> httpx.Client:
        return httpx.Client(base_url=INSIDE, transport=self._transport, auth=auth)

    def _async_client(self, auth: httpx.Auth | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=INSIDE, transport=self._transport, auth=auth)

    def _ask_provider(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()

        async def ask() -> bytes:
            return self._inside.desk.answer(method.encode(), path.encode(), content)

        head, _, told = self._portal.run(ask()).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ValueError(json.loads(told)["message"])
        return json.loads(told)

    async def _open(self, names: dict[Role, LogInName]) -> None:
        house = self._inside.house
        await house.furnish(names, PlainHashes())
        house.store.after_confirmation = self._wake.set
        self._working = asyncio.create_task(self._work())

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """The application; what an answered request left for the worker is begun at once."""
        try:
            await self._inside.app(scope, receive, send)
        finally:
            self._wake.set()

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._do_due()

    async def _turn(self, seconds: float) -> None:
        until_s = self._time.now_s() + seconds
        while True:
            await self._do_due()
            left_s = until_s - self._time.now_s()
            if left_s <= 0:
                return
            next_s = await self._next_s()
            # A millisecond at least: each look at the store's clock is one later than the last.
            self._time.advance(min(left_s, max(0.001, left_s if next_s is None else next_s)))

    async def _next_s(self) -> float | None:
        """Seconds until something is due that is not due now; None if nothing ever is."""
        known = (self._time.next_s(), await self._inside.house.store.next_due_s())
        return min((seconds for seconds in known if seconds), default=None)

    async def _do_due(self) -> None:
        """What a worker would do at this moment."""
        store, under_way = self._inside.house.store, self._inside.under_way
        self._inside.house.follow()
        await self._quiet()
        lease_s = under_way.deliverer.policy.lease_s
        while claims := await store.claim_due(limit=_CLAIMS, lease_s=lease_s):
            for claim in claims:
                at_s = self._time.now_s()
                under_way.start(claim, claimed_at_s=at_s, actor=Actor.WORKER)
            await self._quiet()
        await store.reap(limit=_MANY)
        await store.void_expired(limit=_MANY)

    async def _quiet(self) -> None:
        """Wait until every delivery has ended, or waits for time to be turned."""
        while len(self._inside.under_way) > self._time.sleeping:  # noqa: ASYNC110 (what ends is a task of the deliverer)
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inside:
    """What a double is made of."""

    app: HotRoute
    house: House
    under_way: DeliveriesUnderWay
    desk: Desk


def _made(settings: Settings, time: TurnedTime, folder: Path) -> _Inside:
    times, breaker = settings.delivery, settings.breaker
    policy = DeliveryPolicy(
        deadline_s=times.deadline_s,
        lease_s=times.lease_s,
        backoff_base_s=times.backoff_base_s,
        backoff_max_s=times.backoff_max_s,
        give_up_s=times.give_up_s,
    )
    house = House(time.clock, policy)
    desk = Desk(ledger=Ledger(folder / "ledger.jsonl", now_us=lambda: _micros(time.now())))
    under_way = DeliveriesUnderWay(
        Deliverer(
            store=house.store,
            provider=DoubleProvider(desk, time, deadline_s=policy.deadline_s),
            policy=policy,
            chance=lambda: 0.5,
            clock_s=time.now_s,
            breaker=Breaker(
                BreakerPolicy(
                    failures=breaker.failures,
                    unknowns=breaker.unknowns,
                    pause_s=breaker.pause_s,
                    pause_max_s=breaker.pause_max_s,
                )
            ),
        )
    )
    key_file = folder / "signing_key.pem"
    create_signing_key(key_file)
    tokens = JwtTokens(load_signing_key(key_file), now_s=lambda: time.now().timestamp())
    api = settings.api
    app = create_app(
        _use_cases(house, under_way, tokens, time),
        options=AppOptions(
            wait_s=api.wait_s, rate=RequestRate(per_s=api.rate_per_s, burst=api.rate_burst)
        ),
    )
    return _Inside(app=app, house=house, under_way=under_way, desk=desk)


def _use_cases(
    house: House, under_way: DeliveriesUnderWay, tokens: JwtTokens, time: TurnedTime
) -> UseCases:
    store = house.store
    incidents = MemoryIncidents(store)
    changes = MemoryChanges(store)
    privacy = MemoryPrivacy()
    privacy.away = True  # it holds what a test puts there, and knows nothing of these sales

    async def ping() -> None:
        """The memory is there."""

    asked = iter(range(1_000_000_000))
    return UseCases(
        submit_sale=SubmitSale(store=store, under_way=under_way, now=time.now, new_id=new_id),
        confirm_sale=ConfirmSale(store=store),
        quote_sale=QuoteSale(store=store, now=time.now),
        store=store,
        changes=changes,
        changes_waiting=ChangeWaiting(changes, look_s=LOOK_S),
        operators=MemoryOperators(store, incidents),
        incidents=incidents,
        cases=MemoryCases(store, incidents, sees_differences=False),
        three_sides=MemoryThreeSides(),
        ledger=MemoryLedger(skew=timedelta(0)),  # a double reads no statements
        closes=MemoryCloses(store=store, slugs={}, first_day=time.now().date(), now=time.now),
        files=FileDesk(
            reader=ProfiledFiles(),
            store=MemoryFiles(),
            max_lines=1_000,
            max_bytes=1_048_576,
        ),
        privacy=privacy,
        figures=MemoryFigures(store, _ZONE, time.now),
        stored_sales=MemoryStoredSales(store, _ZONE),
        report_pages=ReportPages(
            heads=MemoryReportHeads({1: (MERCHANT, "Demo retailer")}), draw=render, policy=POLICY
        ),
        administered=house.administered(),
        ping=ping,
        login=LogIn(
            identities=house.identities,
            # Time stands still: whatever was known of a caller is asked anew.
            standings=Standings(house.identities, lambda: next(asked) * STANDING_AGE_S),
            passwords=Passwords(PlainHashes()),
            tokens=tokens,
            traces=LogInTraces(key=os.urandom(32)),
        ),
    )


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
