"""Plays about the one task that takes a sale in and delivers it, and about whoever waits for it.

Whatever becomes of the caller, what was committed with a lease is delivered at once: a lease that
nobody uses pays nobody twice, but leaves a doubt that only a statement ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cashback_core.delivery.deliverer import DeliveriesUnderWay
from cashback_core.delivery.leases import Claim
from cashback_core.delivery.states import Status
from cashback_core.intake.submission import Recorded, Replayed, SaleRequest, SubmitSale, Submitted
from cashback_core.values.availability import StoreUnavailable
from simulation.database import at_once
from simulation.link import Link
from simulation.mix import POLICY, instant
from simulation.stage import CENTAVOS, DOCUMENT, Broken, Stage
from simulation.virtual_loop import Process

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cashback_core.delivery.evidence import Evidence
    from cashback_core.delivery.provider import CreditRequest
    from cashback_core.intake.acceptance import Submission

WAIT_S: Final = 5.0
"""How long a caller waits for the first attempt."""
CALL_S: Final = 2.0
"""How long the provider takes."""
REPEAT: Final = 1_000
"""How much higher the number is that a repeat would have been recorded under."""


def caller_hangs_up(stage: Stage) -> None:
    """Before the commit, before its acknowledgement, or in the call: delivered all the same.

    At once, by this process: nobody has to find the lease, and no statement to be read.
    """
    for point in ("nowhere", "before the commit", "before it is acknowledged", "in the call"):
        shop = _Shop(stage)
        shop.at(point, shop.hang_up)
        stage.play(shop.call())
        if (point == "nowhere") is (shop.told is None):
            raise Broken(f"hung up {point}, and told {shop.told}")
        shop.expect_delivered_once()


def caller_is_told_what_the_delivery_came_to(stage: Stage) -> None:
    """Whoever waits is told applied; whoever waits too short is told that it is being sent."""
    for wait_s, status in ((WAIT_S, Status.APPLIED), (CALL_S / 2, Status.SENDING)):
        shop = _Shop(stage, wait_s=wait_s)
        stage.play(shop.call())
        if not isinstance(shop.told, Recorded) or shop.told.record.status is not status:
            raise Broken(f"after {wait_s} s told {shop.told}")
        shop.expect_delivered_once()


def stopped_before_the_delivery(stage: Stage) -> None:
    """SIGTERM between the commit and its acknowledgement: what was taken in is delivered first."""
    for point in ("before the commit", "before it is acknowledged", "in the call"):
        shop = _Shop(stage)
        shop.at(point, shop.stop)
        stage.play(shop.call())
        if shop.left != 0 or shop.drained is not Status.APPLIED:
            raise Broken(f"stopped {point}: {shop.left} left, and it is {shop.drained}")
        shop.expect_delivered_once()


def repeats_deliver_nothing(stage: Stage) -> None:
    """The same sale while it is delivered, and once it is: its one lease is the first one's."""
    shop = _Shop(stage)
    again = _Shop(stage, of=shop)
    shop.at("in the call", lambda: shop.begin(again.call()))
    stage.play(shop.call())
    stage.play(again.call())
    if not isinstance(again.told, Replayed) or again.told.record.status is not Status.APPLIED:
        raise Broken(f"the repeat is told {again.told}")
    shop.expect_delivered_once()


def accepted_while_the_sender_is_paused(stage: Stage) -> None:
    """What was to be delivered at once is accepted without a lease, and not sent."""
    shop = _Shop(stage)
    at_once(stage.database.switch.pause(by="ops", reason="directed"))
    stage.play(shop.call())
    stage.expect(shop.claim, Status.PENDING)
    if stage.asked:
        raise Broken("sent while the sender is paused")
    at_once(stage.database.switch.release(by="ops", reason="directed"))
    stage.check()


def acknowledgement_lost_as_the_caller_hangs_up(stage: Stage) -> None:
    """The commit's answer is lost and its caller, too: nothing is sent, and that is recorded."""
    shop = _Shop(stage)

    def lose() -> None:
        shop.hang_up()
        raise StoreUnavailable("the acknowledgement was lost")

    shop.at("before it is acknowledged", lose)
    stage.play(shop.call())
    stage.expect(shop.claim, Status.PENDING)
    if stage.asked or stage.row(shop.claim).attempts[0].result != "never_sent":
        raise Broken(f"asked {stage.asked} times, {stage.row(shop.claim).attempts}")
    stage.check()


def acknowledged_too_late_to_send(stage: Stage) -> None:
    """A lease is as old as its asking: one whose acknowledgement took too long is not used."""
    rest_s = POLICY.lease_s - POLICY.deadline_s
    for ack_s, sent in ((rest_s - 2, True), (rest_s + 1, False)):
        asked = stage.asked
        shop = _Shop(stage, ack_s=ack_s)
        stage.play(shop.call())
        stage.expect(shop.claim, Status.APPLIED if sent else Status.PENDING)
        if stage.asked - asked != sent:
            raise Broken(f"asked {stage.asked - asked} times {ack_s} s after the commit")
        stage.check()


