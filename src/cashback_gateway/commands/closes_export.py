"""Closed days for the other party: its files, and by what a customer is found in them."""

from __future__ import annotations

import shlex
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.closing.canonical import instant_text
from cashback_core.closing.kept import ACCOUNT
from cashback_core.closing.keys import keys_bytes
from cashback_core.closing.lines import LinesHead, head_bytes, line_bytes
from cashback_core.closing.persons import disclosure_bytes
from cashback_core.values.documents import store_document
from cashback_gateway.commands.chains import Account, chosen_chains, closes_of, day_of, opened
from cashback_gateway.commands.operating import the_merchant
from cashback_gateway.commands.parameters import Document, Merchant, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_path
from cashback_gateway.commands.refusals import ActRefusedError

if TYPE_CHECKING:
    from adapters.postgres.closing.store import PostgresCloseStore
    from cashback_core.closing.kept import KeptClose


async def export(
    folder: Annotated[Path, read_by(read_path, "where the files are written; made where absent")],
    /,
    *,
    merchant: Merchant | None = None,
    account: Account = False,
    since: Annotated[date | None, read_by(day_of, "from this day on", name="--from")] = None,
    to: Annotated[date | None, read_by(day_of, "up to this day")] = None,
    here: Here,
) -> None:
    """Write `closes-OWNER.jsonl`, `lines-OWNER-DAY.jsonl` of each day, and `keys.json`.

    The account's are `closes-(account).jsonl`. Told are the keys' ids, for the other party.
    """
    folder.mkdir(parents=True, exist_ok=True)
    days = 0
    with here.settings() as settings:
        async with opened(settings) as (database, store):
            keys = await store.keys()
            _write(folder / "keys.json", [keys_bytes(keys)])
            for merchant_id in await chosen_chains(database, store, merchant, account=account):
                kept = [
                    one
                    async for one in closes_of(store, merchant_id)
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
    if not days:
        print(f"no day of these is closed: {folder} has the keys alone")
        return
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
    day: Annotated[date, read_by(day_of, "of whose lines")],
    document: Document,
    here: Here,
) -> None:
    """Print a disclosure: by it the other party finds the customer's lines of that day."""
    with here.settings() as settings:
        async with opened(settings) as (database, store):
            merchant_id = await the_merchant(PostgresOperatorStore(database), merchant)
            assert merchant_id is not None
            found = await store.disclosed(merchant_id, day, store_document(document))
    if found is None:
        raise ActRefusedError("that day has no lines of theirs, or they are erased")
    sys.stdout.write(disclosure_bytes([found]).decode())


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
