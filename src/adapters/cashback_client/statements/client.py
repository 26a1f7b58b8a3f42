"""Asking for a statement over HTTP, and following its pages."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

import httpx

from adapters.cashback_client.statements.decompression import Pieces
from adapters.cashback_client.statements.heads import HEAD_FIELDS, PageHead, read_head, total
from adapters.cashback_client.statements.invalid_statement import InvalidStatementError
from adapters.cashback_client.statements.page_parser import PageParser
from adapters.cashback_client.statements.pagination import PageTrail
from adapters.cashback_client.statements.tunnelled import TunnelledTransport
from adapters.cashback_client.way import direct
from cashback_core.reconciliation.statement_rows import ROW_FIELDS, read_line
from cashback_core.reconciliation.statements import (
    MAX_BATCH,
    LineKind,
    StatementHead,
    StatementLine,
    StatementReading,
    Statements,
    StatementUnavailable,
)
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from adapters.cashback_client.way import Way
    from cashback_core.reconciliation.statement_values import Fields

PATH: Final = "/statement"
READ_TIMEOUT_S: Final = 30.0
"""Until the next byte."""

MAX_TOLD: Final = 10
"""Unreadable lines of one statement that are logged one by one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLimits:
    """What a statement may be, over all its pages; beyond, it is not read.

    `lines`, and `inflated_bytes` of JSON. `deadline_s` is from the asking to the last byte, what
    the reader's user does meanwhile included.
    """

    lines: int = 1_000_000
    inflated_bytes: int = 512 * 1024 * 1024
    deadline_s: float = 600.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class StatementClient(Statements):
    """Asks `<base_url>/statement?from=`; a statement is only read, so stock httpx will do.

    It takes the same `way` as the payments; without one, directly, by the system's authorities.
    """

    def __init__(
        self,
        base_url: str,
        *,
        authorization: str | None = None,
        limits: StatementLimits | None = None,
        way: Way | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        way = way or direct()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if authorization is not None:
            headers["Authorization"] = authorization
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers=headers,
            timeout=READ_TIMEOUT_S,
            trust_env=False,
            verify=way.tls,
            transport=None if way.proxy is None else TunnelledTransport(way.proxy, tls=way.tls),
        )
        self._limits = limits or StatementLimits()
        self._now = now

    @asynccontextmanager
    async def since(self, instant: datetime) -> AsyncGenerator[StatementReading, None]:
        """The statement from an instant on, to be read once."""
        reading = _Reading(self._client, self._limits, asked_since=instant, asked_at=self._now())
        try:
            yield reading
        finally:
            await reading.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


