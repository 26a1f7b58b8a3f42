from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cashback_core.changes.changes import START, Change, ChangePage, FeedPosition
from cashback_core.delivery.states import Actor, Status
from cashback_core.values.availability import StoreUnavailable
from cashback_core.webhooks.policy import (
    MAX_ATTEMPTS,
    Because,
    Health,
    ReceiverAnswer,
    SendingPolicy,
)
from cashback_core.webhooks.sending import Kept, Lease, Receiver, Round, WebhookSender

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cashback_core.changes.changes import FeedPlace

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
OK, BAD = ReceiverAnswer(status=204), ReceiverAnswer(status=500)
HOOK = UUID(int=7)


def change(position: int, cashback: int = 0, sequence: int = 1) -> Change:
    return Change(
        merchant_id=1,
        id=UUID(int=cashback or position),
        sequence=sequence,
        position=position,
        at=NOW,
        actor=Actor.API,
        from_status=None if sequence == 1 else Status.PENDING,
        status=Status.PENDING if sequence == 1 else Status.SENDING,
        attempt=0,
        reason="accepted",
        sale_id=None,
        cashback_centavos=500,
    )


@dataclass(slots=True)
class Feed:
    changes: list[Change]

    async def read(
        self,
        merchant_id: int,
        after: FeedPosition | None,
        *,
        limit: int,
        group: str | None = None,
    ) -> ChangePage:
        assert (merchant_id, group) == (1, None)
        begun = after or START
        found = tuple([c for c in self.changes if c.feed_position > begun][:limit])
        return ChangePage(changes=found, next=found[-1].feed_position if found else begun)

    async def end(self, merchant_id: int) -> FeedPosition:
        raise NotImplementedError(merchant_id)

    async def grown(self, places: Collection[FeedPlace]) -> frozenset[FeedPlace]:
        raise NotImplementedError(places)


@dataclass(slots=True)
class Outbox:
    kept: list[Kept] = field(default_factory=list[Kept])
    leases: list[Lease] = field(default_factory=list[Lease])
    ended: list[Round] = field(default_factory=list[Round])
    away: bool = False

    async def lease(self, *, limit: int, lease_s: float) -> tuple[Lease, ...]:
        assert lease_s > SendingPolicy().round_s + SendingPolicy().deadline_s
        if self.away:
            raise StoreUnavailable("away")
        taken, self.leases = self.leases[:limit], self.leases[limit:]
        return tuple(taken)

    async def due(self, lease: Lease, *, limit: int) -> tuple[Kept, ...]:
        assert lease.webhook_id == HOOK
        return tuple(self.kept[:limit])

    async def conclude(self, lease: Lease, ended: Round) -> bool:
        assert lease.webhook_id == HOOK
        self.ended.append(ended)
        return True

    async def drop_ended(self, *, limit: int) -> int:
        return 0 * limit


@dataclass(slots=True)
class Scripted(Receiver):
    """Answers by message id, `otherwise` to the rest; notes who was called together."""

    answers: dict[str, ReceiverAnswer] = field(default_factory=dict[str, ReceiverAnswer])
    otherwise: ReceiverAnswer = OK
    called: list[str] = field(default_factory=list[str])
    under_way: set[str] = field(default_factory=set[str])
    most: int = 0
    hold: asyncio.Event | None = None

    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> ReceiverAnswer:
        assert url == "https://example.com/"
        id_ = dict(headers)["webhook-id"]
        assert json.loads(body)["id"] == id_
        cashback = id_.partition(".")[0]
        assert cashback not in self.under_way, "two of one cashback at once"
        self.called.append(id_)
        self.under_way.add(cashback)
        self.most = max(self.most, len(self.under_way))
        await (asyncio.sleep(0) if self.hold is None else self.hold.wait())
        self.under_way.discard(cashback)
        return self.answers.get(id_, self.otherwise)


