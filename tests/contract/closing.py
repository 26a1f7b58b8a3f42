"""What every store of closes keeps, in memory and on PostgreSQL alike.

A subclass supplies `store` (of cashbacks), `closes`, `world` (see World), and the days are of UTC.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cashback_core.closing.canonical import read_json, sha256_of
from cashback_core.closing.chain import AFTER_ITS_END
from cashback_core.closing.closing import CloseDays, ClosesAsked
from cashback_core.closing.kept import ACCOUNT, KeptClose
from cashback_core.closing.keys import key_id
from cashback_core.closing.lines import LinesHead, head_bytes, line_bytes
from cashback_core.closing.making import Signer
from cashback_core.closing.store import FormerKey, NotVerified
from cashback_core.testing.memory_closes import MemoryNotes
from contract.builders import CREATED, a_sale, ended, leased

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.closing.lines import DayLine
    from cashback_core.closing.store import CloseStore
    from cashback_core.intake.store import CashbackStore

_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER: Final = Signer(public_key=_KEY.public_key().public_bytes_raw(), sign=_KEY.sign)
_NEXT: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
NEXT_SIGNER: Final = Signer(public_key=_NEXT.public_key().public_bytes_raw(), sign=_NEXT.sign)


class World(Protocol):
    """Both merchants are known since three days; the first day is the one three days ago."""

    def happened(self, cashback_id: UUID, *, days_ago: int) -> None:
        """A cashback moved so many days ago, and not today."""

    def closed_ago(self, *, days: int) -> None:
        """Every close was made so long ago, whatever it says."""


def body(kept: KeptClose) -> dict[str, Any]:
    """What a close says."""
    found: dict[str, Any] = read_json(kept.document.decode())["close"]
    return found


async def lines(closes: CloseStore, kept: KeptClose) -> list[DayLine]:
    """Every line of a closed day."""
    return [line async for some in closes.lines(kept) for line in some]


async def file_of(closes: CloseStore, kept: KeptClose) -> bytes:
    """The file of a closed day's lines."""
    assert kept.owner.slug is not None
    head = head_bytes(LinesHead(owner=kept.owner.slug, number=kept.number, day=kept.day))
    return head + b"".join([line_bytes(line) for line in await lines(closes, kept)])


async def paid(
    store: CashbackStore, world: World, *, days_ago: int, centavos: int = 10_000
) -> None:
    """A cashback of 5 % that was accepted and paid on that day."""
    claim = await leased(store, a_sale(centavos=centavos))
    await store.conclude(ended(claim, CREATED))
    world.happened(claim.id, days_ago=days_ago)


