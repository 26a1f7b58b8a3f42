"""The tills of a chain: they send sales through Nginx and read them, and note every failure."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chaos.sales import cpf

if TYPE_CHECKING:
    from deploy.stack import Stack

PATIENCE_S = 20.0
GIVE_UP_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A sale that was answered definitely: its record's id, and what it must earn."""

    id: str
    sale_id: str
    document: str
    cashback: str
    body: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Tills:
    """Sells at so many tills until stopped.

    `failed_writes` and `failed_reads` hold what any single request met that was not an answer of
    the kind expected; a failed write is then sent again under its name until it is answered.
    """

    stack: Stack
    prefix: str
    sold: list[Sold] = field(default_factory=list[Sold])
    reads: int = 0
    failed_writes: list[str] = field(default_factory=list[str])
    failed_reads: list[str] = field(default_factory=list[str])
    _number: int = 0

    async def run(self, stop: asyncio.Event, *, tills: int = 8, readers: int = 2) -> None:
        """Sell and read until told to stop; every sale that was begun gets its answer."""
        async with asyncio.TaskGroup() as group:
            for _ in range(tills):
                group.create_task(self._sell(stop))
            for _ in range(readers):
                group.create_task(self._read(stop))

    async def sell(self, count: int) -> list[Sold]:
        """Sell so many, one after another; those sales."""
        before = len(self.sold)
        for _ in range(count):
            await self._sell_one()
        return self.sold[before:]

    async def _sell(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._sell_one()
            await asyncio.sleep(random.uniform(0.01, 0.06))

    async def repeat(self, sale: Sold) -> Sold:
        """Send a sale again, to a gateway that has forgotten it; what it is now."""
        return await self._send(sale.sale_id, sale.document, sale.cashback, sale.body)

    async def _sell_one(self) -> None:
        self._number += 1
        number, sale_id = self._number, f"{self.prefix}-{self._number}"
        document, pieces = cpf(random.randrange(2_000)), random.randrange(1, 9)
        sale = {
            "sale_id": sale_id,
            "sold_at": (datetime.now(UTC) - timedelta(hours=1, seconds=number)).isoformat(),
            "customer": {"document": document, "name": "Cliente de Teste"},
            "total": f"{10 * pieces}.00",
            "products": [{"type": "A", "value": "10.00", "qty": pieces}],
        }
        # Type A earns 5 %, said here again: an error in the demo's rates must show.
        cashback = f"{pieces / 2:.2f}"
        self.sold.append(await self._send(sale_id, document, cashback, json.dumps(sale).encode()))

    async def _send(self, sale_id: str, document: str, cashback: str, body: bytes) -> Sold:
        """Send until there is an answer."""
        began_s = time.monotonic()
        while True:
            status, answer = await self._ask("POST", "/api/cashbacks", body)
            if status in {201, 202}:
                break
            self.failed_writes.append(f"{sale_id}: {status or answer!r}")
            assert time.monotonic() < began_s + GIVE_UP_S, self.failed_writes[-1]
            await asyncio.sleep(0.2)
        record: Any = json.loads(answer)
        assert record["cashback"] == cashback
        return Sold(
            id=record["id"], sale_id=sale_id, document=document, cashback=cashback, body=body
        )

    async def _read(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            path = "/api/cashbacks?limit=3"
            if self.sold and random.random() < 0.5:
                path = f"/api/cashbacks/{random.choice(self.sold).id}"
            status, body = await self._ask("GET", path, b"")
            self.reads += 1
            if status != 200:
                self.failed_reads.append(f"{path}: {status or body!r}")
            await asyncio.sleep(random.uniform(0.02, 0.05))

    async def _ask(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """One request over a connection of its own: status and body, or 0 and what happened."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: till\r\nConnection: close\r\n"
            f"Authorization: Bearer {self.stack.token()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.stack.port)
                writer.write(head.encode("ascii") + body)
                answer = await reader.read()
        except (OSError, TimeoutError) as error:
            return 0, repr(error).encode()
        finally:
            if writer is not None:
                writer.close()
        head_bytes, _, answer_body = answer.partition(b"\r\n\r\n")
        status = head_bytes[9:12]
        return (int(status), answer_body) if status.isdigit() else (0, answer)
