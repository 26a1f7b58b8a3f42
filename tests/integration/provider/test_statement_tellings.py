"""Every way in which the sandbox tells its statement, and how each is read over HTTP."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.cashback_client.sandbox import SandboxOptions
from adapters.cashback_client.sandbox.behaviours import BEHAVIOURS
from adapters.cashback_client.sandbox.desk import Desk
from adapters.cashback_client.sandbox.ledger import Ledger, parse_instant
from adapters.cashback_client.sandbox.order import Order
from adapters.cashback_client.sandbox.server import Sandbox
from adapters.cashback_client.sandbox.tellings import TELLINGS
from adapters.cashback_client.statements import StatementClient, StatementLimits
from cashback_core.reconciliation.statements import (
    LineKind,
    StatementHead,
    StatementLine,
    StatementUnavailable,
)
from integration.tcp_server import tcp_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OURS = "0198d1c2-aaaa-7bbb-8ccc-0123456789ab"
THEIRS = "0198d1c2-bbbb-7bbb-8ccc-0123456789ab"
CUSTOMER, OTHER = "52998224725", "11144477735"
SINCE = datetime(2026, 1, 1, 3, tzinfo=UTC)
AT = "2026-01-02T02:30:00.000000Z"
INSTANT = datetime(2026, 1, 2, 2, 30, tzinfo=UTC)
ALWAYS = datetime(9999, 12, 29, 23, 59, 59, 999999, tzinfo=UTC)
"""As far as instants are told apart."""

Row = tuple[LineKind, str | None, int | None, str | None]
CREDIT, REVERSAL, UNREADABLE = LineKind.CREDIT, LineKind.REVERSAL, LineKind.UNREADABLE
BASE: Row = (CREDIT, CUSTOMER, 140, OURS)
SECOND: Row = (CREDIT, OTHER, 200, THEIRS)
THIRD: Row = (CREDIT, OTHER, 300, THEIRS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """`rows` stand for the customer's line, `instead` for all; `head` is what is otherwise."""

    rows: tuple[Row, ...] = (BASE,)
    instead: tuple[Row, ...] | None = None
    problem: str | None = None
    at: datetime | None = INSTANT
    head: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def all_rows(self) -> tuple[Row, ...]:
        return (*self.rows, SECOND, THIRD) if self.instead is None else self.instead


def one(
    document: str | None = CUSTOMER, centavos: int | None = 140, reference: str | None = OURS
) -> Expected:
    return Expected(rows=((CREDIT, document, centavos, reference),))


def unreadable(
    problem: str,
    document: str | None = CUSTOMER,
    centavos: int | None = 140,
    reference: str | None = OURS,
    at: datetime | None = INSTANT,
) -> Expected:
    row = (UNREADABLE, document, centavos, reference)
    return Expected(rows=(row,), problem=problem, at=at)


def barred(*defects: str, **head: Any) -> Expected:
    return Expected(head={"defects": defects, **head})


NO_REFERENCES = tuple((CREDIT, document, centavos, None) for _, document, centavos, _ in (
    BASE, SECOND, THIRD,
))  # fmt: skip
FOREIGN: Row = (CREDIT, OTHER, 7_777, None)

