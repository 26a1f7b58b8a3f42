"""Sales that may be one, and own no name of their own, told to two processes at one moment."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.acceptance import Accepted, ContentTaken
from cashback_core.sales.content import content_names
from contract.alikes import told
from contract.builders import a_sale, accepted, submitted

if TYPE_CHECKING:
    from cashback_core.sales.sale import Sale


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


async def owned(store: PostgresCashbackStore) -> Sale:
    """A cart whose UTC and wall clock are two recorded sales', neither of store C."""
    sale = a_sale()
    await accepted(store, submitted(told(sale, "A", wall=False)))
    await accepted(store, submitted(told(sale, "B", wall=True, corrected=True)))
    return sale


async def waiting(dsn: str, number: int) -> None:
    """Until so many wait for a content."""
    asked = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    async with asyncio.timeout(5), await psycopg.AsyncConnection.connect(dsn) as looker:
        await looker.set_autocommit(True)
        while await (await looker.execute(asked)).fetchone() != (number,):
            await asyncio.sleep(0.01)


def hold(holder: psycopg.Connection, sale: Sale) -> None:
    for name in content_names(sale):
        holder.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", [name])


@pytest.mark.parametrize("wall", [False, True], ids=["its UTC", "its wall clock"])
async def test_two_that_share_a_name_are_one(
    store: PostgresCashbackStore, dsn: str, *, wall: bool
) -> None:
    """One comes with both names, the other with one of them alone; both have looked before."""
    cart = await owned(store)
    both = told(cart, "C", wall=True)
    async with Database(dsn) as of_another:
        other = PostgresCashbackStore(of_another, DeliveryPolicy())
        with psycopg.connect(dsn) as holder:
            hold(holder, both)
            requests = (
                (store, both),
                (other, told(cart, "C", wall=wall, corrected=wall)),
            )
            answers = asyncio.gather(*(s.accept(submitted(sale)) for s, sale in requests))
            await waiting(dsn, 2)
        assert {type(answer) for answer in await answers} == {Accepted, ContentTaken}


async def test_what_is_another_sale_by_its_number_waits_for_nobody(
    store: PostgresCashbackStore, dsn: str
) -> None:
    third = told(await owned(store), "C", wall=True)
    with psycopg.connect(dsn) as holder:
        hold(holder, third)
        numbered = submitted(replace(third, sale_id="NF-1"))
        assert isinstance(await asyncio.wait_for(store.accept(numbered), 5), Accepted)
        bare = asyncio.create_task(store.accept(submitted(third)))
        await waiting(dsn, 1)
    assert isinstance(await bare, ContentTaken)
