"""`changes`: the feed that an integrator reads, as it is, a line for each change.

Each ends with its position, which `--after` takes.
"""

from __future__ import annotations

import asyncio
import json as json_module
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from adapters.postgres.delivery.changes import PostgresChanges
from cashback_core.changes.changes import MAX_CHANGES, FeedPosition
from cashback_core.changes.telling import change_shape
from cashback_core.changes.waiting import LOOK_S
from cashback_core.values.instants import format_instant
from cashback_gateway.commands.operating import operating, the_merchant
from cashback_gateway.commands.parameters import Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by
from cashback_gateway.commands.tables import cell

if TYPE_CHECKING:
    from cashback_core.changes.changes import Change

NOW: Final = "now"


def _after(text: str) -> FeedPosition | str:
    if text == NOW:
        return NOW
    try:
        return FeedPosition.parse(text)
    except ValueError as error:
        raise ValueError("neither the end of a line that was told, nor `now`") from error


async def list_changes(
    *,
    merchant: Slug,
    after: Annotated[
        FeedPosition | str | None,
        read_by(
            _after,
            "a position that was told, or `now`; default: from the beginning",
            accepts_keys=False,
        ),
    ] = None,
    follow: Annotated[bool, Parameter(negative="", help="go on with what comes")] = False,
    json: Annotated[
        bool, Parameter(name="--json", negative="", help="a JSON document on each line")
    ] = False,
    here: Here,
) -> None:
    """List what became of a merchant's cashbacks, oldest change first, and follow it."""
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        assert merchant_id is not None
        feed = PostgresChanges(database)
        position = await feed.end(merchant_id) if isinstance(after, str) else after
        while True:
            page = await feed.read(merchant_id, position, limit=MAX_CHANGES)
            for change in page.changes:
                print(_line(change, as_json=json), flush=follow)
            position = page.next
            if page.changes:
                continue
            if not follow:
                return
            await asyncio.sleep(LOOK_S)


def _line(change: Change, *, as_json: bool) -> str:
    position = str(change.feed_position)
    if as_json:
        return json_module.dumps({**change_shape(change), "position": position})
    words = [
        format_instant(change.at),
        f"{change.from_status or 'new'} > {change.status}",
        f"by {change.actor}",
        str(change.sale_id or change.id),
        position,
    ]
    return "  ".join(cell(word) for word in words)
