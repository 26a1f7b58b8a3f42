"""Closed days from the command line: close what is over, list it, write it for the other party."""

from __future__ import annotations

import shlex
import sys
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from adapters.postgres.closing.store import PostgresCloseStore
from adapters.postgres.connection.database import Database
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.closing.canonical import instant_text
from cashback_core.closing.closing import MAX_CLOSED, ClosesAsked
from cashback_core.closing.kept import ACCOUNT, KeptClose
from cashback_core.closing.keys import keys_bytes
from cashback_core.closing.lines import LinesHead, head_bytes, line_bytes
from cashback_core.closing.persons import disclosure_bytes
from cashback_core.closing.store import FormerKey
from cashback_core.values.documents import store_document
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.operating import the_merchant
from cashback_gateway.commands.parameters import Document, Json, Limit, Merchant, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_path
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.tables import PrintedList, TableColumn, listing_of, show_listing
from cashback_gateway.processes.chain_notes import chain_notes
from cashback_gateway.processes.closer import close_days

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from cashback_core.closing.closing import ClosedRound
    from cashback_core.closing.day import Amount
    from cashback_gateway.settings.table import Settings

PAGE: Final = 100
"""Closes that are read at once."""

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


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("not a day such as 2026-11-29") from None


Day = Annotated[date, read_by(_day)]
Account = Annotated[bool, Parameter(help="the provider's account in place of a merchant")]


async def close(
    *,
    merchant: Merchant | None = None,
    day: Annotated[
        date | None, read_by(_day, "close up to this day; default: all that are over")
    ] = None,
    dry_run: Annotated[bool, Parameter(help="tell the next close of each, keep nothing")] = False,
    json: Json = False,
    here: Here,
) -> None:
    """Close what is due, round after round, and tell what was closed."""
    asked = ClosesAsked(only=merchant, through=day, dry_run=dry_run)
    closed, last = list[KeptClose](), None
    with here.settings() as settings:
        async with _opened(settings) as (database, _):
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
    while True:
        try:
            found = await use(asked)
        except FormerKey as error:
            raise ActRefusedError(f"another key has signed after {error}") from error
        except OSError as error:
            raise ActRefusedError(f"the notes of closes cannot be used: {error}") from error
        if found.is_busy:
            raise ActRefusedError("a worker closes at this moment: try again when it is done")
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
        async with _opened(settings) as (database, store):
            chosen = await _chosen(database, store, merchant, account=account)
            days = [one for id_ in chosen for one in await store.latest(id_, limit=limit + 1)]
            days.sort(key=lambda one: (one.day, one.owner.name), reverse=True)
            records = list[dict[str, object]]()
            for one in days[:limit]:  # each document by itself: they may be large
                kept = await store.close_of(one.owner.merchant_id, one.day)
                assert kept is not None
                records.append(_record(kept))
    show_listing(listing_of(records, _COLUMNS, limit=limit, more=len(days) > limit), as_json=json)


async def export(
    folder: Annotated[Path, read_by(read_path, "where the files are written; made where absent")],
    /,
    *,
    merchant: Merchant | None = None,
    account: Account = False,
    since: Annotated[date | None, read_by(_day, "from this day on", name="--from")] = None,
    to: Annotated[date | None, read_by(_day, "up to this day")] = None,
    here: Here,
) -> None:
    """Write `closes-OWNER.jsonl`, `lines-OWNER-DAY.jsonl` of each day, and `keys.json`.

    The account's are `closes-(account).jsonl`. Told are the keys' ids, for the other party.
    """
    folder.mkdir(parents=True, exist_ok=True)
    days = 0
    with here.settings() as settings:
        async with _opened(settings) as (database, store):
            keys = await store.keys()
            _write(folder / "keys.json", [keys_bytes(keys)])
            for merchant_id in await _chosen(database, store, merchant, account=account):
                kept = [
                    one
                    async for one in _chain(store, merchant_id)
                    if (since is None or since <= one.day) and (to is None or one.day <= to)
                ]
                if not kept:
                    continue
                owner = kept[0].owner.slug or "(account)"  # no merchant is called so
                _write(folder / f"closes-{owner}.jsonl", [one.document + b"\n" for one in kept])
                for one in kept:
                    days += 1
                    if one.owner != ACCOUNT:
                        await _write_lines(folder, store, one)
                    if sys.stderr.isatty():
                        print(f"\r{owner} {one.day}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"{days} closes in {folder}; they are verified by")
    stated = "".join(f" --key {key.id}" for key in keys)
    print(f"  python -m cashback_core.verify {shlex.quote(str(folder))}{stated}")
    print("Tell the other party these ids of keys another way than you send the folder:")
    for key in keys:
        until = "" if key.until_at is None else f" to {instant_text(key.until_at)}"
        print(f"  {key.id}, from {instant_text(key.from_at)}{until}")


async def disclose(
    *,
    merchant: Slug,
    day: Annotated[date, read_by(_day, "of whose lines")],
    document: Document,
    here: Here,
) -> None:
    """Print a disclosure: by it the other party finds the customer's lines of that day."""
    with here.settings() as settings:
        async with _opened(settings) as (database, store):
            merchant_id = await the_merchant(PostgresOperatorStore(database), merchant)
            assert merchant_id is not None
            found = await store.disclosed(merchant_id, day, store_document(document))
    if found is None:
        raise ActRefusedError("that day has no lines of theirs, or they are erased")
    sys.stdout.write(disclosure_bytes([found]).decode())


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


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[tuple[Database, PostgresCloseStore], None]:
    async with Database(settings.database.url) as database:
        yield database, PostgresCloseStore(database)


async def _chosen(
    database: Database, store: PostgresCloseStore, merchant: str | None, *, account: bool
) -> list[int | None]:
    """One merchant, the account, or everybody with the account last."""
    if account:
        return [None]
    if merchant is not None:
        return [await the_merchant(PostgresOperatorStore(database), merchant)]
    return await store.owners()


async def _chain(store: PostgresCloseStore, merchant_id: int | None) -> AsyncIterator[KeptClose]:
    after = 0
    while found := await store.closes(merchant_id, after=after, limit=PAGE):
        for kept in found:
            yield kept
        after = found[-1].number


async def _write_lines(folder: Path, store: PostgresCloseStore, kept: KeptClose) -> None:
    owner = kept.owner.slug
    assert owner is not None
    head = LinesHead(owner=owner, number=kept.number, day=kept.day)
    file = folder / f"lines-{owner}-{kept.day}.jsonl"
    fresh = file.with_suffix(".new")
    with fresh.open("wb") as stream:
        stream.write(head_bytes(head))
        async for lines in store.lines(kept):
            stream.writelines(map(line_bytes, lines))
    fresh.replace(file)


def _write(file: Path, parts: list[bytes]) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_bytes(b"".join(parts))
    fresh.replace(file)


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
