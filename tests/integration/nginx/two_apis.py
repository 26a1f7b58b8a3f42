"""A running service with a second API process, both behind nginx as in production."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from integration.nginx.name_server import name_server
from integration.nginx.running_proxy import running_proxy
from integration.running import wait_until_answers

if TYPE_CHECKING:
    from collections.abc import Generator

    from integration.running import Gateway

FIRST: Final = "127.0.0.1"
SECOND: Final = "127.0.0.2"
NAME: Final = "api-2"


@contextmanager
def behind_nginx(gateway: Gateway) -> Generator[Gateway, None, None]:
    """The same service, met through nginx, which asks either of two APIs."""
    start_second(gateway)
    port = gateway.environ["CASHBACK_PORT"]
    with (
        name_server(FIRST, SECOND) as names,
        running_proxy(api=f"api.test:{port}", resolver=names.address) as proxy,
    ):
        yield replace(gateway, base_url=proxy.base_url)


def start_second(gateway: Gateway) -> None:
    """Start the second API, for the first time or again, and wait until it serves."""
    gateway.start(NAME, "serve", CASHBACK_HOST=SECOND)
    port = gateway.environ["CASHBACK_PORT"]
    wait_until_answers(gateway, f"http://{SECOND}:{port}", "/health/ready")
