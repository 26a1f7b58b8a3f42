"""With a million sale lines behind it a gateway reads and writes as with a tenth of them.

The same for ten millions by `make volume`, which takes a quarter of an hour and 17 GB of disk.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chaos.quick_folder import quick_folder
from volume.comparing import compared, watched
from volume.pasts import pasts
from volume.tasks import READS, WRITES

if TYPE_CHECKING:
    from volume.comparing import Compared

LINES, CUSTOMERS = 1_000_000, 200_000
TASKS = (*READS, *WRITES, "conclude")

# Loading it is the first test's: a minute on two idle cores, four where six others work.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def both() -> dict[str, Compared]:
    """Every task in a short and in a long past."""

    async def watch() -> list[Compared]:
        short = await watched(loaded.short, loaded.log, loaded.newest_at)
        long = await watched(loaded.long, loaded.log, loaded.newest_at)
        return compared(short, long)

    with pasts(lines=LINES, customers=CUSTOMERS, folder=quick_folder(), tell=print) as loaded:
        return {row.task: row for row in asyncio.run(watch())}


@pytest.mark.parametrize("task", TASKS)
def test_a_long_past_costs_no_more_than_a_level_of_an_index(
    both: dict[str, Compared], task: str
) -> None:
    assert both[task].faults == ()
    assert both[task].long.buffers > 0


def test_every_task_is_compared(both: dict[str, Compared]) -> None:
    assert set(both) == set(TASKS)
