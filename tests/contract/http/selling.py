"""Sales: taken, repeated, refused, quoted, listed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from contract.builders import a_cpf
from contract.http.gateways import ANY, a_sale, code_of, made, speaking

if TYPE_CHECKING:
    from cashback_kit.system import CashbackSystem


class SellingContract:
    """`system` is a gateway, running or doubled."""

    def test_a_sale_is_paid_at_once_and_its_answer_tells_how_much(
        self, system: CashbackSystem
    ) -> None:
        sale = a_sale()
        answer = speaking(system).post("/api/cashbacks", json=sale)
        record = made(answer)
        assert (record["status"], record["cashback"]) == ("applied", "1.40")
        assert answer.headers["location"].endswith(f"/api/cashbacks/{record['id']}")
        (paid,) = system.provider.credits(sale["customer"]["document"])
        assert (paid.cashback, paid.reference) == ("1.40", record["id"])

    def test_a_repeat_is_answered_byte_for_byte_and_pays_nothing_more(
        self, system: CashbackSystem
    ) -> None:
        sale, erp = a_sale(), speaking(system)
        first, again = (erp.post("/api/cashbacks", json=sale) for _ in range(2))
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers
        assert len(system.provider.credits(sale["customer"]["document"])) == 1

    def test_a_known_name_with_another_content_is_refused_with_the_difference(
        self, system: CashbackSystem
    ) -> None:
        erp, key = speaking(system), {"Idempotency-Key": str(uuid4())}
        sale = a_sale()
        made(erp.post("/api/cashbacks", json=sale, headers=key))
        other = {**a_sale(), "sale_id": sale["sale_id"]}
        assert code_of(erp.post("/api/cashbacks", json=other)) == (409, "sale_id_conflict")
        reused = erp.post("/api/cashbacks", json=a_sale(), headers=key)
        assert code_of(reused) == (422, "idempotency_key_reused")
        nameless = {name: told for name, told in sale.items() if name != "sale_id"}
        equal = erp.post("/api/cashbacks", json=nameless)
        assert code_of(equal) == (409, "sale_already_recorded")
        assert len(system.provider.credits(sale["customer"]["document"])) == 1

    def test_every_fault_of_a_sale_is_told_at_once(self, system: CashbackSystem) -> None:
        sale = a_sale(total="90.00")
        sale["customer"]["document"] = "52998224724"
        refused = speaking(system).post("/api/cashbacks", json=sale)
        assert code_of(refused) == (422, "invalid_sale")
        assert {error["code"] for error in refused.json()["errors"]} == {
            "document_check_digits",
            "total_mismatch",
        }

    def test_texts_are_in_the_language_that_is_asked_for(self, system: CashbackSystem) -> None:
        told = speaking(system).post(
            "/api/cashbacks", json=a_sale(total="90.00"), headers={"Accept-Language": "pt-BR"}
        )
        assert told.headers["content-language"] == "pt"

    def test_another_persons_name_is_refused_until_the_merchant_corrects_it(
        self, system: CashbackSystem
    ) -> None:
        document, erp = str(a_cpf()), speaking(system)
        made(erp.post("/api/cashbacks", json=a_sale(document)))
        married = a_sale(document)
        married["customer"]["name"] = "MARIA DE SOUZA"
        refused = erp.post("/api/cashbacks", json=married)
        assert code_of(refused) == (422, "customer_name_mismatch")
        operator = speaking(system, "operator")
        (known,) = operator.get("/api/customers", params={"document": document}).json()["items"]
        changed = operator.patch(
            f"/api/customers/{known['id']}", json={"name": "MARIA DE SOUZA"}, headers=ANY
        )
        made(changed, 200)
        made(erp.post("/api/cashbacks", json=married))

    def test_a_quote_tells_what_a_sale_would_earn_and_mean(self, system: CashbackSystem) -> None:
        sale, erp = a_sale(), speaking(system)
        quote = made(erp.post("/api/cashbacks/quote", json=sale), 200)
        assert (quote["means"], quote["cashback"]) == ("new", "1.40")
        record = made(erp.post("/api/cashbacks", json=sale))
        quote = made(erp.post("/api/cashbacks/quote", json=sale), 200)
        assert (quote["means"], quote["record_id"]) == ("repeat", record["id"])
        assert len(system.provider.credits(sale["customer"]["document"])) == 1

    def test_a_record_has_its_history_and_is_listed_by_its_customer(
        self, system: CashbackSystem
    ) -> None:
        sale, erp = a_sale(), speaking(system)
        record = made(erp.post("/api/cashbacks", json=sale))
        history = made(erp.get(f"/api/cashbacks/{record['id']}"), 200)
        moves = [(event["from_status"], event["to_status"]) for event in history["events"]]
        assert moves == [(None, "pending"), ("pending", "sending"), ("sending", "applied")]
        assert [attempt["result"] for attempt in history["attempts"]] == ["applied"]
        document = sale["customer"]["document"]
        page = made(erp.get("/api/cashbacks", params={"document": document}), 200)
        assert [item["id"] for item in page["items"]] == [record["id"]]
        assert code_of(erp.get(f"/api/cashbacks/{uuid4()}")) == (404, "not_found")

    def test_a_long_list_comes_in_pages(self, system: CashbackSystem) -> None:
        document, erp = str(a_cpf()), speaking(system)
        ids = [made(erp.post("/api/cashbacks", json=a_sale(document)))["id"] for _ in range(3)]
        found, cursor = list[str](), None
        for _ in range(3):
            asked = {"document": document, "limit": "1", **({"cursor": cursor} if cursor else {})}
            page = made(erp.get("/api/cashbacks", params=asked), 200)
            found += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert (found, cursor) == (ids[::-1], None)

    def test_what_is_confirmed_later_earns_once_it_is(self, system: CashbackSystem) -> None:
        sale, erp = a_sale(confirm="later"), speaking(system)
        document = sale["customer"]["document"]
        record = made(erp.post("/api/cashbacks", json=sale), 202)
        assert record["status"] == "unconfirmed"
        assert system.provider.credits(document) == ()
        confirmed = made(erp.post(f"/api/cashbacks/{record['id']}/confirm"), 201)
        assert confirmed["status"] == "applied"
        assert len(system.provider.credits(document)) == 1

    def test_a_batch_is_answered_one_by_one_and_delivered_by_a_worker(
        self, system: CashbackSystem
    ) -> None:
        sales = [a_sale(), a_sale(total="90.00"), a_sale()]
        erp = speaking(system)
        first = made(erp.post("/api/cashbacks/batch", json={"sales": sales}), 200)["results"]
        assert [result["status"] for result in first] == [202, 422, 202]
        assert first[1]["body"]["errors"][0]["code"] == "total_mismatch"
        for result in (first[0], first[2]):
            assert system.settled(result["body"]["id"])["status"] == "applied"
        again = made(erp.post("/api/cashbacks/batch", json={"sales": sales}), 200)["results"]
        assert [result["status"] for result in again] == [201, 422, 201]
        documents = [sale["customer"]["document"] for sale in sales]
        assert [len(system.provider.credits(document)) for document in documents] == [1, 0, 1]
