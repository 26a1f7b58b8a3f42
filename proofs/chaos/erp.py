"""The ERPs: they send each sale until they have a definite answer, and remember it.

A definite answer is any 2xx or 4xx. After a 503, a broken connection or a wait in vain the same
sale goes out again to the other API, at times in other words or under one more name; some sales go
out again long after their answer. Of those to be confirmed later most are confirmed, some twice.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaos.sales import Sale, make_sale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

PATIENCE_S: Final = 5.0
"""How long an ERP waits for one answer; longer than any answer may take."""

GIVE_UP_S: Final = 60.0
"""An ERP that is put off for so long has been failed."""

_PAUSE_S: Final = 0.1
_TWIN_SHARE: Final = 0.05
_HANG_UP_SHARE: Final = 0.05
_LATER_SHARE: Final = 0.05
_CONFIRM_S: Final = 0.5
_CONFIRM_TWICE_SHARE: Final = 0.3
_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that arrived whole."""

    status: int
    body: bytes


@dataclass(slots=True)
class Book:
    """What the ERPs sent and were told; `answers` holds the definite ones of each sale, in order.

    `waits_s` has every request that was answered or waited for in vain, `sales_s` every sale's time
    from its first request to its definite answer.
    """

    sales: dict[int, Sale] = field(default_factory=dict[int, Sale])
    answers: dict[int, list[Answer]] = field(default_factory=dict[int, list[Answer]])
    waits_s: list[float] = field(default_factory=list[float])
    sales_s: list[float] = field(default_factory=list[float])
    retried: Counter[str] = field(default_factory=Counter[str])
    respelt: int = 0
    """How many requests said a sale otherwise than at first."""
    outrages: list[str] = field(default_factory=list[str])
    """Answers that must never be, such as a 500."""

    def told(self, number: int, answer: Answer) -> None:
        """Note a definite answer."""
        self.answers.setdefault(number, []).append(answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erp:
    """The ERPs of one run, on this process's event loop; `apis` are asked in turns."""

    apis: Sequence[tuple[str, int]]
    token: str
    random: Random
    book: Book = field(default_factory=Book)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _turns: Iterator[int] = field(default_factory=itertools.count)

    async def sell(self, tills: int, think_s: float, stop: asyncio.Event) -> None:
        """Sell at so many tills until told to stop, and see every sale through to its answer."""
        async with asyncio.TaskGroup() as group:
            for _ in range(tills):
                group.create_task(self._till(think_s, stop))

    async def ask_again(self, sales: Sequence[Sale]) -> None:
        """Send sales once more, a few at a time, to learn how they stand now."""
        waiting = iter(sales)

        async def ask() -> None:
            for sale in waiting:
                await self.see_through(sale)

        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(ask())

    async def sell_to(self, document: str) -> Sale:
        """Sell once to this customer, and see it through."""
        sale = self._next_sale(document=document)
        await self.see_through(sale)
        return sale

    async def see_through(self, sale: Sale) -> None:
        """Send a sale until there is a definite answer."""
        began = time.monotonic()
        while time.monotonic() - began < GIVE_UP_S:
            sent_at = time.monotonic()
            answer = await self._ask(sale, PATIENCE_S)
            if isinstance(answer, Answer):
                self.book.waits_s.append(time.monotonic() - sent_at)
                if 200 <= answer.status < 500:
                    self.book.told(sale.number, answer)
                    return
                if answer.status != _UNAVAILABLE:
                    self.book.outrages.append(f"{answer.status} for sale {sale.number}")
                self.book.retried[f"{answer.status}"] += 1
            else:
                self.book.retried[answer] += 1
                if answer == "waited in vain":
                    self.book.waits_s.append(time.monotonic() - sent_at)
            await asyncio.sleep(self.random.uniform(0, _PAUSE_S))
        self.book.outrages.append(f"none at all for sale {sale.number}")

    async def confirm(self, sale: Sale) -> None:
        """Confirm a sale that was taken, until there is a definite answer."""
        id_ = self._id_of(sale)
        if id_ is None:
            self.book.outrages.append(f"no record of sale {sale.number} to confirm")
            return
        began = time.monotonic()
        while time.monotonic() - began < GIVE_UP_S:
            host, port = self._next_api()
            lines = (
                f"POST /api/cashbacks/{id_}/confirm HTTP/1.1",
                f"Host: {host}:{port}",
                "Connection: close",
                f"Authorization: Bearer {self.token}",
                "Content-Length: 0",
            )
            request = "\r\n".join([*lines, "", ""]).encode("ascii")
            answer = await _exchange(host, port, request, PATIENCE_S)
            if isinstance(answer, Answer) and answer.status != _UNAVAILABLE:
                if answer.status >= 300:
                    self.book.outrages.append(f"{answer.status} to confirm sale {sale.number}")
                return
            await asyncio.sleep(self.random.uniform(0, _PAUSE_S))
        self.book.outrages.append(f"none at all to confirm sale {sale.number}")

    def _id_of(self, sale: Sale) -> str | None:
        for answer in self.book.answers.get(sale.number, []):
            told = json.loads(answer.body)
            record = told if answer.status < 300 else told.get("record")
            if record is not None:
                return str(record["id"])
        return None

    async def _till(self, think_s: float, stop: asyncio.Event) -> None:
        while not stop.is_set():
            sale = self._next_sale()
            dice, began = self.random.random(), time.monotonic()
            if dice < _TWIN_SHARE:
                await asyncio.gather(self.see_through(sale), self.see_through(sale))
            else:
                if dice < _TWIN_SHARE + _HANG_UP_SHARE:
                    await self._ask(sale, self.random.uniform(0, 0.05))
                await self.see_through(sale)
            self.book.sales_s.append(time.monotonic() - began)
            if sale.confirms and sale.valid:
                await asyncio.sleep(self.random.uniform(0, _CONFIRM_S))
                for _ in range(1 + (self.random.random() < _CONFIRM_TWICE_SHARE)):
                    await self.confirm(sale)
            if self.random.random() < _LATER_SHARE:
                earlier = self.random.choice(tuple(self.book.answers) or (sale.number,))
                await self.see_through(self.book.sales[earlier])
            await asyncio.sleep(self.random.uniform(0, 2 * think_s))

    def _next_sale(self, *, document: str | None = None) -> Sale:
        sale = make_sale(next(self._numbers), self.random, document=document)
        self.book.sales[sale.number] = sale
        return sale

    async def _ask(self, sale: Sale, patience_s: float) -> Answer | str:
        """One request; without an answer, why."""
        host, port = self._next_api()
        said = sale.say(self.random)
        self.book.respelt += said.body != sale.body or said.key != sale.idempotency_key
        request = sale.request(said, f"{host}:{port}", self.token)
        return await _exchange(host, port, request, patience_s)

    def _next_api(self) -> tuple[str, int]:
        return self.apis[next(self._turns) % len(self.apis)]


async def _exchange(host: str, port: int, request: bytes, patience_s: float) -> Answer | str:
    """One request over a connection of its own; without an answer, why."""
    writer = None
    try:
        async with asyncio.timeout(patience_s):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(request)
            return await _read(reader)
    except TimeoutError:
        return "waited in vain"
    except ConnectionRefusedError:
        return "connection refused"
    except (OSError, asyncio.IncompleteReadError):
        return "connection broken"
    finally:
        if writer is not None:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return Answer(status=status, body=await reader.readexactly(int(line[15:])))
    raise ConnectionError("an answer without its length")