LEASE = Lease(
    token=UUID(int=1),
    webhook_id=HOOK,
    merchant_id=1,
    url="https://example.com/",
    types=frozenset(),
    secrets=(UUID(int=2),),
    after=START,
    health=Health(),
    waiting=0,
)


def sender(
    changes: Sequence[Change],
    receiver: Scripted,
    outbox: Outbox | None = None,
    policy: SendingPolicy | None = None,
) -> WebhookSender:
    return WebhookSender(
        outbox=outbox or Outbox(),
        feed=Feed(list(changes)),
        receiver=receiver,
        sign=lambda lease, id_, at, body: (("webhook-id", id_),),  # noqa: ARG005
        now=lambda: NOW,
        chance=lambda: 0.0,
        policy=policy or SendingPolicy(poll_s=0.01),
    )


async def one_round(
    changes: Sequence[Change],
    receiver: Scripted,
    *,
    lease: Lease = LEASE,
    outbox: Outbox | None = None,
    policy: SendingPolicy | None = None,
) -> Round:
    return await sender(changes, receiver, outbox, policy).round(lease, asyncio.Event())


def id_of(one: Change) -> str:
    return f"{one.id}.{one.sequence}"


async def test_a_page_of_the_feed_is_sent_and_passed() -> None:
    changes = [change(n) for n in range(1, 80)]
    receiver = Scripted()
    ended = await one_round(changes, receiver)
    assert receiver.called == [id_of(one) for one in changes[:50]]
    assert ended.after == changes[49].feed_position
    assert {each.due_at for each in ended.sent} == {None}
    assert 1 < receiver.most <= 8


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=40))
async def test_every_change_is_sent_once_and_those_of_a_cashback_in_turn(
    moves: list[tuple[int, bool]],
) -> None:
    """Whatever fails: what failed is kept, and nothing else is; the feed is passed to its end."""
    seen: dict[int, int] = {}
    changes, bad = list[Change](), dict[str, ReceiverAnswer]()
    for position, (cashback, fails) in enumerate(moves, start=1):
        seen[cashback] = seen.get(cashback, 0) + 1
        changes.append(change(position, cashback, seen[cashback]))
        if fails:
            bad[id_of(changes[-1])] = BAD
    receiver, after, kept, called = Scripted(bad), START, set[str](), 0
    policy = SendingPolicy(at_once=len(moves) + 1)
    while after != changes[-1].feed_position:
        lease = replace(LEASE, after=after)
        ended = await one_round(changes, receiver, lease=lease, policy=policy)
        assert ended.after > after
        after = ended.after
        kept |= {each.id for each in ended.sent if each.due_at is not None}
        assert len(receiver.called) > called
        called = len(receiver.called)
    assert sorted(receiver.called) == sorted(map(id_of, changes))
    assert kept == set(bad)
    for cashback in seen:
        of_it = [id_ for id_ in receiver.called if id_.startswith(f"{UUID(int=cashback)}.")]
        assert of_it == sorted(of_it, key=lambda id_: int(id_.partition(".")[2]))


async def test_of_an_endpoint_that_takes_nothing_the_rest_of_the_page_is_left() -> None:
    changes = [change(n) for n in range(1, 50)]
    receiver = Scripted(otherwise=BAD)
    ended = await one_round(changes, receiver)
    assert 8 <= len(receiver.called) < 20
    assert ended.after == changes[len(receiver.called) - 1].feed_position
    assert {each.id for each in ended.sent} == set(receiver.called)
    assert all(each.due_at == NOW + timedelta(seconds=5) for each in ended.sent)
    assert ended.health.failures == 1
    assert ended.disable is None


async def test_one_that_fails_is_sent_one_message_to_find_out() -> None:
    ill = replace(LEASE, health=Health(failures=2, failing_since=NOW))
    receiver = Scripted()
    ended = await one_round([change(n) for n in range(1, 9)], receiver, lease=ill)
    assert len(receiver.called) == 1
    assert ended.health == Health()


