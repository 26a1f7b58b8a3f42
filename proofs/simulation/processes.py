"""API, worker and settler processes, made of the production parts, started again when killed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from cashback_core.delivery.deliverer import Deliverer, DeliveriesUnderWay
from cashback_core.delivery.worker import Chores, Worker
from cashback_core.intake.confirmation import ConfirmSale
from cashback_core.intake.submission import SubmitSale
from cashback_core.values.availability import StoreUnavailable
from simulation.link import Faults, Link
from simulation.mix import MARGIN, POLICY, SCHEDULE, WALL_SKEW_S, Mix, instant
from simulation.settling import SimulatedSettler
from simulation.virtual_loop import PROCESS, Process, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from random import Random

    from cashback_core.intake.confirmation import Confirmation, ConfirmationRequest
    from cashback_core.intake.submission import SaleRequest, Submitted
    from simulation.database import SimulatedDatabase
    from simulation.provider import LyingProvider

T = TypeVar("T")

CAPACITY: Final = 8
LONGEST_START_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every process has around it."""

    loop: VirtualLoop
    random: Random
    mix: Mix
    faults: Faults
    database: SimulatedDatabase
    provider: LyingProvider


class Node:
    """A place where one process runs at a time, under a supervisor."""

    def __init__(self, name: str, around: Surroundings) -> None:
        self.name = name
        self.around = around
        self.history: list[str] = []
        self.process = Process(name)
        self.start()

    def start(self) -> None:
        """Begin a new process."""
        around = self.around
        skew_s = (around.random.random() * 2 - 1) * WALL_SKEW_S
        self.process = Process(self.name, skew_s=skew_s)
        self.process.on_fault = self._strike
        self._aim()
        link = Link(around.database, around.loop, self.process, around.faults)
        under_way = DeliveriesUnderWay(self.deliverer(link))
        link.watch(under_way.deliverer.breaker)
        self.boot(link, under_way)

    def boot(self, link: Link, under_way: DeliveriesUnderWay) -> None:
        """What the process does."""
        raise NotImplementedError

    def killed(self) -> None:
        """What others see of the end of the process."""

    def stop(self) -> None:
        """SIGTERM; by default the process just dies of it."""
        self.kill()

    def deliverer(self, link: Link) -> Deliverer:
        """What delivers in this process; its monotonic clock begins anywhere."""
        around, began_s = self.around, self.around.random.random() * 1e6
        return Deliverer(
            store=link,
            provider=around.provider,
            policy=POLICY,
            chance=around.random.random,
            clock_s=lambda: began_s + around.loop.time(),
        )

    def new_id(self) -> UUID:
        """An identifier, the same for the same seed."""
        around = self.around
        id_ = UUID(int=around.random.getrandbits(128), version=4)
        if around.random.random() < around.mix.poison:
            around.provider.poisoned.add(str(id_))
        return id_

    def kill(self) -> None:
        """SIGKILL: nothing of it ever runs again, and the supervisor starts another one."""
        if self.process.alive:
            self.process.alive = False
            self.killed()
            delay_s = 0.1 + self.around.random.random() * LONGEST_START_S
            self.around.loop.outside(delay_s, self.start)

    def _aim(self) -> None:
        """Choose the step before which the next fault strikes this process."""
        mix, random = self.around.mix, self.around.random
        rate = mix.kill_rate + mix.freeze_rate + mix.stop_rate
        self.process.steps_left = int(random.expovariate(rate)) + 1 if rate else -1

    def _strike(self, process: Process) -> None:
        around, mix = self.around, self.around.mix
        if not around.faults.on:
            return
        dice = around.random.random() * (mix.kill_rate + mix.freeze_rate + mix.stop_rate)
        if dice < mix.kill_rate:
            self.history.append("kill")
            self.kill()
        elif dice < mix.kill_rate + mix.freeze_rate:
            self._aim()
            self._freeze(process)
        else:
            self.history.append("stop")
            self._aim()
            self.stop()

    def _freeze(self, process: Process) -> None:
        """SIGSTOP for a while; the margin counts on one standstill in a call, and not on two."""
        random, mix, longest_s = self.around.random, self.around.mix, MARGIN.freeze_s
        if any(call.frozen for call in process.calls):
            return
        if not process.calls and random.random() < mix.mid_call:
            return
        for call in process.calls:
            call.frozen = True
        lasts_s = random.random() * random.choice((longest_s, longest_s / 3))
        if random.random() < mix.at_worst:
            lasts_s = longest_s
        self.history.append("freeze")
        process.frozen = True
        self.around.loop.outside(lasts_s, self.around.loop.thaw, process)