EXPECTED: dict[str, Expected | str] = {
    "other_amount": one(centavos=139),
    "other_customer": one(document=OTHER),
    "reference_upper_case": one(reference=OURS.upper()),
    "reference_without_dashes": one(reference=OURS.replace("-", "")),
    "reference_cut": one(reference=OURS[:-1]),
    "reference_padded": one(reference=f"{OURS}   "),
    "reference_prefixed": one(reference=f"CASHBACK-{OURS}"),
    "reference_null": one(reference=None),
    "reference_missing": one(reference=None),
    "no_references": Expected(instead=NO_REFERENCES),
    "credited_twice": Expected(rows=(BASE, BASE)),
    "credited_three_times": Expected(rows=(BASE, BASE, BASE)),
    "foreign_credit": Expected(instead=(BASE, SECOND, THIRD, FOREIGN)),
    "missing_lines": Expected(rows=()),
    "reversed": Expected(rows=(BASE, (REVERSAL, CUSTOMER, 140, OURS))),
    "reversed_by_type": Expected(rows=(BASE, (REVERSAL, CUSTOMER, 140, OURS))),
    "amount_as_number": Expected(),
    "amount_short": Expected(),
    "amount_unreadable": unreadable("cashback: not an amount", centavos=None),
    "document_as_number": Expected(),
    "document_punctuated": Expected(),
    "document_masked": unreadable("document: masked", document=None),
    "date_only": Expected(at=datetime(2026, 1, 2, tzinfo=UTC)),
    "local_offset": Expected(),
    "instant_unreadable": unreadable("at: not an instant", at=None),
    "instant_missing": unreadable("at: missing", at=None),
    "row_not_an_object": unreadable("row: not an object", None, None, None, None),
    "watermark_tomorrow": Expected(head={"complete_through": INSTANT + timedelta(days=1)}),
    "watermark_for_ever": Expected(head={"complete_through": ALWAYS}),
    "watermark_date_only": Expected(
        head={"complete_through": datetime(2026, 1, 1, 10, tzinfo=UTC)}
    ),
    "watermark_missing": Expected(head={"complete_through": None}),
    "watermark_unreadable": barred("complete_through: not an instant", complete_through=None),
    "declared_later": Expected(rows=(), head={"since": INSTANT + timedelta(minutes=1)}),
    "start_missing": Expected(head={"since": None}),
    "one_page_of_several": Expected(
        instead=(BASE,),
        head={
            "complete": False,
            "defects": ("page 2: has_more tells of it, and no next leads there (after line 1)",),
        },
    ),
    "paged": Expected(head={"pages": 2}),
    "paged_page_fails": Expected(
        instead=(BASE, SECOND),
        head={
            "complete": False,
            "declared_count": 3,
            "declared_centavos": 640,
            "defects": ("page 2: the provider answers 500 (after line 2)",),
        },
    ),
    "paged_in_a_circle": barred(
        "page 2: next leads back to a page that was read (after line 3)", complete=False
    ),
    "paged_elsewhere": barred(
        "page 2: next leads to another origin (after line 3)", complete=False
    ),
    "wrong_count": Expected(head={"declared_count": 4}),
    "wrong_sum": Expected(head={"declared_centavos": 641}),
    "totals_missing": Expected(head={"declared_count": None, "declared_centavos": None}),
    "totals_as_numbers": Expected(),
    "gzip": Expected(),
    "gzip_bomb": "a single value has more than 32768 bytes (after line 3)",
    "cut_json": "it is cut off (after line 1)",
    "not_json": "it is not JSON",
    "unavailable": "the provider answers 500",
}
"""Beside each name what is read, or why nothing is."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A sandbox that has credited three times: 1.40 to CUSTOMER, 2.00 and 3.00 to another."""
    ledger = Ledger(tmp_path / "ledger.jsonl", now_us=lambda: parse_instant(AT))
    try:
        desk = Desk(ledger=ledger, options=SandboxOptions(statement_reference=True))
        for document, centavos, reference in (
            (CUSTOMER, 140, OURS), (OTHER, 200, THEIRS), (OTHER, 300, THEIRS),
        ):  # fmt: skip
            order = Order(document=document, cashback_centavos=centavos, reference=reference)
            desk.credit(order)
        yield desk
    finally:
        ledger.close()


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[StatementClient]:
    sandbox = Sandbox(desk)
    await sandbox.start("127.0.0.1", 0)
    client = StatementClient(sandbox.url, now=lambda: INSTANT)
    try:
        yield client
    finally:
        await client.aclose()
        await sandbox.stop()


async def read(client: StatementClient) -> tuple[list[StatementLine], StatementHead]:
    lines: list[StatementLine] = []
    async with client.since(SINCE) as reading:
        async for batch in reading.lines():
            lines += batch
        return lines, reading.head


