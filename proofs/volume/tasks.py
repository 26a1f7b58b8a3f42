"""What a gateway does day by day, each task by its store: what it finds must be the same in any past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID, uuid4

from cashback_core.administration.audit_trail import TrailFilter
from cashback_core.administration.customers import CustomerFilter
from cashback_core.administration.resources import Caller, Slice
from cashback_core.changes.changes import START
from cashback_core.delivery.evidence import Applied, Evidence, Phase
from cashback_core.delivery.leases import AttemptResult, Claim
from cashback_core.delivery.record import RateVersion, RecordFilter, RecordInstant, RecordOrder
from cashback_core.delivery.states import Actor, Status
from cashback_core.intake.acceptance import Accepted, Repeated, Submission
from cashback_core.operators.acts import OpenFilter
from cashback_core.sales.calculation import calculate
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.values.documents import Cpf
from cashback_core.values.ids import new_id
from volume.house import MERCHANT, House
from volume.past import BUYERS, RATES_BP, cpf

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection

    from cashback_core.delivery.record import RecordPage

Task: TypeAlias = "Callable[[House], Awaitable[Any]]"

OLD: Final = 9_002
"""A paid sale of some days ago, in every past."""

REGULAR: Final = 3
PAGE: Final = 50
_CALLER: Final = Caller(actor="volume", merchant_id=MERCHANT)
_PROGRAMME: Final = Programme(
    tuple(
        Rate(type=type_, rate_bp=rate_bp, version=1, starts_at=datetime(2000, 1, 1, tzinfo=UTC))
        for type_, rate_bp in RATES_BP.items()
    )
)
_newcomers = count(BUYERS + 1)


def new_sale(house: House, *, buyer: int | None = None) -> Submission:
    """A sale of three lines by somebody whom nobody knows, unless a buyer is given."""
    number = next(_newcomers) if buyer is None else buyer
    lines = tuple(
        Line.of(type="ABCD"[k], value_e10=(1_000 + number % 977) * 10**8, qty_e4=10_000)
        for k in range(3)
    )
    sale = Sale(
        sold_at=datetime.now(UTC),
        customer=Customer.known(document=Cpf(cpf(number)), name="Cliente de Teste"),
        lines=lines,
        total_centavos=sum(line.amount_centavos for line in lines),
    )
    return Submission(
        id=new_id(),
        merchant_id=MERCHANT,
        sale=sale,
        cashback=calculate(sale, _PROGRAMME),
        idempotency_key=str(uuid4()),  # random, as most ERPs make them
        raw_body=house.sale(OLD).raw_body.encode(),
        lease_s=30.0,
        submitted_by="client:cli_1",
    )


async def accept(house: House) -> UUID:
    """A new sale, alone in its transaction."""
    accepted = await house.store.accept(new_sale(house))
    assert isinstance(accepted, Accepted), accepted
    return accepted.record.id


def paid(submission: Submission) -> AttemptResult:
    """That the provider paid a sale at the first attempt."""
    assert submission.sale.customer is not None
    return AttemptResult(
        claim=Claim(
            id=submission.id,
            merchant_id=MERCHANT,
            attempt=1,
            document=submission.sale.customer.document,
            cashback_centavos=submission.cashback.cashback_centavos,
        ),
        outcome=Applied(),
        evidence=Evidence(
            phase=Phase.STATUS_SEEN,
            status_code=201,
            body=b'{"id":"NaN","message":"Cashback criado com sucesso!"}',
            reason="status 201",
            ended_s=0.01,
        ),
        deliverer=Actor.API,
        chance=0.5,
    )


async def replay(house: House) -> UUID:
    """An old sale told again, under its key."""
    known = await house.store.find(MERCHANT, house.id(OLD))
    assert known is not None
    again = Submission(
        id=new_id(),
        merchant_id=MERCHANT,
        sale=known.sale,
        cashback=known.cashback,
        idempotency_key=house.sale(OLD).key,
        raw_body=house.sale(OLD).raw_body.encode(),
        lease_s=30.0,
        submitted_by=known.submitted_by,
    )
    repeated = await house.store.accept(again)
    assert isinstance(repeated, Repeated), repeated
    return repeated.record.id


async def same_request(house: House) -> UUID:
    """The very bytes of an old request."""
    old = house.sale(OLD)
    known = await house.store.same_request(
        MERCHANT, old.raw_body.encode(), idempotency_key=old.key, sale_id=f"nf-{OLD}"
    )
    assert known is not None
    return known.id


def page(order: RecordOrder | None = None, *, further: bool = False, **wanted: Any) -> Task:
    """A list's first page of a search, or its second."""

    async def read(house: House) -> list[UUID]:
        asked = _asked(house, wanted)
        found: RecordPage = await house.store.page(
            MERCHANT, asked, limit=PAGE, after=None, order=order or RecordOrder()
        )
        if further:
            assert found.next is not None
            found = await house.store.page(
                MERCHANT, asked, limit=PAGE, after=found.next, order=order or RecordOrder()
            )
        return [record.id for record in found.records]

    return read


