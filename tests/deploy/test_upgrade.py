"""This version and a following one side by side under load, and back: no write, no read fails."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

import pytest

from deploy.books import assert_books_agree, wait_settled
from deploy.stack import ROOT
from deploy.tills import Tills

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from deploy.stack import Stack

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]

OTHER: Final = "cashback-gateway:other-version"
FOLLOWING: Final = "9999_following.sql"
RECIPE: Final = f"""
FROM {{image}}
USER root
RUN echo 'create table following (number bigint primary key)' \\
    > /app/src/adapters/postgres/schema/migrations/{FOLLOWING}
USER 10001:10001
ENV CASHBACK_REVISION=other-version
"""
"""The image under test with one more migration, as the next release adds one."""

APPLIED: Final = "select name from schema_migrations order by name desc limit 1"


async def test_an_upgrade_and_a_rollback_fail_no_request(stack: Stack) -> None:
    stack.build(OTHER, RECIPE.format(image=stack.image))
    tills, stop = Tills(stack=stack, prefix="upgrade"), asyncio.Event()
    selling = asyncio.create_task(tills.run(stop))
    alone = 0  # sales before the first container of a version is replaced
    try:
        for image, revision, steps in (
            (OTHER, "other-version", {}),
            # Back: what the schema knows more is ignored, and `migrate` would refuse it.
            (stack.image, "under-test", {"SKIP_MIGRATE": "1"}),
        ):
            async for line in _upgrade(stack, image, steps):
                if line == f"upgrade: api1 runs {image}":
                    revisions = {_revision(stack, service) for service in ("api1", "api2")}
                    assert revisions == {"under-test", "other-version"}
                    alone = len(tills.sold)
                elif line == f"upgrade: api2 runs {image}":
                    assert len(tills.sold) > alone
            assert {_revision(stack, s) for s in ("api1", "api2", "worker")} == {revision}
            assert stack.query(APPLIED) == [[FOLLOWING]]
    finally:
        stop.set()
        await selling
        # For the tests that follow, which bring the version under test up again.
        stack.query("delete from schema_migrations where name like '9999%'")
    assert tills.failed_writes == []
    assert tills.failed_reads == []
    wait_settled(stack)
    assert_books_agree(stack, tills.sold)


def _revision(stack: Stack, service: str) -> str:
    environ = dict(entry.split("=", 1) for entry in stack.inspect(service)["Config"]["Env"])
    return str(environ["CASHBACK_REVISION"])


async def _upgrade(stack: Stack, image: str, steps: dict[str, str]) -> AsyncIterator[str]:
    """The lines of infra/upgrade.sh as they come; it must succeed."""
    script = await asyncio.create_subprocess_exec(
        "infra/upgrade.sh",
        image,
        cwd=ROOT,
        env={**os.environ, **stack.environ, "COMPOSE": stack.command, "WATCH_S": "2", **steps},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert script.stdout is not None
    async for line in script.stdout:
        yield line.decode().rstrip("\n")
    assert await script.wait() == 0
