"""Sending an endpoint's messages in rounds: what is due again, and the feed's next changes.

Nothing here is on a sale's way. A message is sent at least once: what a round came to is stored
when it ends, and a process that is killed before leaves its endpoint to another one, which sends
the same messages under the same ids.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
import json
import logging
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from cashback_core.changes.changes import Change, ChangeFeed, FeedPosition
from cashback_core.changes.telling import change_id, change_shape
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.instants import format_instant
from cashback_core.webhooks.policy import (
    GONE,
    MAX_ATTEMPTS,
    MAX_TEST_ATTEMPTS,
    Because,
    Health,
    ReceiverAnswer,
    SendingPolicy,
    health_after,
    next_try,
    why_disable,
)

_log = logging.getLogger(__name__)

TEST: Final = "webhook.test"
"""The type of a message that tells of no change."""

END_S: Final = 4.0
"""How long a round that is under way is waited for when the process ends."""

LET_GO_S: Final = 1.0
"""How long its lease takes then to be let go, if it has not ended."""

STORE_TRIES: Final = 3
"""How often a round is tried to be stored while the database is away: what it sent is known by it
alone. All of them and their waits for a connection end before the lease does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """An endpoint that is this process's for a while; `token` tells its lease from another's."""

    token: UUID
    webhook_id: UUID
    merchant_id: int
    version: int
    """The endpoint's; what is sent judges no later one."""

    url: str
    types: frozenset[str]
    secrets: tuple[UUID, ...]
    """Ids of those that sign, the latest first."""

    after: FeedPosition
    health: Health
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message that is kept because it is tried again, and due; None is no change but a test."""

    id: str
    attempts: int
    at: FeedPosition | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of one message. `due_at` is None once it has ended, delivered or given up.

    `attempts` are those up to now. `was_kept` is false for what came of the feed in this round.
    """

    id: str
    at: FeedPosition | None
    attempts: int
    answer: ReceiverAnswer | None
    """None: it was not sent, for what was to be sent before it took the round's time."""

    due_at: datetime | None
    was_kept: bool

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken it."""
        return self.answer is not None and self.answer.delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round came to: how far the feed is done with, and what of it is tried again."""

    after: FeedPosition
    sent: tuple[Sent, ...]
    health: Health
    disable: Because | None
    now: datetime


class WebhookOutbox(Protocol):
    """What is to be sent, and what came of it; any number of processes share it.

    Every method raises StoreUnavailable.
    """

    @abstractmethod
    async def lease(self, *, limit: int, of_one: int, lease_s: float) -> tuple[Lease, ...]:
        """Endpoints that have something to be sent and are nobody's, at most `of_one` a merchant.

        The merchant that has fewest comes first, of each the one that waits longest.
        """

    @abstractmethod
    async def due(self, lease: Lease, *, limit: int) -> tuple[Kept, ...]:
        """Its messages whose next attempt is due, the longest due first."""

    @abstractmethod
    async def conclude(self, lease: Lease, ended: Round) -> bool:
        """Store a round, all of it, and let the endpoint go; False if it was another's already.

        An endpoint that was changed since keeps its health, and is not disabled: what is told of
        it was answered by what it was.
        """

    @abstractmethod
    async def release(self, lease: Lease) -> None:
        """Let the endpoint go, if it is held by this lease still, and store nothing."""

    @abstractmethod
    async def stands(self, lease: Lease) -> bool:
        """Whether the endpoint is still active, as it was leased, and held by this lease."""

    @abstractmethod
    async def drop_ended(self, *, limit: int) -> int:
        """Forget what ended longer ago than KEPT; how many."""


class Receiver(Protocol):
    """The world outside. It raises nothing for whatever a receiver does, and ends in its time."""

    @abstractmethod
    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> ReceiverAnswer:
        """Send it once."""


