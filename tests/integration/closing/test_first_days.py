"""A merchant's first day: the account's close of that day names it, whatever zones there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from adapters.postgres.closing.store import PostgresCloseStore
from cashback_core.closing.closing import CloseDays
from cashback_core.testing.memory_closes import MemoryNotes
from contract.closing import SIGNER, body
from integration.closing.days import as_owner

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


def made(dsn: str, merchant_id: int, at: datetime, zone: str) -> None:
    """A merchant was made then."""
    with as_owner(dsn) as owner:
        owner.execute(
            "update merchants set created_at = %s where merchant_id = %s", [at, merchant_id]
        )
        owner.execute("update day_zones set zone = %s where merchant_id = %s", [zone, merchant_id])


async def test_every_close_of_a_merchant_is_named_by_the_accounts_of_its_day(
    database: Database, dsn: str
) -> None:
    """In São Paulo it is still yesterday, and the account has closed the day in which one comes."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at_one = today - timedelta(days=4) + timedelta(hours=1)
    made(dsn, 1, at_one, "America/Sao_Paulo")
    made(dsn, 2, today + timedelta(days=9), "UTC")  # not yet
    closes = PostgresCloseStore(database)
    close = CloseDays(store=closes, signer=SIGNER, notes=MemoryNotes())
    await close()
    account = await closes.closes(None, limit=100)
    [first] = await closes.closes(1, limit=1)
    assert account[0].day == first.day == at_one.date() - timedelta(days=1)

    made(dsn, 2, account[-1].begins_at, "Pacific/Pago_Pago")
    async with closes.alone() as closing:
        assert closing is not None
        days = {day.owner.merchant_id: day.day for day in await closing.open_days()}
    assert days[2] == account[-1].day + timedelta(days=1), "the one before is closed"
    named = {
        (row["merchant"], row["number"])
        for kept in await closes.closes(None, limit=100)
        for row in body(kept)["merchants"]
    }
    chain = [kept for kept in await closes.closes(1, limit=100) if kept.day <= account[-1].day]
    assert named == {("demo", kept.number) for kept in chain}
