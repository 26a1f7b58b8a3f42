"""What a gateway does day by day, each task by its store, of which every past has as much to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from adapters.postgres.operators.named import named_cashbacks
from cashback_core.administration.audit_trail import TrailFilter
from cashback_core.administration.customers import CustomerFilter
from cashback_core.administration.resources import Caller, Slice
from cashback_core.changes.changes import START
from cashback_core.delivery.record import (
    NEWEST,
    RateVersion,
    RecordFilter,
    RecordInstant,
    RecordOrder,
)
from cashback_core.delivery.states import Status
from cashback_core.operators.open_cashbacks import OpenFilter
from cashback_core.privacy.data_subjects import Retention
from cashback_core.values.documents import Cpf
from volume.found_tasks import FOUND_READS, FOUND_WRITES
from volume.house import MERCHANT, House
from volume.past import cpf
from volume.selling import OLD, accept, replay, same_request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
    from uuid import UUID

    from cashback_core.delivery.record import RecordPage

Task: TypeAlias = "Callable[[House], Awaitable[Any]]"
Wanted: TypeAlias = "Mapping[str, Any]"
"""The fields of a RecordFilter; instants as times before the newest sale."""

REGULAR: Final = 3
PAGE: Final = 50
_CALLER: Final = Caller(actor="volume", merchant_id=MERCHANT)


def page(wanted: Wanted, order: RecordOrder = NEWEST, *, further: bool = False) -> Task:
    """A list's first page of a search, or its second."""

    async def read(house: House) -> list[UUID]:
        asked = _asked(house, wanted)
        found: RecordPage = await house.store.page(
            MERCHANT, asked, limit=PAGE, after=None, order=order
        )
        if further:
            assert found.next is not None
            found = await house.store.page(
                MERCHANT, asked, limit=PAGE, after=found.next, order=order
            )
        return [record.id for record in found.records]

    return read


def total(wanted: Wanted) -> Task:
    """What a search comes to."""

    async def read(house: House) -> Any:
        return await house.store.total(MERCHANT, _asked(house, wanted))

    return read


def _asked(house: House, wanted: Wanted) -> RecordFilter:
    values: dict[str, Any] = {
        name: house.newest_at - value if isinstance(value, timedelta) else value
        for name, value in wanted.items()
    }
    return RecordFilter(**values)


async def _open_page(house: House) -> list[UUID]:
    found = await house.operators.open_page(MERCHANT, OpenFilter(), limit=PAGE, after=None)
    return [item.id for item in found.items]


async def _everybodys_open_page(house: House) -> list[UUID]:
    wanted = OpenFilter(statuses=frozenset({Status.IN_DOUBT}))
    found = await house.operators.open_page(None, wanted, limit=PAGE, after=None)
    return [item.id for item in found.items]


async def _book(house: House) -> list[UUID]:
    """The book of two days, with two old sales that a statement names."""

    async def named() -> AsyncGenerator[Collection[UUID], None]:
        yield [house.id(OLD), house.id(OLD + 500)]

    found: list[UUID] = []
    since = house.newest_at - timedelta(days=2)
    async with house.reconciliation.alone() as runs:
        assert runs is not None
        async with runs.book(since, named()) as batches:
            async for batch in batches:
                found += [entry.id for entry in batch]
    return sorted(found)


async def _open_entries(house: House) -> list[UUID]:
    async with house.reconciliation.alone() as runs:
        assert runs is not None
        return sorted(entry.id for entry in await runs.open_entries())


async def _feed_from_the_start(house: House) -> int:
    return len((await house.changes.read(MERCHANT, START, limit=100)).changes)


async def _feed_at_its_end(house: House) -> int:
    end = await house.changes.end(MERCHANT)
    return len((await house.changes.read(MERCHANT, end, limit=100)).changes)


async def _feed_of_a_group(house: House) -> int:
    found = await house.changes.read(MERCHANT, START, limit=100, group="client:cli_1")
    return len(found.changes)


def _trail(**wanted: Any) -> Task:
    async def read(house: House) -> list[str]:
        found = await house.trail.page(
            _CALLER, Slice(sort="at", descending=True, limit=PAGE), TrailFilter(**wanted)
        )
        return [line.key for line in found.items]  # type: ignore[union-attr]

    return read


async def _customers(house: House) -> int:
    wanted = Slice(sort="id", descending=False, limit=PAGE)
    return len((await house.customers.page(_CALLER, wanted, CustomerFilter())).items)


async def _customer_by_document(house: House) -> int:
    wanted = Slice(sort="id", descending=False, limit=PAGE)
    which = CustomerFilter(document=Cpf(cpf(REGULAR)))
    return len((await house.customers.page(_CALLER, wanted, which)).items)


async def _summary(house: House) -> Any:
    wanted = Slice(sort="id", descending=False, limit=1)
    which = CustomerFilter(document=Cpf(cpf(REGULAR)))
    (known,) = (await house.customers.page(_CALLER, wanted, which)).items
    starts = (house.newest_at - timedelta(days=90), house.newest_at - timedelta(days=3))
    summary = await house.store.summary(MERCHANT, known.id, starts)
    assert summary is not None
    return summary.months


