"""What administrators keep, and who gets in: changed here, met by the next sale."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from contract.builders import a_cpf
from contract.http.gateways import ANY, a_sale, code_of, made, of_type, speaking, unique

if TYPE_CHECKING:
    from cashback_kit.system import CashbackSystem


class ManagingContract:
    """`system` is a gateway, running or doubled."""

    def test_a_new_product_type_and_a_product_of_it_earn_at_once(
        self, system: CashbackSystem
    ) -> None:
        admin, type_, sku = speaking(system, "admin"), unique("T"), unique("SKU")
        made(admin.post("/api/product-types", json={"type": type_, "rate_bp": 1200}))
        product = {"sku": sku, "name": "Café", "type": type_}
        created = made(admin.post("/api/products", json=product))
        erp = speaking(system)
        by_type = made(erp.post("/api/cashbacks", json=of_type(type_)))
        by_sku = a_sale(products=[{"sku": sku, "value": "100.00", "qty": 1}])
        assert by_type["cashback"] == "12.00"
        assert made(erp.post("/api/cashbacks", json=by_sku))["cashback"] == "12.00"
        used = admin.delete(f"/api/products/{created['id']}", headers=ANY)
        assert used.status_code == 409, used.text
        assert admin.delete(f"/api/product-types/{type_}", headers=ANY).status_code == 409

    def test_a_type_that_there_is_not_is_told(self, system: CashbackSystem) -> None:
        refused = speaking(system).post("/api/cashbacks", json=of_type("Z"))
        assert refused.json()["errors"][0]["code"] == "product_type_unknown"

    def test_a_stopped_type_waits_and_goes_on_when_the_stop_is_lifted(
        self, system: CashbackSystem
    ) -> None:
        admin, type_, document = speaking(system, "admin"), unique("T"), str(a_cpf())
        made(admin.post("/api/product-types", json={"type": type_, "rate_bp": 100}))
        stop = made(admin.post("/api/stops", json={"type": type_, "reason": "a digit too many"}))
        waits = made(speaking(system).post("/api/cashbacks", json=of_type(type_, document)), 202)
        assert (waits["status"], waits["waiting"]["why"]) == ("pending", "type_stopped")
        assert system.provider.credits(document) == ()
        made(admin.post(f"/api/stops/{stop['id']}/lift", json={"reason": "it is right"}), 200)
        assert system.settled(waits["id"])["status"] == "applied"

    def test_what_is_above_a_ceiling_waits_for_an_operator(self, system: CashbackSystem) -> None:
        admin, document = speaking(system, "admin"), str(a_cpf())
        made(
            admin.patch("/api/merchants/demo", json={"max_cashback_centavos": 100}, headers=ANY),
            200,
        )
        try:
            held = made(speaking(system).post("/api/cashbacks", json=a_sale(document)), 202)
        finally:
            off = {"max_cashback_centavos": None}
            made(admin.patch("/api/merchants/demo", json=off, headers=ANY), 200)
        assert held["status"] == "held"
        resend = speaking(system, "operator").post(
            f"/api/cashbacks/{held['id']}/resend", json={"reason": "they bought that much"}
        )
        assert resend.status_code in {200, 202}, resend.text
        assert system.settled(held["id"])["status"] == "applied"

    @pytest.mark.parametrize("role", ["erp", "analyst", "operator", "admin"])
    def test_each_role_logs_in_and_is_who_it_is(self, system: CashbackSystem, role: str) -> None:
        told = made(speaking(system, role).get("/api/users/me"), 200)
        assert (told["username"], told["role"]) == (system.credentials(role).username, role)

    def test_a_stranger_is_let_in_nowhere(self, system: CashbackSystem) -> None:
        stranger = speaking(system, None)
        assert code_of(stranger.get("/api/cashbacks")) == (401, "unauthenticated")
        wrong = {"username": "demo", "password": "not the one that it is"}
        assert stranger.post("/api/token", json=wrong).status_code == 401

    def test_who_may_only_read_sells_nothing(self, system: CashbackSystem) -> None:
        refused = speaking(system, "analyst").post("/api/cashbacks", json=a_sale())
        assert code_of(refused) == (403, "forbidden")

    def test_an_api_client_gets_in_by_its_secret_and_reads_its_own_sales_alone(
        self, system: CashbackSystem
    ) -> None:
        admin = speaking(system, "admin")
        client = made(admin.post("/api/clients", json={"name": unique("ERP")}))
        form = {
            "grant_type": "client_credentials",
            "client_id": client["client"]["id"],
            "client_secret": client["secret"],
        }
        stranger = speaking(system, None)
        token = made(stranger.post("/api/token", data=form), 200)["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        own = made(stranger.post("/api/cashbacks", json=a_sale(), headers=bearer))
        others = made(speaking(system).post("/api/cashbacks", json=a_sale()))
        read = stranger.get(f"/api/cashbacks/{own['id']}", headers=bearer)
        assert read.status_code == 200
        hidden = stranger.get(f"/api/cashbacks/{others['id']}", headers=bearer)
        assert code_of(hidden) == (404, "not_found")
        wrong = stranger.post("/api/token", data={**form, "client_secret": "cbs_not_this_one"})
        assert wrong.status_code == 401

    def test_a_change_of_an_older_version_is_refused(self, system: CashbackSystem) -> None:
        admin, type_ = speaking(system, "admin"), unique("T")
        first = admin.post("/api/product-types", json={"type": type_, "rate_bp": 100})
        path, since = f"/api/product-types/{type_}", {"If-Match": first.headers["etag"]}
        made(admin.patch(path, json={"name": "Café"}, headers=since), 200)
        late = admin.patch(path, json={"name": "Chá"}, headers=since)
        assert late.status_code == 412

    def test_a_customers_summary_is_under_the_id_that_customers_have(
        self, system: CashbackSystem
    ) -> None:
        document, operator, erp = str(a_cpf()), speaking(system, "operator"), speaking(system)
        for _ in range(2):
            made(erp.post("/api/cashbacks", json=a_sale(document)))
        listed = made(operator.get("/api/customers", params={"document": document}), 200)
        (id_,) = [customer["id"] for customer in listed["items"]]
        told = made(operator.get(f"/api/customers/{id_}/summary"), 200)
        assert (told["sales"], told["earned"]) == (2, "2.80")
        nobody = operator.get(f"/api/customers/{uuid4()}/summary")
        assert code_of(nobody) == (404, "not_found")

    def test_the_merchant_is_the_one_of_the_documentation(self, system: CashbackSystem) -> None:
        told = made(speaking(system, "admin").get("/api/merchants/demo"), 200)
        versions = {"version", "created_at", "updated_at", "disabled_at"}
        assert {name: value for name, value in told.items() if name not in versions} == {
            "slug": "demo",
            "name": "Demo retailer",
            "zone": "America/Sao_Paulo",
            "rounding": "half_even",
            "max_sale_age_days": 3653,
            "equal_content": "sale_id",
            "name_difference": "refuse",
            "max_cashback_centavos": None,
            "max_day_centavos": None,
            "line_rounding": "half_up",
            "line_tolerance_centavos": 0,
            "sale_tolerance_centavos": 0,
            "surcharge_earns": False,
            "company_buyers": "refuse",
            "foreign_buyers": "refuse",
            "nobody_buyers": "refuse",
            "confirm_within_h": 72,
            "max_ahead_s": 300,
            "numbers": "merchant",
            "disabled": False,
        }
