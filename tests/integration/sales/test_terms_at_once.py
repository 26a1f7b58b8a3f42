"""What was just made is known to the next sale, whatever the process remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.journeys import fresh_cpf, sale
from integration.people import sign_in_people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration.running import Gateway


def make(gateway: Gateway, kind: str, body: object, headers: Mapping[str, str]) -> None:
    reply = gateway.request("POST", f"/api/{kind}", body, headers=headers, authorised=False)
    assert reply.status == 201, reply.body


def test_a_type_and_a_product_are_sold_in_the_moment_they_are_made(gateway: Gateway) -> None:
    people = sign_in_people(gateway)
    admin, erp = people.headers(1, "admin"), people.headers(1, "erp")

    def sell(line: Mapping[str, object]) -> int:
        sold = sale(fresh_cpf(), products=[line], total="10.00")
        return gateway.request("POST", "/api/cashbacks", sold, headers=erp, authorised=False).status

    assert sell({"type": "A", "value": "10.00", "qty": 1}) == 201, "now its terms are remembered"
    new_type = {"type": "FRESH", "value": "10.00", "qty": 1}
    assert sell(new_type) == 422
    make(gateway, "product-types", {"type": "FRESH", "name": "Fresh", "rate_bp": 500}, admin)
    assert sell(new_type) == 201
    by_sku = {"sku": "fresh-1", "value": "10.00", "qty": 1}
    assert sell(by_sku) == 422
    make(gateway, "products", {"sku": "fresh-1", "name": "Fresh", "type": "FRESH"}, admin)
    assert sell(by_sku) == 201
