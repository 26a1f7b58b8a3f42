"""`./cashback changes`, on a migrated database."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import CREATED, a_sale, ended, leased
from integration.command_line import SRC, call

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


@pytest.fixture
def environ(dsn: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k}
    return {**kept, "PYTHONPATH": SRC, "DATABASE_URL": dsn}


async def test_changes_are_listed_and_gone_on_from_and_followed(
    database: Database, environ: dict[str, str]
) -> None:
    store = PostgresCashbackStore(database, DeliveryPolicy())
    claim = await leased(store, a_sale(sale_id="NF-1"))
    words = ("changes", "--merchant", "demo")
    first = await asyncio.to_thread(call, words, environ)
    assert (first.returncode, first.stderr) == (0, "")
    lines = [line.split("  ") for line in first.stdout.splitlines()]
    assert [line[1:4] for line in lines] == [
        ["new > pending", "by api", "NF-1"],
        ["pending > sending", "by api", "NF-1"],
    ]
    position = lines[-1][4]
    nothing = await asyncio.to_thread(call, (*words, "--after", position), environ)
    assert nothing.stdout == ""
    following = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cashback_gateway", *words),
        *("--json", "--follow", "--after", position),
        env=environ,
        stdout=subprocess.PIPE,
    )
    await store.conclude(ended(claim, CREATED))
    assert following.stdout is not None
    told = json.loads(await following.stdout.readline())
    following.terminate()
    await following.communicate()
    assert (told["type"], told["data"]["sale_id"]) == ("cashback.applied", "NF-1")
    assert told["position"].endswith(f".{claim.id}.3")


@pytest.mark.parametrize(
    "words", [("--after", "yesterday"), ("--merchant", "nobody"), ("--after", "1.x.2")]
)
def test_what_cannot_be_is_told(environ: dict[str, str], words: tuple[str, str]) -> None:
    merchant = () if "--merchant" in words else ("--merchant", "demo")
    done = call(("changes", *merchant, *words), environ)
    assert done.returncode in {1, 2}
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