async def test_with_too_many_that_wait_the_feed_is_read_no_further() -> None:
    full = replace(LEASE, waiting=SendingPolicy().max_waiting)
    kept = Kept(id="test.1", attempts=3, at=None, created_at=NOW)
    receiver = Scripted()
    ended = await one_round([change(1)], receiver, lease=full, outbox=Outbox(kept=[kept]))
    assert receiver.called == ["test.1"]
    assert ended.after == START
    [sent] = ended.sent
    assert (sent.was_kept, sent.attempts, sent.due_at, sent.at) == (True, 4, None, None)


async def test_a_test_that_failed_twice_is_given_up() -> None:
    async def after(attempts: int) -> datetime | None:
        kept = Kept(id="test.1", attempts=attempts, at=None, created_at=NOW)
        ended = await one_round([], Scripted(otherwise=BAD), outbox=Outbox(kept=[kept]))
        [sent] = ended.sent
        return sent.due_at

    assert await after(0) == NOW + timedelta(seconds=5)
    assert await after(1) is None


async def test_what_is_kept_is_sent_again_as_the_feed_tells_it_and_given_up_in_the_end() -> None:
    first = change(1)
    kept = Kept(id=id_of(first), attempts=MAX_ATTEMPTS - 1, at=first.feed_position, created_at=NOW)
    lost = Kept(
        id="gone.1",
        attempts=1,
        at=FeedPosition(position=9, cashback_id=UUID(int=9), sequence=1),
        created_at=NOW,
    )
    receiver = Scripted(otherwise=BAD)
    past = replace(LEASE, after=first.feed_position)
    ended = await one_round([first], receiver, lease=past, outbox=Outbox(kept=[kept, lost]))
    assert receiver.called == [id_of(first)]
    assert {each.id: each.due_at for each in ended.sent} == {kept.id: None, "gone.1": None}


async def test_only_the_types_that_are_wanted_are_sent_and_all_are_passed() -> None:
    changes = [change(1, 5), change(2, 5, 2), change(3, 6)]
    receiver = Scripted()
    some = replace(LEASE, types=frozenset({"cashback.sending"}))
    ended = await one_round(changes, receiver, lease=some)
    assert receiver.called == [id_of(changes[1])]
    assert ended.after == changes[2].feed_position


async def test_one_that_says_it_is_gone_or_fails_for_days_is_disabled() -> None:
    gone = await one_round([change(1)], Scripted(otherwise=ReceiverAnswer(status=410)))
    assert gone.disable is Because.GONE
    [sent] = gone.sent
    assert sent.due_at is not None
    since = NOW - timedelta(days=5)
    ill = replace(LEASE, health=Health(failures=2000, failing_since=since))
    failing = await one_round([change(1)], Scripted(otherwise=BAD), lease=ill)
    assert failing.disable is Because.FAILING


async def test_when_it_is_to_stop_what_was_begun_is_stored_and_nothing_else_begun() -> None:
    receiver = Scripted(hold=asyncio.Event())
    outbox = Outbox(leases=[LEASE])
    stop = asyncio.Event()
    changes = [change(n) for n in range(1, 50)]
    running = asyncio.create_task(sender(changes, receiver, outbox).run(stop))
    while len(receiver.called) < 8:
        await asyncio.sleep(0)
    stop.set()
    assert receiver.hold is not None
    receiver.hold.set()
    await running
    [ended] = outbox.ended
    assert len(receiver.called) == 8
    assert ended.after == changes[7].feed_position


async def test_nothing_ends_it_but_being_told_to_stop() -> None:
    broken = Outbox(leases=[replace(LEASE, webhook_id=UUID(int=8)), LEASE])
    broken.away = True
    stop = asyncio.Event()
    receiver = Scripted()
    running = asyncio.create_task(sender([change(1)], receiver, broken).run(stop))
    await asyncio.sleep(0.02)
    broken.away = False  # and its first lease is of an endpoint that `due` asserts about
    while not broken.ended:
        await asyncio.sleep(0.01)
    stop.set()
    await running
    assert receiver.called == [id_of(change(1))]