class Sign(Protocol):
    """Makes the headers of a message, signed by each of an endpoint's secrets."""

    def __call__(
        self, lease: Lease, message_id: str, at: datetime, body: bytes, /
    ) -> Sequence[tuple[str, str]]:
        """See Sign."""
        ...


class Compose(Protocol):
    """Makes the body of a message: of a change, or of a test for None."""

    def __call__(self, message_id: str, change: Change | None, at: datetime, /) -> bytes:
        """See Compose."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    id: str
    change: Change | None
    attempts: int = 0
    was_kept: bool = False
    lost: bool = False
    """Whether its change is there no more, so that it can only be given up."""


def compose(message_id: str, change: Change | None, at: datetime) -> bytes:
    """The body of a message: what the feed tells of the change, or that this is a test."""
    told: dict[str, Any] = (
        {"id": message_id, "type": TEST, "timestamp": format_instant(at), "data": {}}
        if change is None
        else change_shape(change)
    )
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSender:
    """Sends until told to stop; any number may run side by side.

    `on_sent` is told of each call's answer.
    """

    outbox: WebhookOutbox
    feed: ChangeFeed
    receiver: Receiver
    sign: Sign
    now: Callable[[], datetime]
    chance: Callable[[], float]
    compose: Compose = compose
    policy: SendingPolicy = field(default_factory=SendingPolicy)
    on_sent: Callable[[ReceiverAnswer], object] = lambda _: None
    clock_s: Callable[[], float] = time.monotonic

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is to be sent, round after round, and raise nothing."""
        rounds: set[asyncio.Task[None]] = set()
        looked_s = float("-inf")
        try:
            while not stop.is_set():
                free = self.policy.endpoints_at_once - len(rounds)
                for lease in await self._leased(free) if free else ():
                    task = asyncio.create_task(self._serve(lease, stop))
                    rounds.add(task)
                    task.add_done_callback(rounds.discard)
                if self.clock_s() - looked_s >= 600:
                    looked_s = self.clock_s()
                    await self._forget()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.policy.poll_s):
                        await stop.wait()
            if rounds:
                await asyncio.wait(rounds, timeout=END_S)
            for task in rounds:
                task.cancel()
            if rounds:
                await asyncio.wait(rounds, timeout=LET_GO_S)
        finally:
            for task in rounds:
                task.cancel()

    async def _leased(self, free: int) -> tuple[Lease, ...]:
        try:
            return await self.outbox.lease(
                limit=free, of_one=self.policy.endpoints_of_one, lease_s=self.policy.lease_s
            )
        except StoreUnavailable as error:
            _log.warning("webhooks wait for the database: %s", error)
        except Exception:  # noqa: BLE001 (nothing of webhooks may end the worker)
            _log.exception("webhooks go on after an error of their own")
        return ()

    async def _forget(self) -> None:
        try:
            await self.outbox.drop_ended(limit=1_000)
        except StoreUnavailable as error:
            _log.warning("webhooks wait for the database: %s", error)
        except Exception:  # noqa: BLE001 (the same)
            _log.exception("webhooks go on after an error of their own")

    async def _serve(self, lease: Lease, stop: asyncio.Event) -> None:
        """One lease: one round. Ended before it could store anything, it lets the lease go."""
        try:
            await self.round(lease, stop)
        except asyncio.CancelledError:  # what it sent is sent again, by another, at once
            await self._release(lease)
            raise
        except StoreUnavailable as error:
            _log.warning("webhooks wait for the database: %s", error)
        except Exception:  # noqa: BLE001 (the same)
            _log.exception("webhook %s: its round ended by an error of ours", lease.webhook_id)

    async def _release(self, lease: Lease) -> None:
        with suppress(StoreUnavailable):  # then it runs out
            await self.outbox.release(lease)

    async def round(self, lease: Lease, stop: asyncio.Event) -> Round:
        """Send what is due and what follows in the feed, and store what came of it."""
        began_s = self.clock_s()
        try:
            messages, passed = await self._gather(lease)
        except StoreUnavailable:  # nothing was sent: whoever is next may send it
            await self._release(lease)
            raise
        sent, after = await self._send(lease, messages, passed, began_s, stop)
        answers = [each.answer for each in sent if each.answer is not None]
        delivered = sum(answer.delivered for answer in answers)
        now = self.now()
        health = health_after(
            lease.health,
            delivered=delivered,
            failed=len(answers) - delivered,
            now=now,
            chance=self.chance,
        )
        gone = any(answer.status == GONE for answer in answers)
        disable = why_disable(health, gone=gone, now=now)
        ended = Round(after=after, sent=sent, health=health, disable=disable, now=now)
        if not await self._conclude(lease, ended):
            _log.warning(
                "webhook %s: what %d calls came to is not stored: it is another's or gone",
                lease.webhook_id, len(answers),
            )  # fmt: skip
        elif disable is not None:
            _log.error(
                "webhook %s of merchant %d is disabled: %s",
                lease.webhook_id, lease.merchant_id, disable.value,
            )  # fmt: skip
        return ended

    async def _conclude(self, lease: Lease, ended: Round) -> bool:
        for tried in range(1, STORE_TRIES + 1):
            try:
                return await self.outbox.conclude(lease, ended)
            except StoreUnavailable as error:
                if tried == STORE_TRIES:
                    raise
                _log.warning("webhook %s: its round is to be stored: %s", lease.webhook_id, error)
                await asyncio.sleep(self.policy.poll_s)
        raise AssertionError("it is tried at least once")

    async def _gather(self, lease: Lease) -> tuple[list[_Message], FeedPosition]:
        """What is to be sent, and how far the feed is read by that."""
        # Of one that fails a single message finds out whether it is back.
        room = 1 if lease.health.failures else self.policy.page
        due = await self.outbox.due(lease, limit=room)
        messages = [await self._again(lease, kept) for kept in due]
        room -= len(messages)
        if not room or lease.waiting >= self.policy.max_waiting:
            return messages, lease.after
        page = await self.feed.read(lease.merchant_id, lease.after, limit=room)
        messages += [
            _Message(id=change_id(change), change=change)
            for change in page.changes
            if not lease.types or f"cashback.{change.status.value}" in lease.types
        ]
        return messages, page.next

    async def _again(self, lease: Lease, kept: Kept) -> _Message:
        """A message that is kept, with its change as the feed has it."""
        if kept.at is None:
            return _Message(id=kept.id, change=None, attempts=kept.attempts, was_kept=True)
        before = FeedPosition(
            position=kept.at.position,
            cashback_id=kept.at.cashback_id,
            sequence=kept.at.sequence - 1,
        )
        page = await self.feed.read(lease.merchant_id, before, limit=1)
        if not page.changes or page.changes[0].feed_position != kept.at:
            _log.warning("webhook message %s: its change is in the feed no more", kept.id)
            return _Message(
                id=kept.id, change=None, attempts=kept.attempts, was_kept=True, lost=True
            )
        return _Message(id=kept.id, change=page.changes[0], attempts=kept.attempts, was_kept=True)

    async def _send(
        self,
        lease: Lease,
        messages: Sequence[_Message],
        passed: FeedPosition,
        began_s: float,
        stop: asyncio.Event,
    ) -> tuple[tuple[Sent, ...], FeedPosition]:
        """Send them in their order, several at once, but never two of one cashback.

        What was begun is ended. What the time did not suffice for, or an endpoint that takes
        nothing, is of the next round: the feed is passed up to before it, and what waited for
        another of its cashback while later ones were sent is kept, due at once.
        """
        ending = _Ending(self, lease, messages, began_s, stop)
        watching = asyncio.create_task(self._watch(lease, ending))
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(self.policy.at_once, len(messages))):
                    tasks.create_task(ending.work())
        finally:
            watching.cancel()
        begun = ending.begun
        while begun and messages[begun - 1].id in ending.handed_back:
            begun -= 1
        sent = (*ending.sent, *self._held(messages[:begun], ending.handed_back))
        left = [each for each in messages[begun:] if not each.was_kept]
        if not left:
            return sent, passed
        past = [each for each in messages[:begun] if not each.was_kept and each.change]
        last = past[-1].change if past else None
        return sent, lease.after if last is None else last.feed_position

    async def _watch(self, lease: Lease, ending: _Ending) -> None:
        """End the round once its endpoint is deleted, inactive, changed, or another's."""
        while not ending.changed:
            await asyncio.sleep(self.policy.poll_s)
            with suppress(StoreUnavailable):
                ending.changed = not await self.outbox.stands(lease)

    def _held(self, messages: Sequence[_Message], ids: set[str]) -> list[Sent]:
        """What the feed is passed over though it was not sent, due in the feed's order."""
        now = self.now()
        return [
            Sent(
                id=message.id,
                at=None if message.change is None else message.change.feed_position,
                attempts=message.attempts,
                answer=None,
                due_at=now + timedelta(microseconds=place),
                was_kept=False,
            )
            for place, message in enumerate(messages)
            if message.id in ids and not message.was_kept
        ]

    async def send(self, lease: Lease, message: _Message) -> Sent:
        """Send one message, once."""
        if message.lost:
            return Sent(
                id=message.id, at=None, attempts=message.attempts,
                answer=ReceiverAnswer(status=None, reason="its change is there no more"),
                due_at=None, was_kept=True,
            )  # fmt: skip
        at = self.now()
        body = self.compose(message.id, message.change, at)
        answer = await self.receiver.post(lease.url, self.sign(lease, message.id, at, body), body)
        self.on_sent(answer)
        attempts = message.attempts + 1
        most = MAX_TEST_ATTEMPTS if message.change is None else MAX_ATTEMPTS
        return Sent(
            id=message.id,
            at=None if message.change is None else message.change.feed_position,
            attempts=attempts,
            answer=answer,
            due_at=None
            if answer.delivered
            else next_try(attempts, self.now(), self.chance, most=most),
            was_kept=message.was_kept,
        )


