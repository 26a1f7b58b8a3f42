"""Three ledgers, read: what the ERPs were told, what the database says, what the provider paid.

And what was told of the differences: incidents of the statement, and the runs that found them.
"""

from __future__ import annotations

import json
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import psycopg

if TYPE_CHECKING:
    from chaos.erp import Book

OPEN: Final = frozenset({"pending", "sending", "in_doubt"})
"""States that time alone must end."""

Group = tuple[str, int]
"""A document and an amount in centavos: what credits without a reference can be told apart by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt; `result` is None while nobody told how it ended."""

    number: int
    started_at: datetime
    result: str | None
    phase: str | None
    reason: str | None
    elapsed_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One move; `source` is None for the first."""

    sequence: int
    actor: str
    source: str | None
    target: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cashback as the database has it."""

    id: str
    status: str
    version: int
    attempt: int
    document: str
    total_centavos: int
    cashback_centavos: int
    raw_body: bytes
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...]

    @property
    def group(self) -> Group:
        """Whose equals its credit cannot be told apart from."""
        return self.document, self.cashback_centavos


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One payment that the provider really made; its own ledger keeps our reference."""

    group: Group
    at: datetime
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What somebody was told of the statement: of a line, or of a cashback that is not on it.

    `said` is a person's explanation, None where there is none; `stands` until then, or until a
    later statement explains it.
    """

    cls: str
    document: str | None
    centavos: int
    credited_at: datetime | None
    cashback_id: str | None
    opened_at: datetime
    stands: bool
    said: str | None
    why: str

    @property
    def is_told(self) -> bool:
        """Whether it stands, or a person knows."""
        return self.stands or self.said is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A run that read statements to their end; `distrust` is why it proved no absence.

    `lines`, `net_centavos` and `cashbacks` are its classes' totals of both sides.
    """

    kind: str
    asked_at: datetime
    ended_at: datetime
    distrust: str | None
    lines: int
    net_centavos: int
    cashbacks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One definite answer to an ERP about one of its sales; `id` is None when it was refused."""

    number: int
    status_code: int
    id: str | None
    status: str | None
    document: str | None
    total: str | None
    cashback: str | None
    body: bytes = field(repr=False)


def read_database(dsn: str) -> dict[str, Row]:
    """Every cashback by its id, in one snapshot."""
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    events: dict[str, list[Event]] = defaultdict(list)
    with psycopg.connect(dsn) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        for row in connection.execute(
            "select cashback_id::text, attempt, started_at, result, phase, reason, elapsed_s"
            " from attempts order by cashback_id, attempt"
        ):
            attempts[row[0]].append(_attempt(row))
        for row in connection.execute(
            "select cashback_id::text, sequence, actor, from_status, to_status, attempt"
            " from events order by cashback_id, sequence"
        ):
            events[row[0]].append(_event(row))
        found = connection.execute(
            "select cashback_id::text, status, version, attempt, document, total_centavos,"
            " cashback_centavos, raw_body"
            " from cashbacks join sales using (merchant_id, cashback_id)"
        ).fetchall()
    return {row[0]: _row(row, tuple(attempts[row[0]]), tuple(events[row[0]])) for row in found}


def read_incidents(dsn: str) -> list[Incident]:
    """Every incident of the statement that ever was."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select i.class, i.document, i.centavos, i.credited_at, i.cashback_id::text,"
            " i.opened_at, i.closed_at is null, e.meaning, i.why"
            " from statement_incidents as i"
            " left join statement_explanations as e using (incident_id) order by i.opened_at"
        ).fetchall()
    names = (
        "cls", "document", "centavos", "credited_at", "cashback_id", "opened_at", "stands",
        "said", "why",
    )  # fmt: skip
    return [Incident(**dict(zip(names, row, strict=True))) for row in rows]


def read_readings(dsn: str) -> list[Reading]:
    """Every run of the reconciliation that came to its end, the earliest first."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select kind, asked_at, ended_at, distrust, totals from reconciliations"
            " where error is null and ended_at is not null and totals is not null"
            " order by started_at"
        ).fetchall()
    return [_reading(row) for row in rows]


def read_provider(url: str) -> list[Credit]:
    """Every credit of the sandbox provider."""
    with urllib.request.urlopen(f"{url}/ledger", timeout=30) as answer:  # noqa: S310 - our own
        ledger = json.load(answer)
    return [
        Credit(
            group=(credit["document"], centavos_of(credit["cashback"])),
            at=at_of(credit["at"]),
            reference=str(credit["reference"]),
        )
        for credit in ledger["credits"]
    ]


def read_told(book: Book) -> list[Told]:
    """Every definite answer, in the order in which each sale got them."""
    return [
        _told(number, answer.status, answer.body)
        for number, answers in sorted(book.answers.items())
        for answer in answers
    ]


class _Customer(msgspec.Struct):
    document: str


class _Record(msgspec.Struct):
    """The part of the wire's record that is compared."""

    id: str
    status: str
    total: str
    cashback: str
    customer: _Customer


class _Problem(msgspec.Struct):
    """A problem; a sale without a name gets its record inside one."""

    record: _Record | None = None


def _told(number: int, status_code: int, body: bytes) -> Told:
    record: _Record | None
    if status_code < 300:
        record = msgspec.json.decode(body, type=_Record)
    else:
        record = msgspec.json.decode(body, type=_Problem).record
    return Told(
        number=number,
        status_code=status_code,
        id=None if record is None else record.id,
        status=None if record is None else record.status,
        document=None if record is None else record.customer.document,
        total=None if record is None else record.total,
        cashback=None if record is None else record.cashback,
        body=body,
    )


def _reading(row: tuple[Any, ...]) -> Reading:
    kind, asked_at, ended_at, distrust, totals = row
    lines, net_centavos, cashbacks = (
        sum(total[name] for total in totals.values())
        for name in ("lines", "line_centavos", "cashbacks")
    )
    return Reading(
        kind=kind,
        asked_at=asked_at,
        ended_at=ended_at,
        distrust=distrust,
        lines=lines,
        net_centavos=net_centavos,
        cashbacks=cashbacks,
    )


def _row(row: tuple[Any, ...], attempts: tuple[Attempt, ...], events: tuple[Event, ...]) -> Row:
    id_, status, version, attempt, document, total, cashback, raw_body = row
    return Row(
        id=id_,
        status=status,
        version=version,
        attempt=attempt,
        document=document,
        total_centavos=total,
        cashback_centavos=cashback,
        raw_body=raw_body,
        attempts=attempts,
        events=events,
    )


def _attempt(row: tuple[Any, ...]) -> Attempt:
    _, number, started_at, result, phase, reason, elapsed_s = row
    return Attempt(
        number=number,
        started_at=started_at,
        result=result,
        phase=phase,
        reason=reason,
        elapsed_s=elapsed_s,
    )


def _event(row: tuple[Any, ...]) -> Event:
    _, sequence, actor, source, target, attempt = row
    return Event(sequence=sequence, actor=actor, source=source, target=target, attempt=attempt)


def centavos_of(text: str) -> int:
    """An amount as the wire spells it."""
    whole, _, cents = text.partition(".")
    return int(whole) * 100 + int(cents)


def at_of(text: str) -> datetime:
    """An instant as the wire spells it."""
    return datetime.fromisoformat(text)