async def _report(house: House) -> int:
    wanted = Slice(sort="id", descending=False, limit=1)
    which = CustomerFilter(document=Cpf(cpf(REGULAR)))
    (known,) = (await house.customers.page(_CALLER, wanted, which)).items
    report = await house.privacy.report(MERCHANT, known.id, by="volume", limit=PAGE, after=None)
    assert report is not None
    return len(report.sales)


async def _retain(house: House) -> int:
    """So long is nothing kept that anything would go: what is looked at is what a round costs."""
    kept = Retention(raw_days=36_500, customer_days=36_500)
    return await house.privacy.retain(kept, limit=100)


async def _incidents(house: House) -> int:
    found = await house.incidents.incidents(MERCHANT, open_only=True, limit=PAGE, after=None)
    return len(found.items)


async def _equals(house: House) -> int:
    found = await house.operators.equals_page(MERCHANT, None, limit=PAGE, after=None)
    return len(found.items)


async def _known_name(house: House) -> str | None:
    return await house.store.known_name(MERCHANT, Cpf(cpf(REGULAR)))


_HELD: Final = {"statuses": frozenset({Status.HELD})}
_REGULARS: Final = {"document": Cpf(cpf(REGULAR))}


def _day_of(side: str) -> dict[str, timedelta]:
    return {f"{side}_from": timedelta(days=5), f"{side}_to": timedelta(days=4)}


READS: Final[dict[str, Task]] = {
    "one record": lambda house: house.store.find(MERCHANT, house.id(OLD)),
    "one record's history": lambda house: house.store.history(MERCHANT, house.id(OLD)),
    "the same bytes again": same_request,
    "a customer's known name": _known_name,
    "list: newest": page({}),
    "list: newest, second page": page({}, further=True),
    "list: a group": page({"group": "client:cli_3"}),
    "list: a customer": page(_REGULARS),
    "list: a customer, by sale": page(_REGULARS, RecordOrder(by=RecordInstant.SOLD)),
    "list: held": page(_HELD),
    "list: held, by change": page(_HELD, RecordOrder(by=RecordInstant.CHANGED)),
    "list: a sale id": page({"sale_id": f"nf-{OLD}"}),
    "list: a key": page({"idempotency_key": "nobody's"}),
    "list: suspected": page({"suspected": True}),
    "list: a day, accepted": page(_day_of("accepted")),
    "list: a day, sold": page(_day_of("sold"), RecordOrder(by=RecordInstant.SOLD)),
    "list: a day, paid": page(_day_of("applied"), RecordOrder(by=RecordInstant.APPLIED)),
    "list: a day, changed": page(_day_of("changed"), RecordOrder(by=RecordInstant.CHANGED)),
    "list: a day, by name": page({"name": "teste", **_day_of("accepted")}),
    "list: a day of a store": page({"store": "3", **_day_of("accepted")}),
    "list: a day of a group": page({"group": "client:cli_3", **_day_of("accepted")}),
    "list: a rate": page({"rate": RateVersion(type="A", version=1)}),
    "total: a customer": total(_REGULARS),
    "total: held": total(_HELD),
    "total: a day": total(_day_of("accepted")),
    "a customer's summary": _summary,
    "customers": _customers,
    "customers: a document": _customer_by_document,
    "open": _open_page,
    "open: everybody's doubts": _everybodys_open_page,
    "open: a tally": lambda house: house.operators.tally(MERCHANT, OpenFilter()),
    "incidents": _incidents,
    "incidents: how many": lambda house: house.incidents.standing(MERCHANT),
    "refused equals": _equals,
    "settlement: what is open": _open_entries,
    "settlement: the book": _book,
    "feed: from the start": _feed_from_the_start,
    "feed: at its end": _feed_at_its_end,
    "feed: a group's": _feed_of_a_group,
    "audit": _trail(),
    "audit: an actor": _trail(actor="user:7"),
    "audit: a resource": _trail(resource="products"),
    "metrics": lambda house: house.probe(),
    "by name: an id": lambda house: named_cashbacks(house.database, [str(house.id(OLD))]),
    "by name: a number": lambda house: named_cashbacks(house.database, [f"nf-{OLD}"]),
    "worker: when next": lambda house: house.store.next_due_s(),
    **FOUND_READS,
}
"""Tasks that change nothing."""

WRITES: Final[dict[str, Task]] = {
    "a customer's report": _report,
    "retention": _retain,
    "accept": accept,
    "replay": replay,
    "claim": lambda house: house.store.claim_due(limit=5, lease_s=30.0),
    "reap": lambda house: house.store.reap(limit=2),
    "resume": lambda house: house.store.resume(limit=100),
    "void": lambda house: house.store.void_expired(limit=100),
    **FOUND_WRITES,
}
"""Tasks that write, but for the end of an attempt (`conclude`)."""
