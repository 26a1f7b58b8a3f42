"""A double on a port, for clients that only speak HTTP."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx

from cashback_kit.double import Double
from contract.http.gateways import a_sale, made, speaking


def test_it_listens_for_clients_that_only_speak_http() -> None:
    with Double() as double:
        bearer = {"Authorization": f"Bearer {double.token()}"}
        with httpx.Client(base_url=double.base_url, trust_env=False) as client:
            record = made(client.post("/api/cashbacks", json=a_sale(), headers=bearer))
            again = client.get(f"/api/cashbacks/{record['id']}", headers=bearer)
        assert made(again, 200)["status"] == "applied"
        assert double.record(record["id"])["cashback"] == "1.40"


def test_nothing_of_it_is_left() -> None:
    before = threading.active_count()
    with Double() as double:
        double.base_url  # noqa: B018 (it begins to listen)
        folder = double._folder.name
        made(speaking(double).post("/api/cashbacks", json=a_sale()))
    assert threading.active_count() == before
    assert not Path(folder).exists()
    double.close()