def test_every_telling_has_an_expected_reading() -> None:
    assert EXPECTED.keys() == TELLINGS.keys()
    assert not TELLINGS.keys() & BEHAVIOURS.keys()


@pytest.mark.parametrize("name", EXPECTED)
async def test_each_telling_is_read_as_expected(
    name: str, desk: Desk, client: StatementClient
) -> None:
    desk.instructions.tell([name], lines_of=CUSTOMER)
    expected = EXPECTED[name]
    if isinstance(expected, str):
        with pytest.raises(StatementUnavailable) as refused:
            await read(client)
        assert str(refused.value) == expected
        return
    lines, head = await read(client)
    told = tuple((x.kind, x.document, x.cashback_centavos, x.reference) for x in lines)
    assert told == expected.all_rows
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    if expected.rows:
        assert lines[0].problem == expected.problem
        at = lines[0].credited_at
        assert (at and at.replace(microsecond=0)) == expected.at
    assert_head(head, lines, expected)


def assert_head(head: StatementHead, lines: list[StatementLine], expected: Expected) -> None:
    net = sum((-1 if x.kind is REVERSAL else 1) * (x.cashback_centavos or 0) for x in lines)
    if any(x.cashback_centavos is None for x in lines):
        net += 140  # what is on the line all the same
    usual: dict[str, Any] = {
        "since": SINCE,
        "complete_through": INSTANT,
        "declared_count": len(lines),
        "declared_centavos": net,
        "pages": 1,
        "complete": True,
        "defects": (),
    }
    for name, value in (usual | expected.head).items():
        seen = getattr(head, name)
        if name in {"since", "complete_through"} and seen is not None and seen != ALWAYS:
            seen = seen.replace(microsecond=0)
        assert (name, seen) == (name, value)
    assert (head.asked_since, head.asked_at) == (SINCE, INSTANT)


async def test_a_statement_without_references_and_with_several_oddities(
    desk: Desk, client: StatementClient
) -> None:
    desk.options = SandboxOptions()
    desk.instructions.tell(["amount_as_number", "date_only", "paged", "gzip", "totals_as_numbers"])
    lines, head = await read(client)
    assert [(x.document, x.cashback_centavos, x.reference) for x in lines] == [
        (document, centavos, None) for _, document, centavos, _ in NO_REFERENCES
    ]
    assert (head.pages, head.declared_count, head.declared_centavos) == (2, 3, 640)
    assert head.defects == ()


async def test_a_statement_beyond_a_limit_is_not_read(desk: Desk) -> None:
    sandbox = Sandbox(desk)
    await sandbox.start("127.0.0.1", 0)
    try:
        for limits, why in (
            (StatementLimits(lines=2), "it has more than 2 lines"),
            (StatementLimits(inflated_bytes=100), "it has more than 100 bytes"),
        ):
            client = StatementClient(sandbox.url, limits=limits)
            with pytest.raises(StatementUnavailable, match=why):
                await read(client)
            await client.aclose()
    finally:
        await sandbox.stop()


async def test_a_statement_that_never_ends_is_given_up_at_the_deadline() -> None:
    gone = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        # What leaves it with unread bytes resets the connection, and what writes then may be told.
        with suppress(OSError, RuntimeError):
            while not reader.at_eof():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        gone.set()

    async with tcp_server(drip) as (host, port):
        client = StatementClient(f"http://{host}:{port}", limits=StatementLimits(deadline_s=0.5))
        with pytest.raises(StatementUnavailable, match=r"it took longer than 0\.5 s"):
            await read(client)
        await client.aclose()
        async with asyncio.timeout(5):
            await gone.wait()


async def test_lines_of_another_customer_are_told_as_they_are(
    desk: Desk, client: StatementClient
) -> None:
    desk.instructions.tell(["missing_lines"], lines_of=OTHER)
    lines, head = await read(client)
    assert [line.document for line in lines] == [CUSTOMER]
    assert head.declared_centavos == 140
