from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.postgres.connection.database import SENDING_WEBHOOKS
from adapters.webhook_client.receiver import MAX_CONNECTIONS
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
from cashback_core.webhooks.sending import STORE_TRIES, Kept, Lease, Receiver, Round, WebhookSender

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cashback_core.changes.changes import FeedPlace

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
OK, BAD = ReceiverAnswer(status=204), ReceiverAnswer(status=500)
HOOK = UUID(int=7)
AT_ONCE = SendingPolicy().at_once


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
    lost: bool = False
    fails: list[str] = field(default_factory=list[str])
    """Methods to whose next call the database is away, each as often as it is named."""

    released: list[Lease] = field(default_factory=list[Lease])
    unchanged: bool = True
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    broken: bool = False
    dropped: int = 0

    def _away(self, method: str) -> None:
        if method in self.fails:
            self.fails.remove(method)
            raise StoreUnavailable("no connection")

    async def lease(self, *, limit: int, of_one: int, lease_s: float) -> tuple[Lease, ...]:
        assert lease_s == SendingPolicy().lease_s
        assert of_one < SendingPolicy().endpoints_at_once
        if self.away:
            raise StoreUnavailable("away")
        taken, self.leases = self.leases[:limit], self.leases[limit:]
        return tuple(taken)

    async def due(self, lease: Lease, *, limit: int) -> tuple[Kept, ...]:
        assert lease.webhook_id == HOOK
        self._away("due")
        return tuple(self.kept[:limit])

    async def conclude(self, lease: Lease, ended: Round) -> bool:
        assert lease.webhook_id == HOOK
        self._away("conclude")
        self.ended.append(ended)
        return not self.lost

    async def drop_ended(self, *, limit: int) -> int:
        self.dropped += 1
        if self.broken:
            raise ValueError("a statement of ours is wrong")
        return 0 * limit

    async def release(self, lease: Lease) -> None:
        self.released.append(lease)

    async def stands(self, lease: Lease) -> bool:
        assert lease.webhook_id == HOOK
        self.asked.set()
        return self.unchanged


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
    version=1,
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
    assert 1 < receiver.most <= AT_ONCE


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
    assert AT_ONCE <= len(receiver.called) < 2 * AT_ONCE + 4
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
    while len(receiver.called) < AT_ONCE:
        await asyncio.sleep(0)
    stop.set()
    assert receiver.hold is not None
    receiver.hold.set()
    await running
    [ended] = outbox.ended
    assert len(receiver.called) == AT_ONCE
    assert ended.after == changes[AT_ONCE - 1].feed_position


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


@dataclass(slots=True)
class Clock:
    """Time that passes by calls alone: each takes `call_s`, those at once take it together."""

    call_s: float
    at_s: float = 0.0


@dataclass(slots=True)
class Slow(Scripted):
    """Answers within its time, but only just; calls that are under way together end together."""

    clock: Clock = field(default_factory=lambda: Clock(call_s=13.0))

    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> ReceiverAnswer:
        ends_s = self.clock.at_s + self.clock.call_s
        answer = await Scripted.post(self, url, headers, body)
        for _ in range(20):  # whatever begins together has begun
            await asyncio.sleep(0)
        self.clock.at_s = max(self.clock.at_s, ends_s)
        return answer


@given(st.integers(1, 12), st.integers(0, 12), st.sampled_from([OK, BAD]))
async def test_a_round_ends_within_its_lease_however_long_a_chain_is(
    chained: int, others: int, answer: ReceiverAnswer
) -> None:
    """Many changes of one cashback, each answered late: nothing is sent twice, and in its order."""
    chain = [change(n, 500, n) for n in range(1, chained + 1)]
    changes = [*chain, *(change(100 + n) for n in range(others))]
    clock = Clock(call_s=13.0)
    receiver = Slow(clock=clock, otherwise=answer)
    policy = SendingPolicy()
    outbox, after, rounds = Outbox(), START, 0
    while after != changes[-1].feed_position or outbox.kept:
        began_s = clock.at_s
        sending = replace(sender(changes, receiver, outbox, policy), clock_s=lambda: clock.at_s)
        ended = await sending.round(replace(LEASE, after=after), asyncio.Event())
        assert clock.at_s - began_s <= policy.round_s + policy.deadline_s < policy.lease_s
        done = {each.id for each in ended.sent}
        outbox.kept = [each for each in outbox.kept if each.id not in done] + [
            Kept(id=each.id, attempts=each.attempts, at=each.at, created_at=NOW)
            for each in sorted(ended.sent, key=lambda each: each.due_at or NOW)
            if each.answer is None
        ]
        after, rounds = ended.after, rounds + 1
        assert rounds <= len(changes)
    assert sorted(receiver.called) == sorted(map(id_of, changes))
    in_turn = [id_ for id_ in receiver.called if id_.startswith(f"{UUID(int=500)}.")]
    assert in_turn == [id_of(one) for one in chain]


