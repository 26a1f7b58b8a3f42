"""What was sold is found again, and what became of it is told in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.builders import a_cpf
from contract.http.gateways import a_sale, made, speaking

if TYPE_CHECKING:
    from cashback_kit.system import CashbackSystem


class FollowingContract:
    """`system` is a gateway, running or doubled."""

    def test_a_sale_is_found_by_its_number_and_its_customer_with_a_total(
        self, system: CashbackSystem
    ) -> None:
        document, erp = str(a_cpf()), speaking(system)
        sales = [a_sale(document) for _ in range(2)]
        ids = [made(erp.post("/api/cashbacks", json=sale))["id"] for sale in sales]
        by_number = {"sale_id": sales[0]["sale_id"]}
        found = made(erp.get("/api/cashbacks", params=by_number), 200)
        assert [item["id"] for item in found["items"]] == ids[:1]
        of_customer = {"document": document, "total": "true"}
        found = made(erp.get("/api/cashbacks", params=of_customer), 200)
        assert {item["id"] for item in found["items"]} == set(ids)
        assert (found["total"]["count"], found["total"]["cashback"]) == (2, "2.80")

    def test_a_search_that_nothing_bounds_is_refused(self, system: CashbackSystem) -> None:
        unbounded = speaking(system).get("/api/cashbacks", params={"type": "A"})
        assert unbounded.json()["errors"][0]["code"] == "search_unbounded"

    def test_a_search_goes_out_as_csv(self, system: CashbackSystem) -> None:
        sale, erp = a_sale(), speaking(system)
        made(erp.post("/api/cashbacks", json=sale))
        told = system.client().get(
            "/api/cashbacks",
            params={"sale_id": sale["sale_id"]},
            headers={"Accept": "text/csv"},
        )
        assert told.headers["content-type"].startswith("text/csv")
        assert sale["sale_id"] in told.text

    def test_every_change_is_told_in_order_from_where_one_was(self, system: CashbackSystem) -> None:
        erp = speaking(system)
        start = made(erp.get("/api/changes", params={"after": "now"}), 200)
        assert start["items"] == []
        record = made(erp.post("/api/cashbacks", json=a_sale()))
        told = made(erp.get("/api/changes", params={"after": start["next_cursor"]}), 200)
        own = [item for item in told["items"] if item["data"]["cashback_id"] == record["id"]]
        assert [item["type"] for item in own] == [
            "cashback.pending",
            "cashback.sending",
            "cashback.applied",
        ]
        rest = made(erp.get("/api/changes", params={"after": told["next_cursor"]}), 200)
        assert rest["items"] == []
