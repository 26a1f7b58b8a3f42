"""What the worker closes, its kept figures and the balances say the same, to the centavo."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
import pytest

from adapters.postgres.figures.store import PostgresFigures
from benchmarks.report_days import make_open_day
from cashback_core.figures.figures import Dimension, FiguresQuestion, Measures
from contract.closing import body
from integration.figures.closed_days import close_days

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.connection.database import Database
    from cashback_core.figures.figures import Figures

FIRST: Final = date(2026, 3, 10)
DAYS: Final = tuple(FIRST + timedelta(days=n) for n in range(4))
SALES: Final = 120
MOVEMENTS: Final = ("accrued", "paid", "cancelled", "adjusted")

TO_SENDING: Final = ((0, None, "pending", 0), (0, "pending", "sending", 1))
PATHS: Final = (
    (*TO_SENDING, (0, "sending", "applied", 1)),
    (*TO_SENDING, (1, "sending", "applied", 1)),
    (*TO_SENDING, (0, "sending", "in_doubt", 1), (2, "in_doubt", "applied", 1)),
    ((0, None, "held", 0), (1, "held", "cancelled", 0)),
    ((0, None, "unconfirmed", 0), (1, "unconfirmed", "pending", 0), (1, "pending", "sending", 1),
     (1, "sending", "rejected", 1), (2, "rejected", "cancelled", 1)),
    (*TO_SENDING, (0, "sending", "applied", 1), (1, "applied", "in_doubt", 1),
     (2, "in_doubt", "rejected", 1)),
    ((0, None, "recorded", 0),),
    ((0, None, "not_due", 0),),
    ((0, None, "unconfirmed", 0), (1, "unconfirmed", "void", 0)),
)  # fmt: skip
"""What befalls sales in turn: in the how-manieth day, from and to which status, which attempt."""

_MOVE: Final[LiteralString] = """
    insert into events (
        merchant_id, cashback_id, sequence, at, actor, actor_name, from_status, to_status, attempt,
        reason, position
    )
    select 1, s.cashback_id, %(sequence)s,
        s.accepted_at + make_interval(days => %(days)s, secs => %(sequence)s),
        %(actor)s, %(name)s, %(was)s, %(becomes)s, %(attempt)s, 'told', %(sequence)s
    from sales as s
    where s.merchant_id = 1 and substr(s.sale_id, 5)::integer %% %(paths)s = %(path)s
"""
_LATE: Final[LiteralString] = """
    insert into events (
        merchant_id, cashback_id, sequence, at, actor, actor_name, from_status, to_status, attempt,
        reason
    )
    select 1, s.cashback_id, 9, s.accepted_at, 'operator', 'ana', 'applied', 'in_doubt', 1, 'late'
    from sales as s where s.merchant_id = 1 and s.sale_id in ('day-9', 'day-18')
"""


@pytest.fixture
def owner(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """Sales of one day whose cashbacks move for three days."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        make_open_day(owner, 1, FIRST, sales=SALES)
        owner.execute("set session_replication_role = replica")
        owner.execute("delete from events")
        owner.execute("update sales set store = null where store = '3'")
        for number, path in enumerate(PATHS):
            for sequence, (days, was, becomes, attempt) in enumerate(path, start=1):
                actor = _actor(was, becomes)
                move = {
                    "sequence": sequence, "days": days, "was": was, "becomes": becomes,
                    "attempt": attempt, "path": number, "paths": len(PATHS), "actor": actor,
                    "name": "ana" if actor == "operator" else None,
                }  # fmt: skip
                owner.execute(_MOVE, move)
        yield owner


def _actor(was: str | None, becomes: str) -> str:
    """Who makes such a move."""
    if becomes == "void":
        return "worker"
    return "api" if was in {None, "unconfirmed", "pending", "sending"} else "operator"


async def asked(figures: PostgresFigures, day: date, *by: Dimension) -> Figures:
    return await figures.figures(1, FiguresQuestion(since=day, through=day, by=by))


def movements(measures: Measures) -> dict[str, dict[str, int]]:
    """The four movements as a close tells them."""
    return {
        name: {
            "count": getattr(measures, name),
            "centavos": getattr(measures, f"{name}_centavos"),
        }
        for name in MOVEMENTS
    }


def by_key(figures: Figures) -> dict[str | None, dict[str, dict[str, int]]]:
    """What moved, of each type or store; None for the sales that told none."""
    found = {row.keys[0] or None: movements(row.measures) for row in figures.rows}
    still = movements(Measures())
    return {key: moved for key, moved in found.items() if moved != still}


def of_close(section: list[dict[str, Any]], name: str) -> dict[str | None, dict[str, Any]]:
    return {one[name]: {movement: one[movement] for movement in MOVEMENTS} for one in section}


async def test_a_close_its_figures_and_the_balance_at_its_end_agree(
    database: Database, owner: psycopg.Connection[Any]
) -> None:
    """Days of every movement, one of late events, and one of none."""
    figures = PostgresFigures(database)
    closes = await close_days(database, owner, first=FIRST, through=FIRST)
    owner.execute(_LATE)
    closes += await close_days(database, owner, first=FIRST, through=DAYS[-1])
    assert [kept.day for kept in closes] == [*DAYS]
    assert [body(kept)["late"] for kept in closes] == [0, 2, 0, 0]
    moved = Measures()
    for kept in closes:
        close = body(kept)
        told = await asked(figures, kept.day)
        assert told.closed_through == kept.day
        liability = close["liability"]
        assert movements(told.total) == {name: liability[name] for name in MOVEMENTS}, kept.day
        assert by_key(await asked(figures, kept.day, Dimension.TYPE)) == of_close(
            close["types"], "type"
        )
        assert by_key(await asked(figures, kept.day, Dimension.STORE)) == of_close(
            close["stores"], "store"
        )
        balance = await figures.balance(1, kept.ends_at)
        assert balance.owed_centavos == liability["closing"]["centavos"], kept.day
        assert {
            status.value: {"count": one.cashbacks, "centavos": one.centavos}
            for status, one in balance.by_status.items()
        } == {
            one["status"]: one["closing"]
            for one in close["statuses"]
            if one["closing"] != {"count": 0, "centavos": 0}
        }, kept.day
        moved += told.total
    assert min(getattr(moved, name) for name in MOVEMENTS) > 0
    assert moved.owed_more_centavos == body(closes[-1])["liability"]["closing"]["centavos"]
    assert body(closes[-1])["lines"]["count"] == 0
    assert closes[-1].lines == 0


async def test_what_was_told_of_an_open_day_is_what_is_kept_of_it(
    database: Database, owner: psycopg.Connection[Any]
) -> None:
    figures = PostgresFigures(database)
    questions = [
        FiguresQuestion(since=FIRST, through=DAYS[-1], by=by)
        for count in (0, 1, 2)
        for by in combinations(Dimension, count)
    ]
    before = [await figures.figures(1, one) for one in questions]
    await close_days(database, owner, first=FIRST, through=DAYS[1])
    half = [await figures.figures(1, one) for one in questions]
    await close_days(database, owner, first=FIRST, through=DAYS[-1])
    after = [await figures.figures(1, one) for one in questions]
    for closed_through, told in ((DAYS[1], half), (DAYS[-1], after)):
        assert {one.closed_through for one in told} == {closed_through}
        for was, one in zip(before, told, strict=True):
            assert (one.rows, one.total, one.calls) == (was.rows, was.total, was.calls)
