"""Random days on PostgreSQL: two merchants' sales, an ERP's file, a provider's statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.reconciliation.three_sides import ErpLine
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import psycopg

DAY: Final = date(2026, 11, 20)
BEGINS: Final = datetime(2026, 11, 20, 3, tzinfo=UTC)
SINCE: Final = BEGINS - timedelta(hours=2)
THROUGH: Final = BEGINS + timedelta(hours=30)
CPFS: Final = (
    "01234567890", "52998224725", "11144477735", "52998224806", "39053344705", "15350946056",
    "86288366757", "71428793860", "87748248800", "29537995593",
)  # fmt: skip
LATER: Final = (
    Status.IN_DOUBT, Status.HELD, Status.PENDING, Status.REJECTED, Status.UNCONFIRMED,
    Status.CANCELLED, Status.NOT_DUE, Status.RECORDED, Status.VOID,
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Sold:
    """A sale of a world, as its rows."""

    id: UUID
    merchant_id: int
    name: str
    document: str
    customer_name: str
    store: str | None
    sold_at: datetime
    total: int
    discount: int
    cashback: int
    status: Status
    attempts: tuple[datetime, ...]
    applied_at: datetime | None
    is_same_content: bool = False


@dataclass(slots=True)
class DayWorld:
    """All of a day."""

    sales: list[Sold] = field(default_factory=list["Sold"])
    erp: list[ErpLine] = field(default_factory=list["ErpLine"])
    statement: list[StatementLine] = field(default_factory=list["StatementLine"])


class Chance(Random):
    """By chance, and how often something is amiss."""

    amiss = 0.1

    def but(self, usual: Any, *odd: Any) -> Any:
        """The usual, or now and then something else."""
        return self.choice(odd) if self.random() < self.amiss else usual


def a_world(seed: int, *, echoes: bool) -> DayWorld:
    """A small one in which nearly everything is alike, and something of every kind is amiss."""
    chance, world = Chance(seed), DayWorld()
    chance.amiss = chance.choice([0.02, 0.1, 0.3])
    for number in range(chance.randrange(12)):
        world.sales.append(_sold(chance, number))
    for sold in world.sales:
        if sold.merchant_id == 1:
            world.erp += _told(chance, sold, len(world.erp))
        world.statement += _credits(chance, sold, len(world.statement), echoes=echoes)
    for _ in range(chance.randrange(3)):
        sold = _sold(chance, 90)
        world.erp += _told(chance, sold, len(world.erp), lost=True)
        if chance.random() < 0.4:
            world.statement += _credits(chance, sold, len(world.statement), echoes=echoes)
    return world


def _sold(chance: Chance, number: int) -> Sold:
    hours = chance.but(chance.choice([1, 2, 5, 12, 23]), 25, -1, -100)
    sold_at = BEGINS + timedelta(hours=hours, milliseconds=chance.choice([0, 0, 400]))
    applied = chance.random() < 0.8
    status = Status.APPLIED if applied else chance.choice(LATER)
    untried = status in {Status.UNCONFIRMED, Status.NOT_DUE, Status.RECORDED, Status.VOID}
    tried = (
        ()
        if untried
        else tuple(sold_at + timedelta(seconds=60 * n) for n in range(chance.choice([1, 1, 1, 2])))
    )
    return Sold(
        id=new_id(),
        merchant_id=chance.choice([1, 1, 1, 2]),
        name=f"nf-{number}",
        document=chance.choice(CPFS),
        customer_name="Maria Silva",
        store=chance.choice(["7", None]),
        sold_at=sold_at,
        total=chance.choice([10_000, 12_000]),
        discount=chance.choice([0, 0, 300]),
        cashback=0 if status is Status.NOT_DUE else chance.choice([500, 500, 600]),
        status=status,
        attempts=tried,
        applied_at=tried[-1] + timedelta(seconds=1) if applied and tried else None,
        is_same_content=chance.random() < 0.1,
    )


def _told(chance: Chance, sold: Sold, number: int, *, lost: bool = False) -> list[ErpLine]:
    if chance.but(False, True):
        return []
    lines: list[ErpLine] = []
    named = chance.but(True, False)
    for _ in range(chance.but(1, 2)):
        number += 1
        lines.append(
            ErpLine(
                number=number,
                name=sold.name if named else None,
                record=sold.id if named and not lost else None,
                store=chance.but(sold.store, "8", None),
                document=chance.but(sold.document, None, "***.982.24*-**", CPFS[1]),
                customer_name=chance.but(sold.customer_name, None, "João Souza"),
                sold_at=chance.but(sold.sold_at, None, sold.sold_at + timedelta(seconds=2)),
                total_centavos=chance.but(sold.total, None, sold.total + 300),
                discount_centavos=chance.but(sold.discount, None),
                cashback_centavos=chance.but(sold.cashback, None, 501),
                problem=chance.but(None, None, None, "total: no number"),
            )
        )
    return lines


def _credits(chance: Chance, sold: Sold, number: int, *, echoes: bool) -> list[StatementLine]:
    if (sold.status is not Status.APPLIED and chance.random() < 0.7) or chance.but(False, True):
        return []
    lines: list[StatementLine] = []
    for nth in range(chance.but(1, 2)):
        number += 1
        reference = str(sold.id) if echoes else None
        if chance.but(False, True):
            reference = chance.choice(
                [None, None, str(sold.id).upper(), sold.id.hex, str(new_id()), sold.id.hex[:20]]
            )
        when = chance.but(sold.sold_at, sold.sold_at - timedelta(days=4))
        doubtful = chance.but(None, None, "8224725", sold.document.lstrip("0"))
        no_amount = chance.but(False, False, False, True)
        unreadable = no_amount or doubtful is not None
        lines.append(
            StatementLine(
                number=number,
                kind=LineKind.UNREADABLE
                if unreadable
                else chance.but(LineKind.CREDIT, *[LineKind.CREDIT] * (3 - nth), LineKind.REVERSAL),
                document=None if unreadable else chance.but(sold.document, CPFS[3]),
                cashback_centavos=None if no_amount else chance.but(sold.cashback or 5, 501),
                credited_at=when,
                reference=reference,
                problem="document: none" if unreadable else None,
                doubtful=doubtful,
            )
        )
    return lines


def store(connection: psycopg.Connection[Any], world: DayWorld) -> tuple[UUID, UUID]:
    """Put a world in place of the one before; the ids of its day file and its statement."""
    store_sales(connection, world.sales)
    for table in ("files", "erp_lines", "statement_lines", "differences", "three_side_runs"):
        connection.execute(f"delete from {table}")  # noqa: S608
    erp, statement = store_day_file(connection, world.erp), new_id()
    connection.execute(
        "insert into files (file_id, kind, sha256, identity, name, declared_by, since, through,"
        " told_lines, told_centavos, begun_at, completed_at) values (%s, 'statement',"
        " sha256('x'), sha256(%s), 'f', 'petra', %s, %s, %s, %s, %s, now())",
        [
            statement, statement.bytes, SINCE, THROUGH, len(world.statement),
            net_centavos(world.statement), THROUGH + timedelta(days=1),
        ],
    )  # fmt: skip
    for told in world.statement:
        connection.execute(
            "insert into statement_lines values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                statement, told.number, told.kind, told.document, told.doubtful,
                told.cashback_centavos, told.credited_at, told.reference, told.problem,
            ],
        )  # fmt: skip
    connection.commit()
    return erp, statement


def store_sales(connection: psycopg.Connection[Any], sales: Sequence[Sold]) -> None:
    """Put these in place of those before."""
    connection.execute("set session_replication_role = replica")
    for table in (
        "sales", "sale_lines", "sale_names", "cashbacks", "attempts", "statement_incidents",
        "statement_explanations",
    ):  # fmt: skip
        connection.execute(f"delete from {table}")  # noqa: S608
    for sold in sales:
        _store_sale(connection, sold)


def store_day_file(connection: psycopg.Connection[Any], lines: Sequence[ErpLine]) -> UUID:
    """A whole file of the first merchant's DAY, the newest."""
    id_ = new_id()
    connection.execute(
        "insert into files (file_id, kind, merchant_id, sha256, identity, name, declared_by, day,"
        " completed_at)"
        " values (%s, 'erp_day', 1, sha256('x'), sha256(%s), 'f', 'petra', %s, clock_timestamp())",
        [id_, id_.bytes, DAY],
    )
    for line in lines:
        connection.execute(
            "insert into erp_lines values (%s, %s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                id_, line.number, line.name and "sale_id", line.name, line.store, line.document,
                line.customer_name, line.sold_at, line.total_centavos, line.discount_centavos,
                line.cashback_centavos, line.problem,
            ],
        )  # fmt: skip
    return id_


