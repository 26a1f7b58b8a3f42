"""The call of the provider, and what its answer, or none, means for the payment."""

from __future__ import annotations

from typing import NamedTuple

import httpx

from peers.fastapi_alchemy.config import PROVIDER_CONNECTIONS, PROVIDER_URL

TIMEOUT = httpx.Timeout(10, connect=3, pool=30)


class Outcome(NamedTuple):
    """The status that the cashback moves to, the answer's status code and its text."""

    status: str
    status_code: int | None = None
    body: str | None = None


def client() -> httpx.AsyncClient:
    limits = httpx.Limits(
        max_connections=PROVIDER_CONNECTIONS, max_keepalive_connections=PROVIDER_CONNECTIONS
    )
    # Nothing is read from the environment for each call.
    return httpx.AsyncClient(base_url=PROVIDER_URL, limits=limits, timeout=TIMEOUT, trust_env=False)


async def credit(client: httpx.AsyncClient, *, document: str, cashback: str) -> Outcome:
    payload = {"document": document, "cashback": cashback}
    try:
        answer = await client.post("/api/mock/Cashback", json=payload)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return Outcome("pending")  # nothing was sent
    except httpx.HTTPError:
        return Outcome("in_doubt")
    if answer.status_code == 201 and _is_of(answer, payload):
        return Outcome("applied", 201, answer.text)
    if 400 <= answer.status_code < 500:
        return Outcome("rejected", answer.status_code, answer.text)
    return Outcome("in_doubt", answer.status_code, answer.text)


def _is_of(answer: httpx.Response, payload: dict[str, str]) -> bool:
    """Whether the answer tells of this payment, and of no other."""
    try:
        told = answer.json()
    except ValueError:
        return False
    return isinstance(told, dict) and all(told.get(name) == payload[name] for name in payload)
