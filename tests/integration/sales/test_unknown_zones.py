"""A merchant whose stored zone this machine does not know: told, and 503 for theirs alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.credentials.password_hashes import hash_password
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.sessions import DatabaseRole
from adapters.postgres.connection.startup_checks import tell_unknown_zones, unknown_zones
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.sales.terms import UnusableTerms
from integration.journeys import fresh_cpf, sale
from integration.running import PASSWORD

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from integration.running import Gateway


def set_zone(dsn: str, zone: str, merchant_id: int = 2) -> None:
    """As another version, or another machine, may have stored it."""
    with psycopg.connect(dsn) as owner:
        owner.execute("update merchants set zone = %s where merchant_id = %s", [zone, merchant_id])


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "localtime", "Factory", "../../etc/passwd", "Brazil"]
)
async def test_its_terms_cannot_be_had_and_the_log_says_why(
    dsn: str, database: Database, zone: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = PostgresCashbackStore(database, DeliveryPolicy())
    set_zone(dsn, zone)
    with pytest.raises(UnusableTerms):
        await store.terms(2)
    assert f"does not know the zone {zone} of merchant 2" in caplog.text
    assert await store.terms(1) is not None
    set_zone(dsn, "America/Manaus")
    assert await store.terms(2) is not None, "without a restart"


@pytest.mark.parametrize("role", [DatabaseRole.PLATFORM, DatabaseRole.WORKER])
def test_they_are_told_at_the_start(
    dsn: str, role: DatabaseRole, caplog: pytest.LogCaptureFixture
) -> None:
    tell_unknown_zones(dsn, role)
    assert caplog.records == []
    set_zone(dsn, "Mars/Olympus")
    with caplog.at_level(logging.ERROR):
        tell_unknown_zones(dsn, role)
    assert "the zone Mars/Olympus of merchant other" in caplog.text
    assert unknown_zones(dsn, role) == [("other", "Mars/Olympus")]


def test_requests_of_theirs_get_503_and_nobody_elses(gateway: Gateway) -> None:
    with psycopg.connect(gateway.dsn) as owner:
        ((merchant_id,),) = owner.execute(
            "insert into merchants (slug, name, zone) values ('olympus', 'Olympus', 'Mars/Olympus')"
            " returning merchant_id"
        ).fetchall()
        owner.execute(
            "insert into users (username, merchant_id, role, password_hash)"
            " values ('olympia', %s, 'admin', %s)",
            [merchant_id, hash_password(PASSWORD)],
        )
    body = {"username": "olympia", "password": PASSWORD}
    token = gateway.request("POST", "/api/token", body, authorised=False).json["access"]
    theirs = {"Authorization": f"Bearer {token}"}
    for method, path, sent in (
        ("GET", "/api/cashbacks?sold_from=2026-01-01", None),
        ("POST", "/api/cashbacks/quote", sale(fresh_cpf())),
    ):
        reply = gateway.request(method, path, sent, headers=theirs)
        assert (reply.status, reply.json["code"]) == (503, "unavailable"), (path, reply.body)
        assert reply.headers["retry-after"]
    assert gateway.submit(sale(fresh_cpf())).status == 201
    log = (gateway.folder / "api.log").read_text("utf-8")
    assert f"does not know the zone Mars/Olympus of merchant {merchant_id}" in log


def test_a_key_that_holds_its_own_sales_cpf_is_refused_in_both_languages(
    gateway: Gateway,
) -> None:
    document = fresh_cpf()
    sold = sale(document)
    dotted = f"{document[:3]}.{document[3:6]}.{document[6:9]}-{document[9:]}"
    for key in (f"CPF{document}", dotted, f"7{document}0"):
        for language, word in (("en", "a key that tells nothing"), ("pt-BR", "uma chave que")):
            reply = gateway.submit(sold, Idempotency_Key=key, Accept_Language=language)
            assert reply.status == 422, reply.body
            (error,) = reply.json["errors"]
            assert error["code"] == "idempotency_key_holds_document"
            assert word in reply.body.decode()
            assert document not in reply.body.decode()
            assert dotted not in reply.body.decode()
    assert gateway.submit(sold, Idempotency_Key=f"k-{fresh_cpf()}").status == 201
