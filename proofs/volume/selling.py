"""Sales told to a gateway with a past: new ones, what came of them, and old ones told again."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from cashback_core.delivery.evidence import Applied, Evidence, Phase
from cashback_core.delivery.leases import AttemptResult, Claim
from cashback_core.delivery.states import Actor
from cashback_core.intake.acceptance import Accepted, Repeated, Submission
from cashback_core.sales.calculation import calculate
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.values.documents import Cpf
from cashback_core.values.ids import new_id
from volume.house import MERCHANT
from volume.past import BUYERS, RATES_BP, cpf

if TYPE_CHECKING:
    from volume.house import House

OLD: Final = 9_002
"""A paid sale of some days ago, in every past."""

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
