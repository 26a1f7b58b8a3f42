"""Which sale a request means when a merchant's administrator has set `equal_content` over HTTP."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import a_cpf
from fakes.api import SALE
from integration.administering import AdministeredApi, administered_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.postgres.connection.database import Database
    from fakes.api import Answered


@pytest.fixture
async def api(dsn: str) -> AsyncIterator[AdministeredApi]:
    async with administered_api(dsn) as api:
        yield api


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as far as it says which sale was meant."""

    status: int
    code: str | None
    id: str | None
    same_as: str | None


async def set_and_start(api: AdministeredApi, database: Database, setting: str) -> None:
    """PATCH the setting, then serve as a freshly started API does: it knows it at once."""
    patch = {"equal_content": setting}
    answer = await api.ask("PATCH", "/api/merchants/demo", patch, if_match="*")
    assert (answer.status, answer.json()["equal_content"]) == (200, setting)
    api.use(PostgresCashbackStore(database, DeliveryPolicy()))


def told(answer: Answered) -> Told:
    body = answer.json()
    record = body.get("record") or body
    return Told(answer.status, body.get("code"), record.get("id"), record.get("same_content_as"))


@pytest.mark.parametrize("setting", ["key", "never", "sale_id"])
async def test_the_setting_decides_step_by_step(
    api: AdministeredApi, database: Database, setting: str
) -> None:
    await set_and_start(api, database, setting)
    customer = {"document": str(a_cpf()), "name": "ANA LIMA"}

    async def send(total: str = "100.00", key: str | None = None, **changes: Any) -> Told:
        sale = {**copy.deepcopy(SALE), "customer": customer, **changes}
        if total != "100.00":
            sale |= {"total": total, "products": [{"type": "A", "value": total, "qty": 1}]}
        return told(await api.submit(sale, **({} if key is None else {"Idempotency_Key": key})))

    first = await send(key="k-1")
    assert (first.status, first.same_as) == (201, None)

    # (a) a known key
    assert await send(key='"k-1";v=1') == first
    assert (await send("90.00", key="k-1")).code == "idempotency_key_reused"
    assert await send(key="k-1", sale_id="NF-1") == first, "which is its name from now on"
    assert await send(sale_id="NF-1") == first

    # (b) a known sale id
    assert await send(key="k-2", sale_id="NF-1") == first
    assert await send(key="k-2") == first, "the key is its name, too"
    assert (await send("90.00", sale_id="NF-1")).code == "sale_id_conflict"

    # (c) a sale id that is nobody's, and known content
    other = await send(sale_id="NF-2")
    if setting == "never":
        assert (other.status, other.code, other.id) == (409, "sale_already_recorded", first.id)
        free = await send("90.00", sale_id="NF-2")
        assert (free.status, free.same_as) == (201, None), "no name was used up"
    else:
        assert (other.status, other.same_as) == (201, first.id)
        assert other.id != first.id
        assert await send(sale_id="NF-2") == other

    # (d) no name, or a key that is nobody's
    unnamed = await send()
    assert (unnamed.status, unnamed.code) == (409, "sale_already_recorded")
    assert unnamed.id == first.id
    keyed = await send(key="k-3")
    if setting == "key":
        assert (keyed.status, keyed.same_as) == (201, first.id)
        assert await send(key="k-3") == keyed
    else:
        assert (keyed.status, keyed.code) == (409, "sale_already_recorded")
        assert keyed.id == first.id
        free = await send("80.00", key="k-3")
        assert (free.status, free.same_as) == (201, None), "no name was used up"

    assert len(api.provider.payments) == 3, "each sale once"