class ApiNode(Node):
    """Takes sales in, and delivers the first attempt of each."""

    def boot(self, link: Link, under_way: DeliveriesUnderWay) -> None:
        """Make the use case that the routes call."""
        around = self.around
        process = self.process
        self._requests: list[asyncio.Future[Any]] = []
        self._confirm = ConfirmSale(store=link)
        self._under_way = under_way
        self._submit = SubmitSale(
            store=link,
            under_way=self._under_way,
            now=lambda: instant(around.loop.time() + process.skew_s),
            new_id=self.new_id,
        )

    def post(self, request: SaleRequest) -> asyncio.Future[Submitted]:
        """A request over the network; a cancelled future is a client that hung up."""
        return self._answered(lambda: self._submit(request))

    def confirm(self, request: ConfirmationRequest) -> asyncio.Future[Confirmation | None]:
        """The same, of a sale that is confirmed."""
        return self._answered(lambda: self._confirm(request))

    def _answered(self, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Future[T]:
        answer: asyncio.Future[T] = self.around.loop.create_future()
        if self.process.alive:
            self._requests.append(answer)
            self.around.loop.spawn(self._handle(work, answer), self.process)
        else:
            answer.set_exception(ConnectionError("refused"))
        return answer

    async def _handle(
        self, work: Callable[[], Coroutine[Any, Any, T]], answer: asyncio.Future[T]
    ) -> None:
        """One request in its task; a server cancels it when the client hangs up."""
        mine = asyncio.current_task()
        if mine is not None:
            context = PROCESS.get()
            answer.add_done_callback(
                lambda done: mine.cancel() if done.cancelled() and context is not None else None
            )
        try:
            told = await work()
        except StoreUnavailable as error:
            if not answer.done():
                answer.set_exception(error)
        else:
            if not answer.done():
                answer.set_result(told)

    def killed(self) -> None:
        """Whoever waits sees a reset."""
        for answer in self._requests:
            if not answer.done():
                answer.set_exception(ConnectionError("reset"))

    def stop(self) -> None:
        """SIGTERM: end what is under way, as long as that may take, then go."""
        self.killed()
        self.around.loop.spawn(self._drain(self._under_way), self.process)

    async def _drain(self, under_way: DeliveriesUnderWay) -> None:
        await under_way.drain(timeout_s=POLICY.deadline_s + 2)
        self.kill()


class WorkerNode(Node):
    """Delivers what is due, and reaps."""

    def boot(self, link: Link, under_way: DeliveriesUnderWay) -> None:
        """Run the production worker."""
        self._stop = asyncio.Event()
        around = self.around
        settler = SimulatedSettler(
            link,
            around.provider,
            around.database.settling,
            random=around.random,
            beginning=MARGIN.window_start(instant(0)),
        )
        worker = Worker(
            store=link,
            under_way=under_way,
            capacity=CAPACITY,
            schedule=SCHEDULE,
            chores=Chores(
                listen=self._listen,
                settle=settler,
                guard=_nothing_restored,
                retain=_nothing_too_old,
            ),
            new_id=self.new_id,
        )
        around.loop.spawn(self._run(worker, self._stop), self.process)

    async def _listen(self, wake: Callable[[], object]) -> None:
        """NOTIFY, as PostgreSQL sends it: sometimes lost with its connection."""
        loop, process = self.around.loop, self.process
        self.around.database.listeners.append(
            lambda: loop.call_soon(wake, context=process.context) if process.alive else None
        )
        await asyncio.Event().wait()

    async def _run(self, worker: Worker, stop: asyncio.Event) -> None:
        await worker.run(stop)
        self.kill()

    def stop(self) -> None:
        """SIGTERM."""
        self._stop.set()


async def _nothing_too_old() -> int:
    return 0


async def _nothing_restored() -> bool:
    """The database of this world is never taken back to an older state."""
    return False


@dataclass(frozen=True, slots=True)
class Balancer:
    """Any API takes any request."""

    nodes: tuple[ApiNode, ...]
    random: Random

    def post(self, request: SaleRequest) -> asyncio.Future[Submitted]:
        """Send a sale to one of them."""
        return self.random.choice(self.nodes).post(request)

    def confirm(self, request: ConfirmationRequest) -> asyncio.Future[Confirmation | None]:
        """Confirm a sale at one of them."""
        return self.random.choice(self.nodes).confirm(request)
