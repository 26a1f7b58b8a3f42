"""Taking many sales in at once: each by itself, as if they came one after the other.

The commits of all of them are shared (`CashbackStore.accept`), which is what makes a batch quick.
Sales that could touch each other (the same name, the same buyer) keep their order; all others run
side by side.
"""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

from cashback_core.intake.submission import SaleRequest, Submitted
from cashback_core.sales.reading.plain import whole
from cashback_core.traces import TRAIL
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.money import InvalidMoney, parse_centavos

MAX_SALES: Final = 500
"""Most sales of one batch."""

AT_ONCE: Final = 64
"""So many sales of one batch are under way at a time: others' requests take their turn between."""

MAX_BATCH_S: Final = 25.0
"""Of what has not begun by then it is told that the store is unavailable: somebody waits."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """What a sale was refused with, or failed by; its neighbours know nothing of it."""

    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitBatch:
    """Submits sales of one merchant. `clock_s` is any monotonic clock, in seconds."""

    submit_sale: Callable[[SaleRequest], Awaitable[Submitted]]
    clock_s: Callable[[], float] = time.monotonic

    async def __call__(
        self, requests: Sequence[SaleRequest], *, wait_s: float | None = None
    ) -> tuple[Submitted | NotTaken, ...]:
        """What became of each, in their order; raises nothing of theirs.

        Without `wait_s` all are recorded and left to a worker. With it the provider is called and
        waited for so long, counted from now for all of them together: what begins later is left to
        a worker. The requests' own `wait_s` and `respond_async` are not looked at.
        """
        began_s = self.clock_s()
        run = _Run(
            requests=requests,
            submit_sale=self.submit_sale,
            clock_s=self.clock_s,
            begun_until_s=began_s + MAX_BATCH_S,
            wait_until_s=None if wait_s is None else began_s + wait_s,
        )
        return await run.all()


@dataclass(slots=True, kw_only=True)
class _Run:
    requests: Sequence[SaleRequest]
    submit_sale: Callable[[SaleRequest], Awaitable[Submitted]]
    clock_s: Callable[[], float]
    begun_until_s: float
    wait_until_s: float | None
    _ended: list[asyncio.Event] = field(default_factory=list[asyncio.Event])
    _outcomes: dict[int, Submitted | NotTaken] = field(
        default_factory=dict[int, "Submitted | NotTaken"]
    )

    async def all(self) -> tuple[Submitted | NotTaken, ...]:
        self._ended = [asyncio.Event() for _ in self.requests]
        # Begun in order: whom one waits for began before it, so nobody waits for ever.
        waiting = enumerate(_ordered(self.requests))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(AT_ONCE, len(self.requests))):
                tasks.create_task(self._some(waiting))
        return tuple(self._outcomes[number] for number in range(len(self.requests)))

    async def _some(self, waiting: Iterator[tuple[int, frozenset[int]]]) -> None:
        for number, before in waiting:
            for earlier in before:
                await self._ended[earlier].wait()
            self._outcomes[number] = await self._one(self.requests[number])
            self._ended[number].set()

    async def _one(self, request: SaleRequest) -> Submitted | NotTaken:
        now_s = self.clock_s()
        if now_s >= self.begun_until_s:
            return NotTaken(StoreUnavailable("too many sales before it"))
        left_s = 0.0 if self.wait_until_s is None else self.wait_until_s - now_s
        trail = TRAIL.get()
        if trail is not None:  # its deliveries must not be told as another's
            TRAIL.set(replace(trail, cashback_id=None))
        try:
            return await self.submit_sale(
                replace(request, wait_s=max(0.0, left_s), respond_async=left_s <= 0)
            )
        except Exception as error:  # noqa: BLE001 (whatever is wrong with it harms no neighbour)
            return NotTaken(error)


def _ordered(requests: Sequence[SaleRequest]) -> list[frozenset[int]]:
    """For each sale the earlier ones that it comes after: the latest of each of its names."""
    latest: dict[tuple[str, object], int] = {}
    before: list[frozenset[int]] = []
    for number, request in enumerate(requests):
        names = _names(request)
        before.append(frozenset(latest[name] for name in names if name in latest))
        latest.update(dict.fromkeys(names, number))
    return before


def _names(request: SaleRequest) -> set[tuple[str, object]]:
    """What it shares with every sale that can decide about it, or the other way round.

    Those of the same key or number, of the same content (which has the same buyer, or the same
    total and nobody), and of the same buyer, whose name the first one tells. Of a document that
    need not be a sale; sales that share too much only wait.
    """
    names: set[tuple[str, object]] = set()
    if request.idempotency_key is not None:
        names.add(("key", request.idempotency_key))
    document = whole(request.document)
    if not isinstance(document, Mapping):
        return names
    told = cast("Mapping[str, object]", document)
    sale_id, customer = told.get("sale_id"), told.get("customer")
    if isinstance(sale_id, str):
        names.add(("sale_id", sale_id))
    if isinstance(customer, Mapping):
        names.add(("buyer", _letters(cast("Mapping[str, object]", customer).get("document"))))
    else:
        names.add(("nobody", _centavos(told.get("total"))))
    return names


def _letters(document: object) -> str | None:
    """A document without its punctuation, however it is written."""
    return "".join(filter(str.isalnum, document)).upper() if isinstance(document, str) else None


def _centavos(total: object) -> int | None:
    try:
        return parse_centavos(total)
    except InvalidMoney:
        return None
