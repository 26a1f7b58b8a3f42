"""Taking a file in: chunk by chunk, each as a batch; what the database missed is sent again.

Nothing is kept of how far a file came: it is read anew, and the names of its sales say which of
them are recorded.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from adapters.files.lines import Fault
from cashback_core.intake.batch import MAX_SALES, NotTaken
from cashback_core.intake.submission import Recorded, Replayed, SaleRequest, UnknownMerchant
from cashback_core.values.availability import StoreUnavailable
from cashback_gateway.imports.report import ImportTally, Report, crossed, faults_of
from cashback_gateway.imports.sales import MAX_SALE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cashback_core.intake.batch import SubmitBatch
    from cashback_core.intake.submission import Submitted
    from cashback_gateway.imports.file_sale import FileSale

MAX_CHUNK_BYTES: Final = 4 * 1024 * 1024
TRIES_S: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)
"""How long is waited before each try while the database is away."""

_BLOCK: Final = 1024 * 1024


def digest_of(path: Path) -> str:
    """What tells a file's content from any other's."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """As many of a file's sales as `tally` counts are told, up to about `line`."""

    line: int
    tally: ImportTally


class StoppedError(Exception):
    """The database stayed away; everything up to `line` is told."""

    def __init__(self, line: int) -> None:
        super().__init__(f"after line {line}")
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """As whom, and how, the sales of a file are submitted.

    `file` is its digest: a sale that tells no name of its own has one by it and by its line.
    """

    merchant_id: int
    file: str
    submitted_by: str
    group: str
    as_recorded: bool = False

    def request(self, sale: FileSale, raw: bytes) -> SaleRequest:
        """The request of a sale."""
        key = f"import-{self.file[:32]}-{sale.line}" if sale.is_nameless else sale.key
        return SaleRequest(
            merchant_id=self.merchant_id,
            document=sale.document,
            raw_body=raw,
            idempotency_key=key,
            wait_s=0,
            respond_async=True,
            submitted_by=self.submitted_by,
            group=self.group,
            as_recorded=self.as_recorded,
            key_is_own=not sale.is_nameless,
        )


@dataclass(slots=True, kw_only=True)
class ImportRun:
    """Takes sales in; `on_chunk` is told after each chunk how far it came."""

    submit_batch: SubmitBatch
    sender: Sender
    report: Report
    on_chunk: Callable[[Reached], object]

    async def __call__(self, sales: Iterable[FileSale]) -> ImportTally:
        """Raises StoppedError, UnknownMerchant, and what reading the sales does."""
        tally = ImportTally()
        reached_line = 0
        for chunk in _chunks(sales):
            try:
                outcomes = await self._outcomes(chunk)
            except StoreUnavailable as error:
                raise StoppedError(reached_line) from error
            for sale, outcome in zip(chunk, outcomes, strict=True):
                self._count(tally, sale, outcome)
            self.report.flush()
            reached_line = max(reached_line, *(sale.last_line for sale in chunk))
            self.on_chunk(Reached(line=reached_line, tally=replace(tally)))
        return tally

    async def _outcomes(self, chunk: list[FileSale]) -> list[Submitted | list[Fault]]:
        """What became of each; raises StoreUnavailable, after all tries."""
        told: dict[int, Submitted | list[Fault]] = {}
        requests: dict[int, SaleRequest] = {}
        for number, sale in enumerate(chunk):
            raw = b"" if sale.faults else sale.raw
            if sale.faults:
                told[number] = [*sale.faults]
            elif len(raw) > MAX_SALE_BYTES:
                reason = f"a sale has at most {MAX_SALE_BYTES} bytes"
                told[number] = [Fault(line=sale.line, code="sale_too_long", reason=reason)]
            else:
                requests[number] = self.sender.request(sale, raw)
        for wait_s in TRIES_S:
            if not requests:
                break
            await asyncio.sleep(wait_s)
            requests = await self._try(requests, chunk, told)
        if requests:
            raise StoreUnavailable("the database stayed away")
        return [told[number] for number in range(len(chunk))]

    async def _try(
        self,
        requests: dict[int, SaleRequest],
        chunk: list[FileSale],
        told: dict[int, Submitted | list[Fault]],
    ) -> dict[int, SaleRequest]:
        """Submit them; those that the database missed are given back."""
        outcomes = await self.submit_batch([*requests.values()])
        missed: dict[int, SaleRequest] = {}
        for (number, request), outcome in zip(requests.items(), outcomes, strict=True):
            match outcome:
                case NotTaken(StoreUnavailable()):
                    missed[number] = request
                case NotTaken(UnknownMerchant() as error):
                    raise error
                case NotTaken():
                    told[number] = faults_of(chunk[number], outcome)
                case _:
                    told[number] = outcome
        return missed

    def _count(self, tally: ImportTally, sale: FileSale, outcome: Submitted | list[Fault]) -> None:
        faults = outcome if isinstance(outcome, list) else faults_of(sale, outcome)
        if isinstance(outcome, Recorded):
            tally.taken += 1
        elif isinstance(outcome, Replayed):
            as_recorded = self.sender.as_recorded
            fault = crossed(sale, outcome.record, as_recorded=as_recorded)
            if fault is None:
                tally.known += 1
            elif as_recorded:
                tally.already_live += 1
            else:
                tally.is_history += 1
            faults = [] if fault is None else [fault]
        else:
            tally.refused += 1
        self.report.tell(sale, faults)


def _chunks(sales: Iterable[FileSale]) -> Iterator[list[FileSale]]:
    chunk: list[FileSale] = []
    size = 0
    for sale in sales:
        chunk.append(sale)
        size += sale.size
        if len(chunk) >= MAX_SALES or size >= MAX_CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
