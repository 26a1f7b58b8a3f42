"""Closed days from the command line: close what is over, list it, write it for the other party."""

from __future__ import annotations

import asyncio
import sys
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from adapters.postgres.connection.database import Database
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.closing.closing import MAX_CLOSED, ClosesAsked
from cashback_core.closing.kept import ACCOUNT, KeptClose
from cashback_core.closing.store import FormerKey
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.chains import Account, chosen_chains, day_of, opened
from cashback_gateway.commands.operating import the_merchant
from cashback_gateway.commands.parameters import Json, Limit, Merchant
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.tables import PrintedList, TableColumn, listing_of, show_listing
from cashback_gateway.processes.chain_notes import chain_notes
from cashback_gateway.processes.closer import close_days

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from cashback_core.closing.closing import ClosedRound
    from cashback_core.closing.day import Amount
    from cashback_gateway.settings.table import Settings


BUSY_S: Final = 600
"""How long it is waited for whoever else closes; a day of 180,000 sales takes a minute."""

_COLUMNS: Final = (
    TableColumn("owner"),
    TableColumn("number", right=True),
    TableColumn("day"),
    TableColumn("owed_before", "OWED BEFORE", right=True),
    TableColumn("accrued", right=True),
    TableColumn("paid", right=True),
    TableColumn("cancelled", right=True),
    TableColumn("adjusted", right=True),
    TableColumn("owed", right=True),
    TableColumn("lines", right=True),
    TableColumn("late", right=True),
    TableColumn("sha256"),
)
_MOVES: Final = ("accrued", "paid", "cancelled", "adjusted")


async def close(
    *,
    merchant: Merchant | None = None,
    day: Annotated[
        date | None, read_by(day_of, "close up to this day; default: all that are over")
    ] = None,
    dry_run: Annotated[bool, Parameter(help="tell the next close of each, keep nothing")] = False,
    json: Json = False,
    here: Here,
) -> None:
    """Close what is due, round after round, and tell what was closed."""
    asked = ClosesAsked(only=merchant, through=day, dry_run=dry_run)
    closed, last = list[KeptClose](), None
    with here.settings() as settings:
        async with opened(settings) as (database, _):
            await the_merchant(PostgresOperatorStore(database), merchant)
            async for last in _rounds(settings, database, asked):
                closed += last.closed
                if sys.stderr.isatty():
                    print(f"{len(closed)} days closed, {last.behind} to close", file=sys.stderr)
    assert last is not None
    records = [_record(kept) for kept in closed]
    listing = PrintedList(
        records=records,
        columns=_COLUMNS,
        total=len(records),
        words=[*_words(last, dry_run=dry_run, closed=len(closed))],
        facts={
            "behind": last.behind,
            "waits": last.waits,
            "waits_for": list(last.waits_for),
            "strange": dict(last.strange),
            "failed": dict(last.failed),
            "dry_run": dry_run,
        },
    )
    show_listing(listing, as_json=json)
    if last.strange or last.failed:
        raise ActRefusedError("not every chain could be closed")


async def _rounds(
    settings: Settings, database: Database, asked: ClosesAsked
) -> AsyncIterator[ClosedRound]:
    key_file = settings.closing.key_file
    if key_file is None:
        raise ActRefusedError("CASHBACK_CLOSE_KEY_FILE names no key to sign with")
    use = close_days(settings, database, key_file)
    tries = 0
    while True:
        try:
            found = await use(asked)
        except FormerKey as error:
            raise ActRefusedError(f"another key has signed after {error}") from error
        except OSError as error:
            raise ActRefusedError(f"the notes of closes cannot be used: {error}") from error
        if found.is_busy:
            if tries >= BUSY_S:
                raise ActRefusedError("somebody else closes days all the time: try again later")
            if tries == 0:
                print("a worker closes at this moment: waiting for it", file=sys.stderr)
            tries += 1
            await asyncio.sleep(1)
            continue
        tries = 0
        yield found
        if len(found.closed) < MAX_CLOSED or asked.dry_run:
            return


def _words(found: ClosedRound, *, dry_run: bool, closed: int) -> Iterator[str]:
    if not (closed or found.behind or found.waits or found.strange or found.failed):
        yield "no day that is over is left to close"
    elif dry_run:
        yield "nothing was kept, and persons are left out: the real hashes are others"
    for name, why in found.strange.items():
        yield f"{name} is closed no further: {why}; `closes resume` goes on from the database"
    for name, why in found.failed.items():
        yield f"the next day of {name} could not be closed: {why}"
    if found.waits:
        yield "something that began before the days' ends is under way: try again when it is over"
        yield f"waited for: {', '.join(found.waits_for)}"
    elif found.behind:
        yield f"{found.behind} days are over and not closed"
        if found.waits_for:
            yield f"waited for: {', '.join(found.waits_for)}"


async def list_closes(
    *,
    merchant: Merchant | None = None,
    account: Account = False,
    limit: Limit = 31,
    json: Json = False,
    here: Here,
) -> None:
    """List closed days, latest first."""
    with here.settings() as settings:
        async with opened(settings) as (database, store):
            chosen = await chosen_chains(database, store, merchant, account=account)
            days = [one for id_ in chosen for one in await store.latest(id_, limit=limit + 1)]
            days.sort(key=lambda one: (one.day, one.owner.name), reverse=True)
            records = list[dict[str, object]]()
            for one in days[:limit]:  # each document by itself: they may be large
                kept = await store.close_of(one.owner.merchant_id, one.day)
                assert kept is not None
                records.append(_record(kept))
    show_listing(listing_of(records, _COLUMNS, limit=limit, more=len(days) > limit), as_json=json)


async def resume(
    *,
    merchant: Merchant | None = None,
    account: Account = False,
    here: Here,
) -> None:
    """Forget what was seen of a chain: it goes on from the last close that the database has."""
    if (merchant is None) != account:
        raise WrongUseError("say --merchant or --account")
    with here.settings() as settings:
        owner = merchant or ACCOUNT.name
        forgotten = chain_notes(settings).forget(owner)
    if forgotten is None:
        raise ActRefusedError(f"nothing is noted of {owner}, on this machine")
    number, hash_ = forgotten
    print(
        f"close {number} of {owner} ({hash_}) is seen no more: whoever was sent it will find that"
        " the chain forks there, and is to be told why"
    )


def _record(kept: KeptClose) -> dict[str, object]:
    day = kept.close.of_merchant
    owed = None if day is None else day.liability
    return {
        "owner": kept.owner.name,
        "number": kept.number,
        "day": kept.day.isoformat(),
        "owed_before": None if owed is None else _reais(owed.opening),
        **{name: owed and _reais(getattr(owed.moved, name)) for name in _MOVES},
        "owed": None if owed is None else _reais(owed.closing),
        "lines": kept.lines,
        "late": kept.late,
        "sha256": kept.hash,
    }


def _reais(amount: Amount) -> str:
    centavos = amount.centavos
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
