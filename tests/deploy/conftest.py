"""One stack for all of these tests: each leaves it whole, whatever it does to it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from cashback_gateway.local.ports import free_port
from deploy.stack import QUICK, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def whole_stack() -> Iterator[Stack]:
    """The verbatim compose file with its .env.example, built and up; down at the end."""
    port = free_port("127.0.0.1")
    environ = {
        **QUICK,
        "CASHBACK_LISTEN": f"127.0.0.1:{port}",
        "CASHBACK_IMAGE": "cashback-gateway:under-test",
        "CASHBACK_REVISION": "under-test",
    }
    stack = Stack(project=f"cashback-test-{os.getpid()}", port=port, environ=environ)
    try:
        stack.up("--build")
        assert stack.token()
        yield stack
    finally:
        everything = {"COMPOSE_PROFILES": "demo,monitoring"}
        stack.compose("down", "--volumes", "--timeout", "5", environ=everything)


@pytest.fixture
def stack(whole_stack: Stack, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack, whole at the beginning; a failed test shows the end of its logs."""
    whole_stack.wait_whole()
    failed_before = request.session.testsfailed
    yield whole_stack
    if request.session.testsfailed > failed_before:
        sys.stdout.write(whole_stack.compose("logs", "--no-color", "--tail", "30"))
        nginx = whole_stack.compose("logs", "--no-color", "--no-log-prefix", "nginx")
        bad = [line for line in nginx.splitlines() if "[error]" in line or '"status":5' in line]
        sys.stdout.write("\n".join(["what Nginx met:", *bad[-50:]]))