def total(**wanted: Any) -> Task:
    """What a search comes to."""

    async def read(house: House) -> Any:
        return await house.store.total(MERCHANT, _asked(house, wanted))

    return read


def _asked(house: House, wanted: dict[str, Any]) -> RecordFilter:
    """A filter whose instants are told as days before the newest sale."""
    return RecordFilter(
        **{
            name: house.newest_at - value if isinstance(value, timedelta) else value
            for name, value in wanted.items()
        }
    )


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


async def _incidents(house: House) -> int:
    found = await house.incidents.incidents(MERCHANT, open_only=True, limit=PAGE, after=None)
    return len(found.items)


async def _equals(house: House) -> int:
    found = await house.operators.equals_page(MERCHANT, None, limit=PAGE, after=None)
    return len(found.items)


async def _known_name(house: House) -> str | None:
    return await house.store.known_name(MERCHANT, Cpf(cpf(REGULAR)))


_HELD: Final = frozenset({Status.HELD})
_DAY: Final = timedelta(days=1)


def _day_of(side: str) -> dict[str, timedelta]:
    return {f"{side}_from": 5 * _DAY, f"{side}_to": 4 * _DAY}


READS: Final[dict[str, Task]] = {
    "one record": lambda house: house.store.find(MERCHANT, house.id(OLD)),
    "one record's history": lambda house: house.store.history(MERCHANT, house.id(OLD)),
    "the same bytes again": same_request,
    "a customer's known name": _known_name,
    "list: newest": page(),
    "list: newest, second page": page(further=True),
    "list: a group": page(group="client:cli_3"),
    "list: a customer": page(document=Cpf(cpf(REGULAR))),
    "list: a customer, by sale": page(
        RecordOrder(by=RecordInstant.SOLD), document=Cpf(cpf(REGULAR))
    ),
    "list: held": page(statuses=_HELD),
    "list: held, by change": page(RecordOrder(by=RecordInstant.CHANGED), statuses=_HELD),
    "list: a sale id": page(sale_id=f"nf-{OLD}"),
    "list: a key": page(idempotency_key="new-nobody"),
    "list: suspected": page(suspected=True),
    "list: a day, accepted": page(RecordOrder(by=RecordInstant.ACCEPTED), **_day_of("accepted")),
    "list: a day, sold": page(RecordOrder(by=RecordInstant.SOLD), **_day_of("sold")),
    "list: a day, paid": page(RecordOrder(by=RecordInstant.APPLIED), **_day_of("applied")),
    "list: a day, changed": page(RecordOrder(by=RecordInstant.CHANGED), **_day_of("changed")),
    "list: a day, by name": page(name="teste", **_day_of("accepted")),
    "list: a day of a store": page(store="3", **_day_of("accepted")),
    "list: a day of a group": page(group="client:cli_3", **_day_of("accepted")),
    "list: a rate": page(rate=RateVersion(type="A", version=1)),
    "total: a customer": total(document=Cpf(cpf(REGULAR))),
    "total: held": total(statuses=_HELD),
    "total: a day": total(**_day_of("accepted")),
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
    "worker: when next": lambda house: house.store.next_due_s(),
}
"""Tasks that change nothing."""

WRITES: Final[dict[str, Task]] = {
    "accept": accept,
    "replay": replay,
    "claim": lambda house: house.store.claim_due(limit=5, lease_s=30.0),
    "reap": lambda house: house.store.reap(limit=2),
    "resume": lambda house: house.store.resume(limit=100),
    "void": lambda house: house.store.void_expired(limit=100),
}
"""Tasks that write, but for the end of an attempt (`conclude`)."""
