"""A peer does what it is measured for: recorded once, refused when wrong, whatever the rate."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.phase import WrongResultError
from benchmarks.sales import sales

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.http_side import HttpSide


def prove_flow(side: HttpSide) -> None:
    """Send a sale, the same again, and wrong ones. Raises WrongResultError.

    Afterwards the side has been told one sale, and its ledgers were compared.
    """
    now = datetime.now(UTC)
    (sale,) = sales(1, 1, sold_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    status, first = side.post(sale.body, key="first")
    if status != 201 or first["status"] != "applied":
        raise WrongResultError(f"a sale was answered {status}: {first}")
    for key in ("first", "of the same content"):
        status, again = side.post(sale.body, key=key)
        # A key of its own names the recorded sale, or contradicts its content's name.
        if (status, again.get("id")) != (201, first["id"]) and status != 409:
            raise WrongResultError(f"a repeat was answered {status}: {again}")
    for what, wrong in _wrong(json.loads(sale.body), now):
        status, told = side.post(json.dumps(wrong).encode(), key=what)
        if status not in {400, 422}:
            raise WrongResultError(f"{what} was answered {status}: {told}")
    side.note(sales=1, centavos=sale.cashback_centavos)


def _wrong(sale: dict[str, Any], now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    line, customer = sale["products"][0], sale["customer"]
    tomorrow = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield "a wrong CPF", {**sale, "customer": {**customer, "document": "12345678900"}}
    other = {**line, "type": "D", "value": "7.77", "qty": "1"}
    yield (
        "another name",
        {
            **sale,
            "total": "7.77",
            "products": [other],
            "customer": {**customer, "name": "Outra Pessoa"},
        },
    )
    yield "a total that is no sum", {**sale, "total": "0.01"}
    yield "an unknown type", {**sale, "products": [{**line, "type": "Z"}]}
    yield "three decimals", {**sale, "products": [{**line, "value": "1.005"}]}
    yield "a sale of tomorrow", {**sale, "sold_at": tomorrow}
    yield "no products", {**sale, "products": []}
