"""Closed days over HTTP: who reads which, byte for byte as they are kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.http.finance.closes import KEYS_KEPT_S, KeptKeys
from cashback_core.closing.canonical import read_json, sha256_of
from cashback_core.closing.closing import CloseDays
from cashback_core.closing.keys import read_keys
from cashback_core.testing.memory_closes import MemoryNotes
from cashback_core.values.availability import StoreUnavailable
from contract.closing import SIGNER
from fakes.scripted_provider import answered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.closing.kept import KeptClose
    from cashback_core.closing.keys import CloseKey
    from fakes.api import Api

CLOSES = "/api/closes"
KEYS = "/.well-known/close-keys.json"


@pytest.fixture
async def closed(api: Api) -> list[KeptClose]:
    """Three days of both merchants; on the last one the first sold something."""
    api.provider.script.append(answered(422))
    await api.submit()
    api.clock.advance(86_400)
    close = CloseDays(store=api.closes, signer=SIGNER, notes=MemoryNotes())
    await close()
    return api.closes.chain(1)


@pytest.mark.usefixtures("closed")
async def test_a_merchant_lists_its_own_days_latest_first(api: Api) -> None:
    first = (await api.get(f"{CLOSES}?limit=2", username="anna")).json()
    second = await api.get(f"{CLOSES}?limit=2&cursor={first['next_cursor']}", username="anna")
    items = [*first["items"], *second.json()["items"]]
    assert [item["number"] for item in items] == [3, 2, 1]
    assert second.json()["next_cursor"] is None
    assert items[0]["previous"] == items[1]["sha256"]
    assert items[0]["lines"] > 0
    theirs = (await api.get(CLOSES, username="otto")).json()["items"]
    assert {item["sha256"] for item in items}.isdisjoint(item["sha256"] for item in theirs)
    accounts = (await api.get(CLOSES, username="petra")).json()["items"]
    assert [item["sha256"] for item in accounts] == [
        kept.hash for kept in api.closes.chain(None)[::-1]
    ]
    assert (await api.get(CLOSES, username="demo")).status == 403


async def test_the_document_is_the_kept_one(api: Api, closed: list[KeptClose]) -> None:
    for kept in closed:
        answer = await api.get(f"{CLOSES}/{kept.day}", username="olga")
        assert answer.body == kept.document
    account = await api.get(f"{CLOSES}/{closed[0].day}", username="petra")
    assert account.json()["close"]["owner"] is None
    later = closed[-1].day + timedelta(days=1)
    for day in (later, "2026-02-30", "20260614", "x", f"{closed[0].day}T"):
        assert (await api.get(f"{CLOSES}/{day}", username="olga")).status == 404, day


async def test_its_lines_are_those_that_it_has_the_hash_of(
    api: Api, closed: list[KeptClose]
) -> None:
    for kept in closed:
        answer = await api.get(f"{CLOSES}/{kept.day}/lines", username="anna")
        told = read_json(kept.document.decode())["close"]["lines"]
        assert answer.headers["content-type"] == "application/jsonl"
        assert sha256_of(answer.body) == told["sha256"]
        assert len(answer.body.splitlines()) == told["count"] + 1
    day = closed[0].day
    assert (await api.get(f"{CLOSES}/{day}/lines", username="petra")).status == 403
    assert (await api.get(f"{CLOSES}/{day}/lines", username="demo")).status == 403


@pytest.mark.usefixtures("closed")
async def test_anybody_reads_the_keys(api: Api) -> None:
    answer = await api.get(KEYS, username=None)
    assert [key.public_key for key in read_keys(answer.json())] == [SIGNER.public_key]
    assert answer.headers["cache-control"] == "public, max-age=300"


@pytest.mark.usefixtures("closed")
async def test_the_keys_are_read_once_for_all_who_ask_within_seconds(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask, without an account: the database is not asked as often."""
    asked, now_s, read = 0, 0.0, api.closes.keys

    async def counted() -> Sequence[CloseKey]:
        nonlocal asked
        asked += 1
        return await read()

    monkeypatch.setattr(api.closes, "keys", counted)
    kept = KeptKeys(lambda: now_s)
    api.store.away = True
    failed = await asyncio.gather(*(kept(api.closes) for _ in range(9)), return_exceptions=True)
    assert ({type(one) for one in failed}, asked) == ({StoreUnavailable}, 1)
    api.store.away = False
    found = await asyncio.gather(*(kept(api.closes) for _ in range(9)))
    assert (len(set(found)), asked) == (1, 2)
    now_s = KEYS_KEPT_S
    assert await kept(api.closes) == found[0]
    assert asked == 3
