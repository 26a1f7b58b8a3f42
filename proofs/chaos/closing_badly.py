"""Plants ways of closing days that leave something out or count it twice, in the real processes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.closing import chains
from adapters.postgres.closing.store import PostgresCloseStore, _Closing
from cashback_core.closing.making import CloseMaker
from chaos.replacing import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from psycopg import AsyncConnection

    from cashback_core.closing.close import Close
    from cashback_core.closing.kept import Flow, Horizon, OpenDay

# pyright: reportPrivateUsage=false


def old_transactions_not_waited_for() -> None:
    """Ten minutes are enough: nothing takes longer."""

    async def at_once(
        self: PostgresCloseStore, connection: AsyncConnection[Any]
    ) -> datetime | None:
        return await _Closing(connection, self).now()

    replace(PostgresCloseStore, "settled_at", at_once)


def days_open_with_nothing() -> None:
    """What was owed at the end of a day is not carried on to the next."""
    made = CloseMaker._day  # noqa: SLF001 (what is planted is inside)

    async def anew(
        self: Any, day: OpenDay, horizon: Horizon, last: Close | None, *, is_kept: bool
    ) -> Any:
        del last
        return await made(self, day, horizon, None, is_kept=is_kept)

    replace(CloseMaker, "_day", anew)


def ledger_lines_twice_in_a_day() -> None:
    """Each line that enters the provider's ledger is told twice to its day."""
    flows = chains.flows

    async def twice(
        connection: AsyncConnection[Any], day: OpenDay, horizon: Horizon
    ) -> Sequence[Flow]:
        return [
            dataclasses.replace(flow, entered=flow.entered + flow.entered)
            for flow in await flows(connection, day, horizon)
        ]

    replace(chains, "flows", twice)


CLOSING_BADLY: Final[tuple[Callable[[], None], ...]] = (
    old_transactions_not_waited_for,
    days_open_with_nothing,
    ledger_lines_twice_in_a_day,
)
