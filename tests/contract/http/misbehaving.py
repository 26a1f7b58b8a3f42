"""A provider that misbehaves: what the caller is told, what is sent again, what is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.builders import a_cpf
from contract.http.gateways import a_sale, code_of, made, speaking

if TYPE_CHECKING:
    from cashback_kit.system import CashbackSystem


class MisbehavingContract:
    """`system` is a gateway, running or doubled."""

    def test_what_was_refused_for_now_is_sent_again_until_it_is_paid_once(
        self, system: CashbackSystem
    ) -> None:
        document, called = str(a_cpf()), system.provider.calls
        system.provider.misbehave("busy_429", document=document, times=2, retry_after_s=0)
        record = made(speaking(system).post("/api/cashbacks", json=a_sale(document)), 202)
        assert record["status"] == "pending"
        settled = system.settled(record["id"])
        assert (settled["status"], len(settled["attempts"])) == ("applied", 3)
        assert len(system.provider.credits(document)) == 1
        assert system.provider.calls == called + 3

    @pytest.mark.parametrize(
        ("behaviour", "paid"),
        [
            ("error_500", 0),
            ("error_500_applied", 1),
            ("reset_after_apply", 1),
            ("close_before_apply", 0),
            ("hang", 0),
            ("not_http", 1),
        ],
    )
    def test_what_nobody_can_know_is_in_doubt_and_never_sent_again(
        self, system: CashbackSystem, behaviour: str, paid: int
    ) -> None:
        document = str(a_cpf())
        system.provider.misbehave(behaviour, document=document, times=1)
        erp = speaking(system)
        record = made(
            erp.post("/api/cashbacks", json=a_sale(document), headers={"Prefer": "wait=0"}), 202
        )
        settled = system.settled(record["id"])
        assert (settled["status"], len(settled["attempts"])) == ("in_doubt", 1)
        assert len(system.provider.credits(document)) == paid

    def test_an_operator_resolves_what_is_in_doubt(self, system: CashbackSystem) -> None:
        document = str(a_cpf())
        system.provider.misbehave("error_500_applied", document=document, times=1)
        record = made(speaking(system).post("/api/cashbacks", json=a_sale(document)), 202)
        operator = speaking(system, "operator")
        listed = made(operator.get("/api/cashbacks/open", params={"status": "in_doubt"}), 200)
        assert record["id"] in {item["id"] for item in listed["items"]}
        resolved = operator.post(
            f"/api/cashbacks/{record['id']}/resolve",
            json={"status": "applied", "reason": "line 12 of the statement"},
        )
        assert made(resolved, 200)["status"] == "applied"
        assert len(system.provider.credits(document)) == 1

    def test_what_the_provider_refuses_is_rejected_and_may_be_resent_by_an_operator(
        self, system: CashbackSystem
    ) -> None:
        document = str(a_cpf())
        system.provider.misbehave("refused_422", document=document, times=1)
        record = made(speaking(system).post("/api/cashbacks", json=a_sale(document)), 202)
        assert record["status"] == "rejected"
        resend = speaking(system, "operator").post(
            f"/api/cashbacks/{record['id']}/resend", json={"reason": "the wallet is open again"}
        )
        assert resend.status_code in {200, 202}, resend.text
        assert system.settled(record["id"])["status"] == "applied"
        assert len(system.provider.credits(document)) == 1

    def test_what_takes_its_time_is_answered_before_and_paid_after(
        self, system: CashbackSystem
    ) -> None:
        document = str(a_cpf())
        system.provider.misbehave("good", document=document, times=1, delay_s=0.5)
        slow = made(
            speaking(system).post(
                "/api/cashbacks", json=a_sale(document), headers={"Prefer": "wait=0"}
            ),
            202,
        )
        assert slow["status"] in {"pending", "sending"}
        assert system.provider.credits(document) == ()
        assert system.settled(slow["id"])["status"] == "applied"

    def test_all_orders_may_meet_it_until_the_provider_behaves_again(
        self, system: CashbackSystem
    ) -> None:
        system.provider.misbehave("refused_400")
        erp = speaking(system)
        assert made(erp.post("/api/cashbacks", json=a_sale()), 202)["status"] == "rejected"
        system.provider.behave()
        assert made(erp.post("/api/cashbacks", json=a_sale()))["status"] == "applied"

    def test_a_behaviour_that_there_is_not_is_refused(self, system: CashbackSystem) -> None:
        with pytest.raises(ValueError, match="no behaviour is called 'generous'"):
            system.provider.misbehave("generous")

    def test_an_erp_resolves_nothing(self, system: CashbackSystem) -> None:
        record = made(speaking(system).post("/api/cashbacks", json=a_sale()))
        act = {"status": "rejected", "reason": "we say so"}
        refused = speaking(system).post(f"/api/cashbacks/{record['id']}/resolve", json=act)
        assert code_of(refused) == (403, "forbidden")
