"""A till of somebody's own that tells the gateway of its sales: what the tests beside it test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx


class SaleRefusedError(Exception):
    """The gateway takes this sale never; the message is for the till's screen."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is printed below the sale."""

    cashback_id: str
    line: str


def tell_sale(gateway: httpx.Client, sale: dict[str, Any]) -> Receipt:
    """Send a sale; may be done again with the same `sale_id` whenever the answer was lost.

    Raises SaleRefusedError, and httpx.HTTPError when it is to be done again later.
    """
    answer = gateway.post("/api/cashbacks", json=sale, headers={"Accept-Language": "pt-BR"})
    if answer.status_code in {409, 422}:
        problem = answer.json()
        told = [error["detail"] for error in problem["errors"]]
        raise SaleRefusedError("; ".join(told) or problem["title"])
    record = answer.raise_for_status().json()
    match record["status"]:
        case "applied":
            line = f"Cashback de R$ {record['cashback']} creditado"
        case "not_due":
            line = "Sem cashback nesta compra"
        case _:
            line = f"Cashback de R$ {record['cashback']} a caminho"
    return Receipt(cashback_id=record["id"], line=line)
