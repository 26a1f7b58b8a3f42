"""The HTTP application on fakes, called without a socket; every answer is held to the document."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.credentials.signing_key import signing_key
from adapters.credentials.tokens import JwtTokens
from adapters.files.reader import ProfiledFiles
from adapters.http.administration.stores import AdministrationStores
from adapters.http.app import AppOptions, UseCases, create_app
from adapters.report_page import POLICY, render
from cashback_core.changes.waiting import ChangeWaiting
from cashback_core.delivery.deliverer import Deliverer, DeliveriesUnderWay
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.figures.report import ReportPages
from cashback_core.intake.confirmation import ConfirmSale
from cashback_core.intake.submission import QuoteSale, SubmitSale
from cashback_core.people.log_in import LogIn
from cashback_core.people.log_in_traces import LogInTraces
from cashback_core.people.passwords import Passwords
from cashback_core.people.standings import Standings
from cashback_core.people.tokens import TokenKind, new_token_id, owner_of
from cashback_core.reconciliation.file_import import FileDesk
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_cases import MemoryCases
from cashback_core.testing.memory_changes import MemoryChanges
from cashback_core.testing.memory_closes import MemoryCloses
from cashback_core.testing.memory_figures import MemoryFigures, MemoryStoredSales
from cashback_core.testing.memory_files import MemoryFiles
from cashback_core.testing.memory_identities import MemoryIdentities
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_ledger import MemoryLedger
from cashback_core.testing.memory_operators import MemoryOperators
from cashback_core.testing.memory_privacy import MemoryPrivacy
from cashback_core.testing.memory_report_heads import MemoryReportHeads
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.testing.memory_three_sides import MemoryThreeSides
from cashback_core.testing.plain_hashes import PlainHashes
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.ids import new_id
from contract.builders import PROGRAMME
from contract.openapi_conformance import assert_conforms
from fakes.scripted_provider import ScriptedProvider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cashback_core.intake.store import CashbackStore

SALE: Final[dict[str, Any]] = {
    "sold_at": "2026-01-02 00:00:00",
    "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
    "total": "100.00",
    "products": [
        {"type": "A", "value": "10.00", "qty": 1},
        {"type": "B", "value": "10.00", "qty": 9},
    ],
}


class AwayStore:
    """For the stores that no unit test calls: the database is away whenever one is."""

    def __getattr__(self, name: str) -> Any:
        async def away(*_: object, **__: object) -> None:
            raise StoreUnavailable(name)

        return away


NOT_CALLED: Final = AdministrationStores(
    **{store.name: cast("Any", AwayStore()) for store in fields(AdministrationStores)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Api:
    """The application with all it stands on; `identities` tells of the users there are."""

    def __init__(
        self,
        *,
        options: AppOptions = AppOptions(wait_s=5.0),  # noqa: B008 (frozen)
        passwords: Passwords | None = None,
        administered: AdministrationStores = NOT_CALLED,
    ) -> None:
        self.administered = administered
        self.clock = ManualClock()
        terms = {
            merchant_id: Terms(merchant_id=merchant_id, rules=SaleRules(), programme=PROGRAMME)
            for merchant_id in (1, 2)
        }
        self.store = MemoryStore(terms, now=self.clock.tick)
        self.changes = MemoryChanges(self.store)
        self.changes_waiting = ChangeWaiting(self.changes, look_s=0.001)
        self.three_sides = MemoryThreeSides()
        self.incidents = MemoryIncidents(self.store)
        self.cases = MemoryCases(self.store, self.incidents, sees_differences=False)
        self.closes = MemoryCloses(
            store=self.store,
            slugs={1: "demo", 2: "other"},
            first_day=self.clock.now().date() - timedelta(days=2),
            now=self.clock.now,
        )
        self.operators = MemoryOperators(self.store, self.incidents)
        self.ledger = MemoryLedger(skew=timedelta(seconds=3))
        self.privacy = MemoryPrivacy()
        self.provider = ScriptedProvider()
        self.deliverer = Deliverer(
            store=self.store,
            provider=self.provider,
            policy=DeliveryPolicy(),
            chance=lambda: 0.5,
            clock_s=self.clock.monotonic_s,
        )
        self.under_way = DeliveriesUnderWay(self.deliverer)
        self.tokens = JwtTokens(
            signing_key(Ed25519PrivateKey.generate()), now_s=lambda: self.clock.now().timestamp()
        )
        self.identities = MemoryIdentities(self.clock)
        self.standings = Standings(self.identities, self.clock.monotonic_s)
        self.passwords = passwords or Passwords(PlainHashes())
        self.traces = LogInTraces(key=bytes(32))
        self._options = options
        self.app = create_app(self._use_cases(), options=options)
        self._numbers = itertools.count(1)

    def use(self, store: CashbackStore) -> None:
        """Serve sales from another store, as a process that has just started."""
        deliverer = Deliverer(
            store=store,
            provider=self.provider,
            policy=DeliveryPolicy(),
            chance=lambda: 0.5,
            clock_s=self.clock.monotonic_s,
        )
        now = self.clock.now
        use_cases = replace(
            self._use_cases(),
            submit_sale=SubmitSale(
                store=store, under_way=DeliveriesUnderWay(deliverer), now=now, new_id=new_id
            ),
            confirm_sale=ConfirmSale(store=store),
            quote_sale=QuoteSale(store=store, now=now),
            store=store,
        )
        self.app = create_app(use_cases, options=self._options)

    def _use_cases(self) -> UseCases:
        now = self.clock.now
        return UseCases(
            submit_sale=SubmitSale(
                store=self.store, under_way=self.under_way, now=now, new_id=new_id
            ),
            confirm_sale=ConfirmSale(store=self.store),
            quote_sale=QuoteSale(store=self.store, now=now),
            store=self.store,
            changes=self.changes,
            changes_waiting=self.changes_waiting,
            operators=self.operators,
            incidents=self.incidents,
            cases=self.cases,
            ledger=self.ledger,
            closes=self.closes,
            files=FileDesk(
                reader=ProfiledFiles(),
                store=MemoryFiles(),
                max_lines=1_000,
                max_bytes=1_048_576,
            ),
            three_sides=self.three_sides,
            privacy=self.privacy,
            figures=MemoryFigures(self.store, ZoneInfo("America/Sao_Paulo"), now),
            stored_sales=MemoryStoredSales(self.store, ZoneInfo("America/Sao_Paulo")),
            report_pages=ReportPages(
                heads=MemoryReportHeads({1: ("demo", "Demo")}), draw=render, policy=POLICY
            ),
            administered=self.administered,
            ping=self.ping,
            login=LogIn(
                identities=self.identities,
                standings=self.standings,
                passwords=self.passwords,
                tokens=self.tokens,
                traces=self.traces,
            ),
        )

    async def ping(self) -> None:
        if self.store.away:
            raise StoreUnavailable("away")

    def token(self, username: str = "demo", kind: TokenKind = TokenKind.ACCESS) -> str:
        """A token of a new session; of an API client for its id."""
        token_id = new_token_id()
        client = self.identities.clients.get(username)
        owned = client.owned() if client else self.identities.begin(username, token_id)
        return self.tokens.issue(kind, owner_of(owned), token_id=token_id)

    async def submit(
        self, document: object = SALE, path: str = "/api/cashbacks", **headers: str
    ) -> Answered:
        """POST a sale as user demo; `Idempotency_Key="k"` becomes the header of that name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("POST", path, body=json.dumps(document).encode(), headers=named)

    async def get(self, path: str, *, username: str | None = "demo") -> Answered:
        return await self.call("GET", path, username=username)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Sequence[bytes] = b"",
        headers: Mapping[str, str | None] | None = None,
        username: str | None = "demo",
    ) -> Answered:
        """One request; a header of None leaves out what would be sent, a body may come in parts."""
        parts = [body] if isinstance(body, bytes) else list(body)
        given: dict[str, str | None] = {
            "host": "testserver",
            "content-type": "application/json" if method in {"POST", "PUT", "PATCH"} else None,
            "content-length": str(len(parts[0])) if len(parts) == 1 else None,
            "authorization": None if username is None else f"Bearer {self.token(username)}",
        }
        given |= {name.lower(): value for name, value in (headers or {}).items()}
        sent = [(n.encode(), v.encode("latin-1")) for n, v in given.items() if v is not None]
        answered = await self.exchange(method, path, parts=parts, headers=sent)
        assert_conforms(
            method, path, status=answered.status, headers=answered.headers, body=answered.body
        )
        return answered

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        parts: Sequence[bytes | None],
        headers: Sequence[tuple[bytes, bytes]],
    ) -> Answered:
        """The bare ASGI exchange; a part of None is a client that hangs up."""
        target, _, query = path.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": target,
            "raw_path": target.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        left = list(parts)
        messages: list[Any] = []

        async def receive() -> Any:
            if not left:
                await asyncio.Event().wait()  # nothing more ever comes
            part = left.pop(0)
            if part is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": bool(left)}

        async def send(message: Any) -> None:
            messages.append(message)

        await self.app(scope, receive, send)  # type: ignore[arg-type]
        start, *bodies = messages
        return Answered(
            status=start["status"],
            headers={n.decode().lower(): v.decode("latin-1") for n, v in start["headers"]},
            body=b"".join(message.get("body", b"") for message in bodies),
        )