class _Shop(Link):
    """A process of the API that takes one sale, and where something happens on the way."""

    def __init__(
        self, stage: Stage, *, wait_s: float = WAIT_S, ack_s: float = 1.0, of: _Shop | None = None
    ) -> None:
        super().__init__(stage.database, stage.loop, Process("shop"), stage.faults)
        self.caller: asyncio.Task[Submitted] | None = None
        self.told: Submitted | None = None
        self.left = -1
        self.drained: Status | None = None
        self._stage = stage
        self._asked = stage.asked
        self._then: dict[str, Callable[[], object]] = {}
        self._tasks: list[asyncio.Task[Any]] = []
        number = len(stage.database.rows)
        self._number: int = number if of is None else of._number
        self._wait_s, self._ack_s = wait_s, ack_s
        self.under_way = DeliveriesUnderWay(
            replace(stage.under_way(self).deliverer, provider=_Slow(stage, self))
        )
        self.claim = Claim(
            id=UUID(int=number + 1 if of is None else number + REPEAT),
            merchant_id=1,
            attempt=1,
            document=DOCUMENT,
            cashback_centavos=CENTAVOS,
        )

    @property
    def is_recorded(self) -> bool:
        """Whether the database knows the sale."""
        return (self.claim.merchant_id, self.claim.id) in self.database.rows

    def at(self, point: str, then: Callable[[], object]) -> None:
        """Let something happen at a point of the way, once."""
        self._then[point] = then

    def happen(self, point: str) -> None:
        self._then.pop(point, lambda: None)()

    def begin(self, work: Any) -> None:
        """Begin something beside."""
        self._tasks.append(asyncio.ensure_future(work))

    async def call(self) -> None:
        """A caller sends the sale, and waits for its answer unless it hangs up."""
        document = {
            "sold_at": f"2026-06-14 10:0{self._number}:00",
            "sale_id": f"sale-{self._number}",
            "customer": {"document": DOCUMENT, "name": "ANA"},
            "total": "20.00",
            "products": [{"type": "A", "value": "20.00", "qty": 1}],
        }
        submit = SubmitSale(
            store=self,
            under_way=self.under_way,
            now=lambda: instant(0),
            new_id=partial(UUID, int=self.claim.id.int),
        )
        request = SaleRequest(
            merchant_id=1,
            document=document,
            raw_body=b"",
            idempotency_key=None,
            wait_s=self._wait_s,
        )
        self.caller = asyncio.ensure_future(submit(request))
        await asyncio.wait({self.caller})
        if not self.caller.cancelled() and self.caller.exception() is None:
            self.told = self.caller.result()

    def hang_up(self) -> None:
        """The caller is gone: a server cancels its request."""
        if self.caller is not None:
            self.caller.cancel()

    def stop(self) -> None:
        """SIGTERM: end what is under way, and note what the cashback is when the process may go."""
        self.begin(self._drain())

    async def _drain(self) -> None:
        self.left = await self.under_way.drain(timeout_s=POLICY.deadline_s + 2)
        if self.is_recorded:
            self.drained = self._stage.row(self.claim).status

    async def accept(self, submission: Submission) -> Any:
        self.happen("before the commit")
        await asyncio.sleep(1)
        acceptance = at_once(self.database.accept(submission))
        self.happen("before it is acknowledged")
        await asyncio.sleep(self._ack_s)
        return acceptance

    def expect_delivered_once(self) -> None:
        """Raise Broken unless it was paid by its first attempt, and by no other."""
        stage, asked = self._stage, self._stage.asked - self._asked
        if not self.is_recorded:
            raise Broken("it was never recorded")
        stage.expect(self.claim, Status.APPLIED)
        row = stage.row(self.claim)
        if asked != 1 or len(row.attempts) != 1 or len(row.events) != 3:
            raise Broken(f"asked {asked} times, {len(row.attempts)} attempts, {row.events}")
        stage.check()


class _Slow:
    """The stage's provider, at its leisure."""

    def __init__(self, stage: Stage, shop: _Shop) -> None:
        self._stage, self._shop = stage, shop

    async def credit(self, payment: CreditRequest) -> Evidence:
        self._shop.happen("in the call")
        await asyncio.sleep(CALL_S)
        return await self._stage.credit(payment)

    async def aclose(self) -> None: ...


PLAYS: Final[tuple[Callable[[Stage], None], ...]] = (
    caller_hangs_up,
    caller_is_told_what_the_delivery_came_to,
    stopped_before_the_delivery,
    repeats_deliver_nothing,
    accepted_while_the_sender_is_paused,
    acknowledgement_lost_as_the_caller_hangs_up,
    acknowledged_too_late_to_send,
)
