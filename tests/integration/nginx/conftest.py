from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cashback_gateway.local.ports import free_port
from integration.nginx.running_proxy import Proxy, proxy_of
from integration.nginx.stand_in_api import StandInApi, stand_in_api

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def api() -> Iterator[StandInApi]:
    """An API that is no more than a listener."""
    with stand_in_api("127.0.0.2", free_port("127.0.0.2")) as api:
        yield api


@pytest.fixture
def proxy(api: StandInApi) -> Iterator[Proxy]:
    """nginx in front of it."""
    with proxy_of(api) as proxy:
        yield proxy
