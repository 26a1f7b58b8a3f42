"""Chains of closes as commands find them: whose, which days."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from adapters.postgres.closing.store import PostgresCloseStore
from adapters.postgres.connection.database import Database
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_gateway.commands.operating import the_merchant
from cashback_gateway.commands.readers import read_by

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from cashback_core.closing.kept import KeptClose
    from cashback_gateway.settings.table import Settings


PAGE: Final = 100
"""Closes that are read at once."""


def day_of(text: str) -> date:
    """A day as people type it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("not a day such as 2026-11-29") from None


Day = Annotated[date, read_by(day_of)]


Account = Annotated[bool, Parameter(help="the provider's account in place of a merchant")]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[tuple[Database, PostgresCloseStore], None]:
    """The database and the closes in it."""
    async with Database(settings.database.url) as database:
        yield database, PostgresCloseStore(database)


async def chosen_chains(
    database: Database, store: PostgresCloseStore, merchant: str | None, *, account: bool
) -> list[int | None]:
    """One merchant, the account, or everybody with the account last."""
    if account:
        return [None]
    if merchant is not None:
        return [await the_merchant(PostgresOperatorStore(database), merchant)]
    return await store.owners()


async def closes_of(store: PostgresCloseStore, merchant_id: int | None) -> AsyncIterator[KeptClose]:
    """A chain's closes in their order, some read at a time."""
    after = 0
    while found := await store.closes(merchant_id, after=after, limit=PAGE):
        for kept in found:
            yield kept
        after = found[-1].number