async def test_a_round_that_another_has_by_now_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    await one_round([change(1)], Scripted(), outbox=Outbox(lost=True))
    assert "is not stored" in caplog.text


def test_a_lease_is_longer_than_a_round_and_all_the_tries_to_store_it() -> None:
    policy = SendingPolicy()
    stored_s = STORE_TRIES * (SENDING_WEBHOOKS.wait_s + policy.poll_s)
    assert policy.round_s + policy.deadline_s + stored_s < policy.lease_s
    assert SENDING_WEBHOOKS.wait_s >= 10  # all of a process's rounds may begin and end together


def test_no_call_waits_for_a_connection_that_anothers_calls_have() -> None:
    policy = SendingPolicy()
    assert policy.endpoints_at_once * policy.at_once <= MAX_CONNECTIONS
    assert policy.endpoints_of_one * 4 <= policy.endpoints_at_once


async def test_of_a_round_that_could_not_begin_the_lease_is_let_go() -> None:
    outbox = Outbox(fails=["due"])
    receiver = Scripted()
    with pytest.raises(StoreUnavailable):
        await one_round([change(1)], receiver, outbox=outbox)
    assert (outbox.released, receiver.called) == ([LEASE], [])


@pytest.mark.parametrize("times", [STORE_TRIES - 1, STORE_TRIES])
async def test_what_a_round_came_to_is_tried_to_be_stored_again(times: int) -> None:
    """The last of the tries is one: what was sent is otherwise sent again, after its lease."""
    outbox = Outbox(fails=["conclude"] * times)
    policy = SendingPolicy(poll_s=0.001)
    sending = one_round([change(1)], Scripted(), outbox=outbox, policy=policy)
    if times < STORE_TRIES:
        assert outbox.ended == [await sending]
    else:
        with pytest.raises(StoreUnavailable):
            await sending
    assert outbox.released == []


async def test_an_error_of_our_own_while_forgetting_does_not_end_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox = Outbox(broken=True)
    stop = asyncio.Event()
    running = asyncio.create_task(sender([change(1)], Scripted(), outbox).run(stop))
    while not outbox.dropped:
        await asyncio.sleep(0)
    outbox.leases.append(LEASE)
    async with asyncio.timeout(5):
        while not outbox.ended:
            assert not running.done()
            await asyncio.sleep(0.001)
    stop.set()
    await running
    assert "a statement of ours is wrong" in caplog.text


async def test_a_round_that_does_not_end_with_the_process_lets_its_lease_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cashback_core.webhooks.sending.END_S", 0.01)
    receiver = Scripted(hold=asyncio.Event())
    outbox = Outbox(leases=[LEASE])
    stop = asyncio.Event()
    running = asyncio.create_task(sender([change(1)], receiver, outbox).run(stop))
    while not receiver.called:
        await asyncio.sleep(0)
    stop.set()
    await running
    assert (outbox.released, outbox.ended) == ([LEASE], [])


async def test_nothing_is_begun_any_more_for_an_endpoint_that_was_changed() -> None:
    """Deleted, set inactive, or with another url or secret: what was begun is ended and stored."""
    receiver = Scripted(hold=asyncio.Event())
    outbox = Outbox(unchanged=False)
    changes = [change(n) for n in range(1, 50)]
    policy = SendingPolicy(poll_s=0.001)
    sending = asyncio.create_task(one_round(changes, receiver, outbox=outbox, policy=policy))
    await outbox.asked.wait()
    assert receiver.hold is not None
    receiver.hold.set()
    ended = await sending
    assert len(receiver.called) == AT_ONCE
    assert ended.after == changes[AT_ONCE - 1].feed_position
