"""Reconciling from the command line: days of one's choice, now, and the totals of each class."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cashback_core.reconciliation.statements import StatementUnavailable
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, format_instant, parse_instant
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cashback_core.reconciliation.reconciler import RunResult
    from cashback_gateway.settings.table import Settings

_UTC = ZoneInfo("UTC")


class ReconcileRefusedError(Exception):
    """Nothing was reconciled; the message says why."""


def parse_start(text: str) -> datetime:
    """An instant, or a day, from its first moment in UTC. Raises ReconcileRefusedError."""
    day = len(text) == len("2026-01-31")
    try:
        return parse_instant(f"{text}T00:00:00Z" if day else text, _UTC)
    except (NotAnInstant, NoSuchInstant):
        raise ReconcileRefusedError(
            f"{text!r} is neither a day nor an instant such as 2026-01-31T00:00:00Z"
        ) from None


def reconcile(settings: Settings, since: datetime) -> str:
    """Reconcile from an instant on, and say what was found. Raises ReconcileRefusedError."""
    return asyncio.run(_reconcile(settings, since))


async def _reconcile(settings: Settings, since: datetime) -> str:
    from adapters.postgres.connection.startup_checks import refuse_other_key
    from cashback_gateway.processes.container import build_worker

    refuse_other_key(settings.database.url, settings.database.seal)
    container = build_worker(settings)
    try:
        found = await container.reconciler().reconcile_from(since)
    except StatementUnavailable as error:
        raise ReconcileRefusedError(f"the provider's statement cannot be had: {error}") from error
    finally:
        await container.statements().aclose()
    if found is None:
        raise ReconcileRefusedError("a worker reconciles at this moment: try again when it is done")
    return "\n".join(_words(found))


def _words(found: RunResult) -> Iterator[str]:
    since, through = format_instant(found.since), format_instant(found.through)
    yield f"statement of {since} to {through}"
    yield f"{'class':16} {'lines':>9} {'amount':>14} {'cashbacks':>10} {'amount':>14}"
    for cls, total in found.totals.by_class.items():
        if total.lines or total.cashbacks:
            yield (
                f"{cls:16} {total.lines:9} {_signed(total.line_centavos):>14}"
                f" {total.cashbacks:10} {_signed(total.cashback_centavos):>14}"
            )
    skipped = f", {found.moved.skipped} left to the next run" if found.moved.skipped else ""
    yield f"{found.moved.stored} cashbacks moved{skipped}"
    if found.distrust is not None:
        yield f"it proves no absence: {found.distrust}"
    yield from found.remarks


def _signed(centavos: int) -> str:
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
