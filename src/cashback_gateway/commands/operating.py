"""What every operator's command shares: the store, the merchant, the words of counts and dates.

Whoever may run these holds the database's password, so they act for every merchant unless one is
named; each act is kept under the name given with `--as`.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from adapters.postgres.connection.database import Database
from adapters.postgres.delivery.feed_renewal import FeedRenewal
from adapters.postgres.operators.acts import PostgresOperatorStore
from adapters.postgres.operators.named import named_cashbacks
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.refusals import ActRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from adapters.postgres.operators.named import NamedCashback
    from cashback_core.operators.open_cashbacks import Tally
    from cashback_gateway.commands.place import Workplace

PAGE: Final = 200


@asynccontextmanager
async def operating(
    here: Workplace,
) -> AsyncGenerator[tuple[Database, PostgresOperatorStore], None]:
    """The database and the store of operators, open."""
    with here.settings() as settings:
        precedes = settings.reconciliation.precedes
        async with Database(settings.database.url) as database:
            await FeedRenewal(database).check()  # what is done may be told in the feed
            yield database, PostgresOperatorStore(database, precedes=precedes)


async def the_merchant(operators: PostgresOperatorStore, slug: str | None) -> int | None:
    """The merchant of a slug, None for None. Raises ActRefusedError where there is none."""
    if slug is None:
        return None
    merchant_id = await operators.merchant_id(slug)
    if merchant_id is None:
        raise ActRefusedError(f"there is no merchant {slug!r}")
    return merchant_id


async def the_cashback(database: Database, name: str) -> NamedCashback:
    """The one cashback of an id or of a sale's number. Raises ActRefusedError."""
    (one,) = await the_cashbacks(database, [name])
    return one


async def the_cashbacks(database: Database, names: Sequence[str]) -> list[NamedCashback]:
    """The one cashback of each of several names. Raises ActRefusedError."""
    named = await named_cashbacks(database, names)
    return [_only(name, named[name]) for name in names]


def _only(name: str, named: Sequence[NamedCashback]) -> NamedCashback:
    if not named:
        raise ActRefusedError(f"there is no cashback {name}")
    if len(named) > 1:
        told = "; ".join(
            f"{one.id} of {one.merchant}, {one.status},"
            f" accepted {format_instant(one.accepted_at)[:19]}Z"
            for one in named
        )
        raise ActRefusedError(f"{len(named)} sales have the sale_id {name}, say an id: {told}")
    return named[0]


def tally_words(tally: Tally) -> str:
    """How many, what they are worth, and how many of them are at risk."""
    doubt = f", {tally.in_doubt} of them may be paid already" if tally.in_doubt else ""
    one = "cashback" if tally.count == 1 else "cashbacks"
    return f"{tally.count} {one}, {format_centavos(tally.cashback_centavos)} in all{doubt}"
