"""The delivery worker: sends what is due, and puts in doubt what nobody answers for."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING

from adapters.postgres.connection.sessions import DatabaseRole
from adapters.postgres.connection.startup_checks import (
    WORKER_ROLES,
    refuse_other_key,
    refuse_unsafe,
    tell_unknown_zones,
)
from adapters.postgres.schema.migration import refuse_former
from cashback_gateway.processes.collector import settle_collector

if TYPE_CHECKING:
    from cashback_gateway.settings.table import Settings


_log = logging.getLogger(__name__)


def work(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT.

    Raises UnsafeDatabase, SchemaMismatch and StoreUnavailable before anything is sent.
    """
    refuse_unsafe(settings.database.url, WORKER_ROLES)
    refuse_former(settings.database.url)
    refuse_other_key(settings.database.url, settings.database.seal)
    tell_unknown_zones(settings.database.url, DatabaseRole.WORKER)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    # Only when it is to work: a database that is not as it should be is told at once.
    from cashback_gateway.processes.container import open_all, open_telemetry
    from cashback_gateway.processes.worker_container import build_worker, close_worker

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    container = build_worker(settings)
    await open_all(container)
    try:
        open_telemetry(container)
        _log.info("the worker is ready")
        worker = container.worker()
        settle_collector()
        await worker.run(stop)
    finally:
        await close_worker(container)
