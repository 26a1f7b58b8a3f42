"""Two runs that are started at one moment listen on different ports."""

from __future__ import annotations

import contextlib
import sys

import pytest

from cashback_gateway.local.ports import Ports, free_port, is_free

HOST = "127.0.0.1"


@pytest.mark.skipif(sys.platform != "linux", reason="a claim is a name that Linux alone has")
def test_a_port_that_one_run_is_to_listen_on_is_no_other_runs() -> None:
    port = free_port(HOST)
    with contextlib.closing(Ports()) as later, contextlib.closing(Ports()) as first:
        assert first.claim(HOST, port)
        assert is_free(HOST, port), "nobody listens there yet"
        assert not later.claim(HOST, port)
        assert later.claim_any(HOST) != port
        first.close()
        assert later.claim(HOST, port)
