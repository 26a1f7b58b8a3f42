"""Documents that are damaged or odd, sent to every route that takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings

from contract.json_texts import bodies, verdict
from contract.openapi_conformance import DOCUMENT, assert_conforms
from integration.bad_inputs import stored_rows
from integration.belongings import belongings
from integration.people import People, sign_in_people
from integration.routes import CHANGING, UNKNOWN_ID, address, role_for

if TYPE_CHECKING:
    from integration.running import Gateway

TAKING: Final = [
    (method.upper(), path, min(operation["requestBody"]["content"]))
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if "application/json" in operation.get("requestBody", {}).get("content", {})
]


@pytest.fixture(scope="module")
def people(gateway: Gateway) -> People:
    return sign_in_people(gateway)


@pytest.fixture(scope="module")
def owned(gateway: Gateway, people: People) -> dict[str, str]:
    """What a good document would be read for; no record is there to be changed."""
    return {**belongings(gateway, people, 2), "cashbacks": UNKNOWN_ID}


@pytest.mark.parametrize(("method", "path", "media_type"), TAKING)
def test_what_is_not_json_is_a_400_and_what_is_never_one(
    gateway: Gateway,
    people: People,
    owned: dict[str, str],
    method: str,
    path: str,
    media_type: str,
) -> None:
    there = address(path, owned)
    headers = {**people.headers(2, role_for(method, path)), "Content-Type": media_type}
    if method in CHANGING:
        headers["If-Match"] = "*"
    before = stored_rows(gateway)

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(body=bodies())
    def send_many(body: bytes) -> None:
        said = verdict(body)
        reply = gateway.request(method, there, body, headers=headers, authorised=False)
        assert_conforms(method, there, status=reply.status, headers=reply.headers, body=reply.body)
        expected = {"json": reply.status != 400, "deep": True}
        assert expected.get(said, reply.status == 400), (said, reply.body)

    send_many()
    assert stored_rows(gateway) == before
