"""The provider's statement over HTTP, as the sandbox serves it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo

import httpx

from cashback_core.documents import Cpf, InvalidDocument
from cashback_core.instants import NoSuchInstant, NotAnInstant, format_instant, parse_instant
from cashback_core.money import InvalidMoney, parse_centavos
from cashback_core.ports import Statements, StatementUnavailable
from cashback_core.settlement import Statement, StatementLine

if TYPE_CHECKING:
    from datetime import datetime

PATH: Final = "/statement"
TIMEOUT_S: Final = 30.0
_UTC: Final = ZoneInfo("UTC")
MAX_TOTAL_DIGITS: Final = 18
MAX_BYTES: Final = 64 * 1024 * 1024
"""A larger statement is not read: the window must be made smaller."""


class StatementClient(Statements):
    """Asks `<base_url>/statement?from=`; a statement is only read, so stock httpx will do."""

    def __init__(self, base_url: str, *, authorization: str | None = None) -> None:
        headers = {"Accept": "application/json"}
        if authorization is not None:
            headers["Authorization"] = authorization
        self._client = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=TIMEOUT_S, trust_env=False
        )

    async def since(self, instant: datetime) -> Statement:
        """The statement from an instant on. Raises StatementUnavailable."""
        try:
            # One deadline around all of it: the client's own bound only each read.
            async with asyncio.timeout(TIMEOUT_S):
                body = await self._get({"from": format_instant(instant)})
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            raise StatementUnavailable(type(error).__name__) from error
        return read_statement(body, since=instant)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _get(self, query: dict[str, str]) -> Any:
        async with self._client.stream("GET", PATH, params=query) as answer:
            answer.raise_for_status()
            if answer.status_code != 200:
                raise httpx.HTTPError(f"status {answer.status_code}")
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MAX_BYTES:
                    raise httpx.HTTPError("too large")
        return httpx.Response(200, content=bytes(body)).json()


def read_statement(body: Any, *, since: datetime) -> Statement:
    """A statement out of decoded JSON; what cannot be read is counted, never guessed.

    Raises StatementUnavailable for what is no statement at all.
    """
    fields = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    rows = fields.get("rows")
    if not isinstance(rows, list):
        raise StatementUnavailable("not a statement")
    lines: list[StatementLine] = []
    bad_lines = 0
    for row in cast("list[Any]", rows):
        try:
            lines.append(_line(row))
        except (
            KeyError,
            TypeError,
            AttributeError,
            InvalidDocument,
            InvalidMoney,
            NotAnInstant,
            NoSuchInstant,
        ):
            bad_lines += 1
    return Statement(
        since=since,
        complete_through=_instant(fields.get("complete_through")),
        lines=tuple(lines),
        declared_count=fields["count"] if isinstance(fields.get("count"), int) else None,
        declared_centavos=_centavos(fields.get("sum")),
        bad_lines=bad_lines,
    )


def _line(row: Any) -> StatementLine:
    reference = row.get("reference")
    return StatementLine(
        document=Cpf.parse(row["document"]),
        cashback_centavos=parse_centavos(row["cashback"]),
        credited_at=parse_instant(row["at"], _UTC),
        reference=None if reference is None else str(reference),
    )


def _instant(value: Any) -> datetime | None:
    try:
        return parse_instant(value, _UTC)
    except (TypeError, NotAnInstant, NoSuchInstant):
        return None


def _centavos(value: Any) -> int | None:
    """A control total may be larger than any single amount."""
    whole, point, decimals = value.partition(".") if isinstance(value, str) else ("", "", "")
    if not (
        point
        and len(whole) <= MAX_TOTAL_DIGITS
        and whole.isdecimal()
        and decimals.isdecimal()
        and len(decimals) == 2
    ):
        return None
    return int(whole + decimals)