class _Ending:
    """The messages of one round as its workers take them.

    `begun` are those that were taken, `handed_back` those of them that were not sent after all;
    `changed` is set once nothing is to be sent as the lease says.
    """

    def __init__(
        self,
        sender: WebhookSender,
        lease: Lease,
        messages: Sequence[_Message],
        began_s: float,
        stop: asyncio.Event,
    ) -> None:
        self.begun = 0
        self.handed_back: set[str] = set()
        self.changed = False
        self.sent: list[Sent] = []
        self._sender = sender
        self._lease = lease
        self._messages = messages
        self._stop = stop
        self._began_s = began_s
        self._before: dict[UUID, asyncio.Event] = {}
        self._failed = 0

    async def work(self) -> None:
        """Take the next message until there is none, or no time, or no use."""
        while (message := self._next()) is not None:
            done = asyncio.Event()
            before = None
            if message.change is not None:
                before = self._before.get(message.change.id)
                self._before[message.change.id] = done
            try:
                if before is not None:
                    await before.wait()
                    if self._over():  # a chain may take many times as long as one call
                        self.handed_back.add(message.id)
                        continue
                sent = await self._sender.send(self._lease, message)
            finally:
                done.set()
            self.sent.append(sent)
            self._failed = 0 if sent.delivered else self._failed + 1

    def _next(self) -> _Message | None:
        if self._over() or self.begun == len(self._messages):
            return None
        self.begun += 1
        return self._messages[self.begun - 1]

    def _over(self) -> bool:
        """Whether nothing is to be begun any more."""
        policy = self._sender.policy
        return (
            self._stop.is_set()
            or self.changed
            or self._failed >= policy.at_once
            or self._sender.clock_s() - self._began_s >= policy.round_s
        )
