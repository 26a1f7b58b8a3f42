"""Servers that die: a promoted standby goes on with every chain, a restored one signs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.closing.store import PostgresCloseStore
from adapters.postgres.connection.database import Database
from adapters.postgres.schema.migration import migrate
from cashback_core.closing.chain import Link, LinkFault, Trust, first_bad_link
from cashback_core.closing.closing import CloseDays, ClosesAsked
from cashback_core.delivery.states import DeliveryPolicy
from cashback_gateway.local.demo_data import load_merchant
from cashback_gateway.processes.chain_notes import ChainNotesFile
from contract.builders import CREATED, a_sale, ended, leased
from contract.closing import SIGNER, file_of
from integration.closing.days import happened, known_since
from integration.replicated import replicated, with_a_backup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cashback_core.closing.kept import KeptClose
    from cashback_core.closing.store import CloseStore

CHAINS = (1, None)


async def filled(database: Database, dsn: str) -> None:
    """A merchant since three days, with a sale on each of the first two."""
    migrate(dsn)
    load_merchant(dsn)
    known_since(dsn, 3)
    store = PostgresCashbackStore(database, DeliveryPolicy())
    for days_ago in (3, 2):
        claim = await leased(store, a_sale(sale_id=f"sale-{days_ago}"))
        await store.conclude(ended(claim, CREATED))
        happened(dsn, claim.id, days_ago=days_ago - 0.5)


def closer(closes: CloseStore, notes: Path) -> CloseDays:
    return CloseDays(store=closes, signer=SIGNER, notes=ChainNotesFile(notes))


async def chain_of(closes: CloseStore, merchant_id: int | None) -> Sequence[KeptClose]:
    return await closes.closes(merchant_id, limit=100)


def link(kept: KeptClose, source: str = "") -> Link:
    return Link(
        owner=kept.owner.slug, number=kept.number, day=kept.day, sha256=kept.hash,
        source=source, signed=kept.signed,
    )  # fmt: skip


async def test_a_promoted_standby_goes_on_with_every_chain_and_forks_none(
    quick_home: Path, tmp_path: Path
) -> None:
    with replicated(quick_home, synchronous=True) as (primary, standby):
        async with Database(primary.dsn()) as database:
            await filled(database, primary.dsn())
            closes = PostgresCloseStore(database)
            found = await closer(closes, tmp_path / "notes")(ClosesAsked(at_most=3))
            assert [kept.number for kept in found.closed] == [1, 1, 2]
            before = {of: await chain_of(closes, of) for of in CHAINS}
            first = await file_of(closes, before[1][0])
        primary.kill()
        standby.do("select pg_promote()")
        async with Database(standby.dsn()) as database:
            closes = PostgresCloseStore(database)
            found = await closer(closes, tmp_path / "notes")()
            assert (found.strange, found.failed, found.behind) == ({}, {}, 0)
            keys = tuple(await closes.keys())
            for of in CHAINS:
                chain = await chain_of(closes, of)
                assert chain[: len(before[of])] == before[of]
                assert first_bad_link([link(kept) for kept in chain], Trust(keys=keys)) is None
            assert await file_of(closes, before[1][0]) == first


async def test_a_backup_from_before_the_last_closes_signs_nothing_until_a_person_says_so(
    quick_home: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    with with_a_backup(quick_home) as (primary, back_up):
        async with Database(primary.dsn()) as database:
            await filled(database, primary.dsn())
            closes = PostgresCloseStore(database)
            await closer(closes, notes)(ClosesAsked(at_most=4))
            backup = back_up()
            await closer(closes, notes)()
            sent = {of: await chain_of(closes, of) for of in CHAINS}
        primary.kill()
        backup.start()
        async with Database(backup.dsn()) as database:
            closes = PostgresCloseStore(database)
            for _ in range(2):  # nor does it the next time
                found = await closer(closes, notes)()
                assert [*found.strange] == ["demo", "(account)"]
                assert found.closed == ()
            assert [kept.number for kept in await chain_of(closes, 1)] == [1, 2]

            ChainNotesFile(notes).forget("demo")
            ChainNotesFile(notes).forget("(account)")
            found = await closer(closes, notes)()
            assert [kept.number for kept in found.closed] == [3, 3]
            for of in CHAINS:
                again = [link(kept, "again") for kept in await chain_of(closes, of)]
                bad = first_bad_link([*map(link, sent[of]), *again], Trust())
                assert bad is not None, "who holds both is told of it"
                assert (bad.number, bad.fault) == (3, LinkFault.FORK)