class _Reading(StatementReading):
    """One statement on its way: every page in turn, every line counted."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        limits: StatementLimits,
        *,
        asked_since: datetime,
        asked_at: datetime,
    ) -> None:
        self._client = client
        self._limits = limits
        self._asked_since = asked_since
        self._asked_at = asked_at
        self._deadline = 0.0
        self._generator: AsyncGenerator[list[StatementLine], None] | None = None
        self._head: StatementHead | None = None
        self._pages: list[PageHead] = []
        self._failed: str | None = None
        self._lines_read = self._bytes_read = self._unreadable = 0

    @property
    def head(self) -> StatementHead:
        """What the provider declares; RuntimeError before the last line."""
        if self._head is None:
            raise RuntimeError("a statement's head is known when every line was read")
        return self._head

    def lines(self) -> AsyncGenerator[list[StatementLine], None]:
        """Batches of lines, once."""
        if self._generator is not None:
            raise RuntimeError("a statement is read once")
        self._generator = self._lines()
        return self._generator

    async def aclose(self) -> None:
        """Close the answer that is still being read."""
        if self._generator is not None:
            await self._generator.aclose()

    async def _lines(self) -> AsyncGenerator[list[StatementLine], None]:
        self._deadline = asyncio.get_running_loop().time() + self._limits.deadline_s
        asked = {"from": format_instant(self._asked_since)}
        first = self._client.build_request("GET", PATH, params=asked).url
        trail, url = PageTrail(first), cast("httpx.URL | None", first)
        while url is not None:
            try:
                async with aclosing(self._page(url)) as batches:
                    async for batch in batches:
                        yield batch
                url = trail.after(url, self._pages[-1])
            except (httpx.HTTPError, InvalidStatementError, TimeoutError) as error:
                why = self._why(error)
                if not self._pages:
                    raise StatementUnavailable(why) from error
                self._failed, url = why, None
        self._head = self._declared()
        if self._unreadable > MAX_TOLD:
            _log.warning("%d lines of the statement cannot be read", self._unreadable)

    async def _page(self, url: httpx.URL) -> AsyncGenerator[list[StatementLine], None]:
        parser = PageParser(row_fields=ROW_FIELDS, head_fields=HEAD_FIELDS)
        before, centavos = self._lines_read, 0
        batch: list[StatementLine] = []
        async with self._answer(url) as answer, aclosing(self._pieces(answer)) as pieces:
            async for piece in pieces:
                for row in parser.feed(piece):
                    line = self._line(row)
                    amount = line.cashback_centavos or 0
                    centavos += -amount if line.kind is LineKind.REVERSAL else amount
                    batch.append(line)
                    if len(batch) == MAX_BATCH:
                        yield batch
                        batch = []
                        await asyncio.sleep(0)
                await asyncio.sleep(0)  # the loop's turn, though a piece may have no line
            link = ", ".join(answer.headers.get_list("link"))
        parser.close()
        if batch:
            yield batch
        lines = self._lines_read - before
        self._pages.append(read_head(parser.head, link=link, lines=lines, centavos=centavos))

    @asynccontextmanager
    async def _answer(self, url: httpx.URL) -> AsyncGenerator[httpx.Response, None]:
        request = self._client.build_request("GET", url)
        async with asyncio.timeout_at(self._deadline):
            answer = await self._client.send(request, stream=True)
        try:
            if answer.status_code != 200:
                raise InvalidStatementError(f"the provider answers {answer.status_code}")
            yield answer
        finally:
            await answer.aclose()

    async def _pieces(self, answer: httpx.Response) -> AsyncGenerator[bytes, None]:
        """The inflated body, as it comes, until a limit."""
        pieces = Pieces(answer.headers.get("content-encoding", ""))
        raws = aiter(answer.aiter_raw())
        while True:
            async with asyncio.timeout_at(self._deadline):
                raw = await anext(raws, None)
            if raw is None:
                break
            for piece in pieces.feed(raw):
                self._bytes_read += len(piece)
                if self._bytes_read > self._limits.inflated_bytes:
                    raise StatementUnavailable(
                        f"it has more than {self._limits.inflated_bytes} bytes"
                    )
                yield piece
        pieces.close()

    def _line(self, row: Fields | None) -> StatementLine:
        if self._lines_read == self._limits.lines:
            raise StatementUnavailable(f"it has more than {self._limits.lines} lines")
        self._lines_read += 1
        line = read_line(self._lines_read, row)
        if line.kind is LineKind.UNREADABLE:
            self._unreadable += 1
            if self._unreadable <= MAX_TOLD:
                _log.warning("line %d of the statement: %s", line.number, line.problem)
        return line

    def _why(self, error: Exception) -> str:
        if isinstance(error, InvalidStatementError):
            what = str(error)
        elif isinstance(error, TimeoutError):
            what = f"it took longer than {self._limits.deadline_s:g} s"
        elif isinstance(error, httpx.ProxyError):
            what = str(error)
        else:
            what = type(error).__name__
        where = f"page {len(self._pages) + 1}: " if self._pages else ""
        after = f" (after line {self._lines_read})" if self._lines_read else ""
        return f"{where}{what}{after}"

    def _declared(self) -> StatementHead:
        """What all pages declare together."""
        pages, failed = self._pages, self._failed
        sinces = [page.since for page in pages if page.since is not None]
        throughs = [page.through for page in pages if page.through is not None]
        defects = [defect for page in pages for defect in page.defects]
        return StatementHead(
            asked_since=self._asked_since,
            asked_at=self._asked_at,
            since=max(sinces, default=None),
            complete_through=min(throughs, default=None),
            declared_count=total(
                [page.declared_count for page in pages], [page.lines for page in pages]
            ),
            declared_centavos=total(
                [page.declared_centavos for page in pages], [page.centavos for page in pages]
            ),
            pages=len(pages),
            complete=failed is None,
            defects=tuple(dict.fromkeys(defects if failed is None else [failed, *defects])),
        )
