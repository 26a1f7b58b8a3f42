"""Who guesses names letter by letter is soon told nothing by it; who seldom errs goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from cashback_core.intake import wrong_names
from cashback_core.intake.submission import Recorded, SaleRequest, Submitted
from cashback_core.intake.wrong_names import AT_ONCE, EVERY_S, WrongName, WrongNames
from cashback_core.sales.rules import SaleRules
from cashback_core.values.names import NameDifference
from cashback_core.values.violations import InvalidSale
from fakes.process import SALE, Process
from fakes.virtual_time import run_in_virtual_time

NAME = "HERMENEGILDO APARECIDO QUEIROZ"
IN_PART = "HERMENEGILDO A Q"
WRONG = "HERMENEGILDO B Q"


def test_a_group_has_so_many_and_one_more_from_time_to_time() -> None:
    told = WrongNames()
    for n in range(AT_ONCE):
        assert not told.are_too_many("a", now_s=0), n
        told.note("a", now_s=0)
    assert told.are_too_many("a", now_s=EVERY_S - 1)
    assert not told.are_too_many("b", now_s=0), "each group its own"
    assert not told.are_too_many("a", now_s=EVERY_S)
    for _ in range(AT_ONCE * 5):
        told.note("a", now_s=EVERY_S)
    assert told.are_too_many("a", now_s=2 * EVERY_S - 1)
    assert not told.are_too_many("a", now_s=2 * EVERY_S), "however many came, no longer"


def test_only_so_many_groups_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong_names, "MAX_GROUPS", 2)
    told = WrongNames()
    for group in ("a", "b", "a", "c"):
        for _ in range(AT_ONCE):
            told.note(group, now_s=0)
    assert [told.are_too_many(g, now_s=0) for g in "abc"] == [True, False, True]


async def send(world: Process, name: str, *, group: str, reads_all: bool = False) -> Submitted:
    sale: dict[str, Any] = SALE | {"sale_id": f"NF-{len(world.store.rows)}-{group}"}
    sale["customer"] = {"document": "52998224725", "name": name}
    return await world.submit(
        SaleRequest(
            merchant_id=1,
            document=sale,
            raw_body=name.encode(),
            idempotency_key=None,
            wait_s=0,
            submitted_by=group,
            group=group,
            reads_only=None if reads_all else group,
        )
    )


async def refused(world: Process, name: str, *, group: str, reads_all: bool = False) -> bool:
    try:
        await send(world, name, group=group, reads_all=reads_all)
    except InvalidSale as error:
        return [v.code for v in error.violations] == ["customer_name_mismatch"]
    return False


def test_after_too_many_wrong_names_another_groups_customer_is_named_whole() -> None:
    async def main() -> None:
        world = Process()
        seen: list[WrongName] = []
        world.submit = replace(world.submit, on_wrong_name=seen.append)
        await send(world, NAME, group="ours")
        for _ in range(AT_ONCE):
            assert await refused(world, WRONG, group="theirs")
        assert seen == [WrongName.WITHIN] * AT_ONCE
        assert await refused(world, IN_PART, group="theirs"), "a guess tells nothing any more"
        assert seen[-1] is WrongName.BEYOND
        assert not await refused(world, NAME.lower(), group="theirs"), "who knows it sells"
        assert not await refused(world, IN_PART, group="ours")
        assert not await refused(world, IN_PART, group="others")
        assert not await refused(world, IN_PART, group="theirs", reads_all=True)
        await asyncio.sleep(2 * EVERY_S)
        assert not await refused(world, IN_PART, group="theirs")

    run_in_virtual_time(main())


def test_of_guesses_side_by_side_no_more_are_answered() -> None:
    async def main() -> None:
        world = Process()
        seen: list[WrongName] = []
        world.submit = replace(world.submit, on_wrong_name=seen.append)
        await send(world, NAME, group="ours")
        many = (refused(world, WRONG, group="theirs") for _ in range(2 * AT_ONCE))
        assert all(await asyncio.gather(*many))
        assert seen.count(WrongName.WITHIN) == AT_ONCE
        assert seen.count(WrongName.BEYOND) == AT_ONCE

    run_in_virtual_time(main())


def test_who_is_right_is_never_refused_for_being_many() -> None:
    async def main() -> None:
        world = Process()
        await send(world, NAME, group="ours")
        for _ in range(AT_ONCE - 1):
            assert await refused(world, WRONG, group="theirs")
        for _ in range(2):
            many = (refused(world, IN_PART, group="theirs") for _ in range(2 * AT_ONCE))
            assert not any(await asyncio.gather(*many))

    run_in_virtual_time(main())


def test_a_guess_whose_sender_or_store_is_gone_gives_its_place_back() -> None:
    async def main() -> None:
        told = WrongNames()
        for _ in range(3):
            with pytest.raises(RuntimeError):
                async with told.guess("a", clock_s=lambda: 0):
                    raise RuntimeError
        for _ in range(AT_ONCE - 1):
            told.note("a", now_s=0)
        async with told.guess("a", clock_s=lambda: 0) as whole:
            assert not whole
            waiting = asyncio.ensure_future(enter(told))
            await asyncio.sleep(1)
            assert not waiting.done(), "who is last but one waits for the last"
            gone = asyncio.ensure_future(enter(told))
            await asyncio.sleep(1)
            gone.cancel()
            told.note("a", now_s=0)
        assert await waiting, "and is told whole names then"
        async with told.guess("b", clock_s=lambda: 0) as whole:
            assert not whole

    run_in_virtual_time(main())


async def enter(told: WrongNames) -> bool:
    async with told.guess("a", clock_s=lambda: 0) as whole:
        return whole


def test_ones_own_customers_are_named_as_ever_and_whoever_reads_all_is_not_counted() -> None:
    async def main() -> None:
        world = Process()
        seen: list[WrongName] = []
        world.submit = replace(world.submit, on_wrong_name=seen.append)
        await send(world, NAME, group="ours")
        for _ in range(AT_ONCE + 1):
            assert await refused(world, WRONG, group="ours", reads_all=True)
        assert seen == []
        for _ in range(AT_ONCE + 1):
            assert await refused(world, WRONG, group="ours")
        assert not await refused(world, IN_PART, group="ours")

    run_in_virtual_time(main())


def test_what_is_noted_is_counted_too() -> None:
    async def main() -> None:
        world = Process()
        terms = await world.store.terms(1)
        assert terms is not None
        rules = replace(SaleRules(), name_difference=NameDifference.NOTE)
        world.store.set_terms(replace(terms, rules=rules))
        seen: list[WrongName] = []
        world.submit = replace(world.submit, on_wrong_name=seen.append)
        await send(world, NAME, group="ours")
        noted = await send(world, WRONG, group="theirs")
        assert isinstance(noted, Recorded)
        assert noted.record.name_differs
        assert seen == [WrongName.WITHIN]

    run_in_virtual_time(main())