class CloseContract:
    """The contract of `cashback_core.closing.store.CloseStore`."""

    @pytest.fixture
    def notes(self) -> MemoryNotes:
        return MemoryNotes()

    @pytest.fixture
    def close_days(self, closes: CloseStore, notes: MemoryNotes) -> CloseDays:
        return CloseDays(store=closes, signer=SIGNER, notes=notes)

    async def test_every_day_that_is_over_is_closed_in_order_and_the_accounts_after_all(
        self, close_days: CloseDays, closes: CloseStore
    ) -> None:
        found = await close_days()
        assert found.behind == 0
        assert not found.strange
        for merchant_id in (1, 2, None):
            chain = await closes.closes(merchant_id, limit=100)
            assert [kept.number for kept in chain] == [1, 2, 3]
            assert [kept.previous for kept in chain] == [None, chain[0].hash, chain[1].hash]
            assert [kept.begins_at for kept in chain[1:]] == [kept.ends_at for kept in chain[:-1]]
        assert [one.number for one in await closes.latest(1, limit=2)] == [3, 2]
        assert not any(isinstance(one, KeptClose) for one in await closes.latest(1, limit=9))
        assert [one.number for one in await closes.latest(1, before=3, limit=9)] == [2, 1]
        for kept in await closes.closes(None, limit=100):
            theirs = [await closes.close_of(id_, kept.day) for id_ in (1, 2)]
            assert [row["sha256"] for row in body(kept)["merchants"]] == [
                each.hash for each in sorted(filter(None, theirs), key=lambda k: k.owner.name)
            ]
        assert (await close_days()).closed == ()

    async def test_a_days_events_are_its_close_and_its_lines(
        self, store: CashbackStore, world: World, close_days: CloseDays, closes: CloseStore
    ) -> None:
        await paid(store, world, days_ago=3)
        await paid(store, world, days_ago=2, centavos=20_000)
        open_claim = await leased(store, a_sale())
        world.happened(open_claim.id, days_ago=2)
        await close_days()
        first, second, third = await closes.closes(1, limit=100)
        liability = body(second)["liability"]
        assert body(first)["liability"]["paid"] == {"count": 1, "centavos": 500}
        assert liability["accrued"] == {"count": 2, "centavos": 1_500}
        assert liability["paid"] == {"count": 1, "centavos": 1_000}
        assert liability["closing"] == {"count": 1, "centavos": 500}
        assert body(third)["liability"]["opening"] == {"count": 1, "centavos": 500}
        assert body(third)["lines"]["count"] == third.lines == 0
        for kept in (first, second, third):
            assert kept.late == 0
            data = await file_of(closes, kept)
            assert sha256_of(data) == body(kept)["lines"]["sha256"]
        assert [line.types for line in await lines(closes, first)] == [{"A": 500}, {}, {"A": 500}]
        assert body(await _of(closes, 2, first))["lines"]["count"] == 0

    async def test_what_is_recorded_later_with_an_earlier_instant_is_late_in_the_next_day(
        self, store: CashbackStore, world: World, close_days: CloseDays, closes: CloseStore
    ) -> None:
        await close_days(ClosesAsked(at_most=6))
        before = await closes.closes(1, limit=100)
        await paid(store, world, days_ago=3)
        await close_days()
        assert (await closes.closes(1, limit=2)) == before
        last = (await closes.closes(1, limit=100))[-1]
        assert (last.late, last.lines) == (3, 3)
        assert body(last)["liability"]["paid"] == {"count": 1, "centavos": 500}

    async def test_a_round_closes_so_many_and_of_whom_it_is_asked(
        self, close_days: CloseDays, closes: CloseStore
    ) -> None:
        found = await close_days(ClosesAsked(at_most=2))
        assert (len(found.closed), found.behind) == (2, 7)
        only = found.closed[0].owner.slug
        found = await close_days(ClosesAsked(only=only, through=found.closed[0].day))
        assert found.closed == ()
        found = await close_days(ClosesAsked(only=only))
        assert {kept.owner.slug for kept in found.closed} == {only}
        assert await closes.closes(None, limit=1) == []

    async def test_a_look_keeps_nothing(
        self, store: CashbackStore, world: World, close_days: CloseDays, closes: CloseStore,
        notes: MemoryNotes,
    ) -> None:  # fmt: skip
        await paid(store, world, days_ago=3)
        found = await close_days(ClosesAsked(dry_run=True))
        assert {kept.number for kept in found.closed} == {1}
        assert body(found.closed[0])["liability"]["paid"]["centavos"] == 500
        assert await closes.closes(1, limit=1) == []
        assert notes.heads == {}

    async def test_a_chain_that_is_not_the_noted_one_is_closed_no_further(
        self, close_days: CloseDays, closes: CloseStore, notes: MemoryNotes
    ) -> None:
        found = await close_days(ClosesAsked(at_most=3))
        name = found.closed[0].owner.name
        number, hash_ = notes.heads[name]
        notes.heads[name] = number + 1, hash_
        found = await close_days()
        assert [*found.strange] == [name]
        assert name not in {kept.owner.name for kept in found.closed}
        assert ACCOUNT not in {kept.owner for kept in found.closed if kept.number == 3}
        notes.heads[name] = number, "0" * 64
        assert [*(await close_days()).strange] == [name]
        notes.heads[name] = number, hash_
        assert (await close_days()).closed
        assert await closes.closes(None, after=2, limit=1)

    async def test_one_closes_at_a_time(self, close_days: CloseDays, closes: CloseStore) -> None:
        async with closes.alone() as closing:
            assert closing is not None
            assert (await close_days()).is_busy
        assert not (await close_days()).is_busy

    async def test_a_key_is_known_from_its_first_close_until_the_next_ones(
        self, close_days: CloseDays, closes: CloseStore, notes: MemoryNotes
    ) -> None:
        await close_days(ClosesAsked(at_most=3))
        await CloseDays(store=closes, signer=NEXT_SIGNER, notes=notes)()
        former, now = await closes.keys()
        assert (former.public_key, now.public_key) == (
            SIGNER.public_key,
            NEXT_SIGNER.public_key,
        )
        assert former.until_at == now.from_at
        assert now.until_at is None
        (first, *_) = await closes.closes(1, limit=1)
        assert former.from_at <= first.closed_at

    async def test_a_former_key_signs_nothing_any_more(
        self, close_days: CloseDays, closes: CloseStore, notes: MemoryNotes
    ) -> None:
        """A worker that was not restarted: whoever verifies would take its closes for forged."""
        await close_days(ClosesAsked(at_most=3))
        await CloseDays(store=closes, signer=NEXT_SIGNER, notes=notes)(ClosesAsked(at_most=1))
        with pytest.raises(FormerKey):
            await close_days()

    async def test_nothing_is_closed_after_a_silence_unless_a_person_says_up_to_which_day(
        self, close_days: CloseDays, closes: CloseStore, world: World
    ) -> None:
        """Both clocks have jumped ahead, or nobody closed for a week: only a person can tell."""
        await close_days(ClosesAsked(at_most=6))
        world.closed_ago(days=8)
        found = await close_days()
        assert (found.closed, found.behind) == ((), 3)
        assert sorted(found.failed) == ["(account)", "demo", "other"]
        assert all("no day was closed from" in why for why in found.failed.values())
        last = (await closes.closes(1, limit=9))[-1]
        found = await close_days(ClosesAsked(through=last.day + timedelta(days=1)))
        assert len(found.closed) == 3
        world.closed_ago(days=6)
        assert (await close_days()).failed == {}

    async def test_what_whoever_verifies_would_refuse_is_not_kept(
        self, close_days: CloseDays, closes: CloseStore
    ) -> None:
        """A clock that was set back, or a mistake of ours: nothing could mend such a close."""
        first, second, *_ = (await close_days(ClosesAsked(dry_run=True))).closed
        early = first.ends_at + AFTER_ITS_END - timedelta(microseconds=1)
        by_next = replace(second, key=key_id(NEXT_SIGNER.public_key))
        before = first.closed_at - timedelta(microseconds=1)
        async with closes.alone() as closing:
            assert closing is not None
            with pytest.raises(NotVerified):
                await closing.keep(replace(first, closed_at=early), SIGNER.public_key)
            await closing.keep(first, SIGNER.public_key)
            with pytest.raises(NotVerified):  # before its key signs
                await closing.keep(replace(second, closed_at=before), SIGNER.public_key)
            for at in (before, first.closed_at):  # the former key's last close would be without one
                late = replace(by_next, closed_at=at)
                with pytest.raises(NotVerified):
                    await closing.keep(late, NEXT_SIGNER.public_key)
            await closing.keep(replace(second, closed_at=first.closed_at), SIGNER.public_key)
        assert [key.public_key for key in await closes.keys()] == [SIGNER.public_key]


async def _of(closes: CloseStore, merchant_id: int, like: KeptClose) -> KeptClose:
    found = await closes.close_of(merchant_id, like.day)
    assert found is not None
    return found
