"""Documents that are damaged or odd, sent to every route that takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings

from contract.json_texts import bodies, verdict
from contract.openapi_conformance import DOCUMENT, assert_conforms
from integration.bad_inputs import stored_rows
from integration.people import People, sign_in_people

if TYPE_CHECKING:
    from integration.running import Gateway

TAKING: Final = [
    (method.upper(), path, min(operation["requestBody"]["content"]))
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if "requestBody" in operation
]
UNKNOWN_ID: Final = "01a206ad-d214-74e1-b424-16bd3a459632"


@pytest.fixture(scope="module")
def people(gateway: Gateway) -> People:
    return sign_in_people(gateway)


@pytest.mark.parametrize(("method", "path", "media_type"), TAKING)
def test_what_is_not_json_is_a_400_and_what_is_never_one(
    gateway: Gateway, people: People, method: str, path: str, media_type: str
) -> None:
    address = path.replace("{id}", UNKNOWN_ID)
    headers = {**people.headers(2, "admin"), "Content-Type": media_type}
    before = stored_rows(gateway)

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(body=bodies())
    def send_many(body: bytes) -> None:
        said = verdict(body)
        reply = gateway.request(method, address, body, headers=headers, authorised=False)
        assert_conforms(
            method, address, status=reply.status, headers=reply.headers, body=reply.body
        )
        expected = {
            "json": reply.status in {401, 404, 422, 428},
            "deep": reply.status in {400, 401, 404, 422, 428},
        }
        assert expected.get(said, reply.status == 400), (said, reply.body)

    send_many()
    assert stored_rows(gateway) == before