def net_centavos(lines: list[StatementLine]) -> int:
    """What they add up to."""
    return sum(
        (-1 if line.kind is LineKind.REVERSAL else 1) * (line.cashback_centavos or 0)
        for line in lines
    )


def _store_sale(connection: psycopg.Connection[Any], sold: Sold) -> None:
    merchant, id_ = sold.merchant_id, sold.id
    exact = f"{sold.cashback}.0000"
    connection.execute(
        "insert into sales (merchant_id, cashback_id, sale_id, sold_at, document, name,"
        " total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at, store,"
        " same_content_as)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, 'half_even', %s, '{}', %s, %s, %s)",
        [
            merchant, id_, sold.name, sold.sold_at, sold.document, sold.customer_name, sold.total,
            sold.discount, exact, sold.sold_at, sold.store,
            new_id() if sold.is_same_content else None,
        ],
    )  # fmt: skip
    connection.execute(
        "insert into sale_lines (merchant_id, cashback_id, position, type, value_e10, qty_e4,"
        " amount_centavos, discount_centavos, rate_bp, rate_version, exact, cashback_centavos)"
        " values (%s, %s, 0, 'A', %s, 10000, %s, 0, 500, 1, %s, %s)",
        [
            merchant, id_, (sold.total + sold.discount) * 10**8, sold.total + sold.discount, exact,
            sold.cashback,
        ],
    )  # fmt: skip
    connection.execute(
        "insert into sale_names values (%s, 'sale_id', %s, %s)", [merchant, sold.name, id_]
    )
    due = sold.sold_at if sold.status in {Status.PENDING, Status.UNCONFIRMED} else None
    connection.execute(
        "insert into cashbacks (merchant_id, cashback_id, status, version, attempt,"
        " cashback_centavos, accepted_at, open_since_at, due_at, applied_at)"
        " values (%s, %s, %s, 3, %s, %s, %s, %s, %s, %s)",
        [
            merchant, id_, sold.status, len(sold.attempts), sold.cashback, sold.sold_at,
            sold.sold_at, due, sold.applied_at,
        ],
    )  # fmt: skip
    for number, at in enumerate(sold.attempts, start=1):
        connection.execute(
            "insert into attempts (merchant_id, cashback_id, attempt, deliverer, started_at,"
            " lease_until_at) values (%s, %s, %s, 'api', %s, %s)",
            [merchant, id_, number, at, at],
        )
