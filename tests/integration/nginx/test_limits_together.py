"""Limits that one process alone could not hold: of two APIs, behind nginx."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest

from integration.nginx.two_apis import SECOND, behind_nginx
from integration.people import name_of, sign_in_people
from integration.running import Reply, running_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.embedded import EmbeddedPostgres
    from integration.people import People
    from integration.running import Gateway

    Limited = tuple[Gateway, Gateway, People]

pytestmark = pytest.mark.nginx

PER_S: Final = 4
BURST: Final = 40
ASKED: Final = 120
UNCOUNTED: Final = 2 * 1
"""A fiftieth of the rate is not counted (docs/decisions.md, 27): at most one for each process."""


@pytest.fixture(scope="module")
def limited(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Limited]:
    """A service with few requests for each caller, met directly and through nginx; its people."""
    dsn = postgres_server.create_database("limited", template=template)
    folder = tmp_path_factory.mktemp("limited")
    settings = {
        "CASHBACK_RATE_PER_S": str(PER_S),
        "CASHBACK_RATE_BURST": str(BURST),
        "CASHBACK_TRUSTED_HOPS": "1",
    }
    with running_gateway(dsn, folder, **settings) as gateway, behind_nginx(gateway) as proxied:
        # All log in before anybody guesses: from this address nobody could for a while.
        yield gateway, proxied, sign_in_people(gateway)


def test_a_caller_gets_no_more_from_two_apis_than_from_one(
    limited: Limited,
) -> None:
    gateway, proxied, people = limited
    second = f"http://{SECOND}:{gateway.environ['CASHBACK_PORT']}"
    ways = (proxied.base_url, gateway.base_url, second)

    def ask(number: int) -> Reply:
        to, headers = ways[number % len(ways)], people.headers(1, "analyst")
        return gateway.request("GET", "/api/cashbacks", headers=headers, authorised=False, to=to)

    began_s = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(ask, range(ASKED)))
    most = BURST + PER_S * (time.monotonic() - began_s) + UNCOUNTED

    answers = Counter(reply.status for reply in replies)
    assert set(answers) == {200, 429}
    assert 1 < answers[200] <= most
    refused = next(reply for reply in replies if reply.status == 429)
    assert refused.json["code"] == "rate_exceeded"
    assert int(refused.headers["retry-after"]) >= 1
    other = people.headers(1, "operator")
    assert proxied.request("GET", "/api/cashbacks", headers=other, authorised=False).status == 200


def test_guesses_are_slowed_down_whatever_the_client_says_and_however_the_address_is_spelled(
    limited: Limited,
) -> None:
    _, proxied, _ = limited
    paths = ("/api/token", "/api/token/", "//api//token", "/api%2Ftoken", "/%61pi/token")
    body = {"username": name_of(1, "analyst"), "password": "a guess, and wrong"}
    statuses = [
        proxied.request(
            "POST",
            paths[number % len(paths)],
            body,
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
            authorised=False,
        ).status
        for number in range(30)
    ]
    assert set(statuses) == {401, 429}
    assert statuses[-1] == 429
