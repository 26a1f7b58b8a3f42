"""Who asks for too much is told so."""

from __future__ import annotations

import json

from adapters.http.app import AppOptions
from cashback_core.people.rate_limit import (
    RequestRate,
)
from fakes.api import SALE, Api


async def test_too_many_requests_are_a_429_before_anything_is_done() -> None:
    api = Api(options=AppOptions(wait_s=5.0, rate=RequestRate(per_s=2, burst=2)))
    body = json.dumps({**SALE, "sale_id": "one"}).encode()
    answers = [await api.call("POST", "/api/cashbacks", body=body) for _ in range(4)]
    refused = answers[-1]
    assert answers[0].status == 201
    assert (refused.status, refused.json()["code"]) == (429, "rate_exceeded")
    assert refused.headers["retry-after"] == "1"
    assert (await api.get("/api/cashbacks", username="anna")).status == 200
