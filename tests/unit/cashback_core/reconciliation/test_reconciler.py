"""The reconciler: what is read when, from when on, and what follows where a statement ends."""

from __future__ import annotations

import itertools
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import FindingClass, ReadStatement
from cashback_core.reconciliation import statement_reader as statement_reading
from cashback_core.reconciliation.ledger import LedgerKept
from cashback_core.reconciliation.reconciler import Days, Reconciler
from cashback_core.reconciliation.schedule import RunKind
from cashback_core.reconciliation.spools import MemorySpool
from cashback_core.reconciliation.statement_run import _left_out
from cashback_core.reconciliation.statements import StatementUnavailable
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_reconciliations import MemoryReconciliations
from cashback_core.testing.memory_store import MemoryStore
from contract.builders import CREATED, PROGRAMME, UNANSWERED, a_cpf, a_sale, ended, leased
from contract.reconciling import (
    FOREIGN,
    POLICY,
    RULES,
    Kept,
    a_line,
    in_doubt,
    standing,
    status_of,
)
from fakes.scripted_statements import ScriptedStatements

if TYPE_CHECKING:
    from datetime import datetime

DAY = timedelta(days=1)


class World:
    """A reconciler on memory, whose clock a test turns."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        terms = Terms(merchant_id=1, rules=SaleRules(), programme=PROGRAMME)
        store = MemoryStore({1: terms}, now=self.clock.tick, policy=POLICY)
        incidents = MemoryIncidents(store)
        self.reconciliations = MemoryReconciliations(store, incidents, RULES)
        self.kept = Kept(
            store=store, incidents=incidents, reconciliations=self.reconciliations, rules=RULES
        )
        self.statements = ScriptedStatements(now=self.clock.now)
        self.reconciler = Reconciler(
            store=self.reconciliations,
            statements=self.statements,
            rules=RULES,
            days=Days(open_s=3600, recent_s=86_400, recent=3 * DAY, furthest=90 * DAY),
            now=self.clock.now,
            chance=lambda: 0.5,
        )

    @property
    def kinds(self) -> list[RunKind]:
        return [run.kind for run in self.reconciliations.runs]

    async def first_started(self) -> datetime:
        (row,) = self.reconciliations.store.rows.values()
        return row.attempts[0].started_at


@pytest.fixture
def world() -> World:
    return World()


async def test_the_last_days_are_read_daily_and_what_is_open_hourly(world: World) -> None:
    await world.reconciler()
    assert world.kinds == [RunKind.RECENT]
    assert world.clock.now() - world.statements.asked[0] == pytest.approx(3 * DAY, abs=DAY / 1000)
    claim = await in_doubt(world.kept, a_cpf())
    world.clock.advance(60)
    assert await world.reconciler() == 1
    assert world.kinds == [RunKind.RECENT, RunKind.OPEN]
    first = world.reconciliations.store.rows[1, claim.id].attempts[0].started_at
    assert world.statements.asked[1] == first - RULES.margin.skew - RULES.precedes
    await world.reconciler()
    assert len(world.kinds) == 2
    world.clock.advance(3600)
    await world.reconciler()
    assert world.kinds[2:] == [RunKind.OPEN], "pending, tried: what is credited must not be sent"
    world.clock.advance(86_400)
    await world.reconciler()
    assert world.kinds[3:] == [RunKind.OPEN, RunKind.RECENT]


async def test_whoever_lies_across_the_start_moves_it_back(world: World) -> None:
    """Of the same customer and amount, tried two days before, paid just now: its line may be."""
    document = a_cpf()
    first = await leased(world.kept.store, a_sale(document=document, sale_id="1"), lease_s=0.1)
    world.clock.advance(1)
    await world.kept.store.reap(limit=1)
    world.clock.advance(timedelta(days=4).total_seconds())
    await world.kept.store.conclude(ended(first, CREATED))
    await in_doubt(world.kept, document)
    await world.reconciler()
    began = world.reconciliations.store.rows[1, first.id].attempts[0].started_at
    assert world.statements.asked[0] == began - RULES.margin.skew - RULES.precedes


async def test_nothing_is_asked_for_from_longer_ago_than_is_allowed(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    claim = await in_doubt(world.kept, a_cpf())
    world.clock.advance(timedelta(days=100).total_seconds())
    await world.reconciler()
    assert world.clock.now() - world.statements.asked[0] == pytest.approx(90 * DAY, abs=DAY / 1000)
    assert await status_of(world.kept, claim) is Status.IN_DOUBT
    assert "is left to a person" in caplog.text


async def test_a_statement_that_ends_early_is_followed_until_one_leads_no_further(
    world: World,
) -> None:
    claim = await in_doubt(world.kept, a_cpf())
    world.statements.lines = [await a_line(world.kept, claim)]
    world.clock.advance(timedelta(days=3).total_seconds())
    world.statements.reach = DAY
    assert await world.reconciler() == 1
    asked = world.statements.asked
    assert len(asked) > 4
    steps = {later - earlier for earlier, later in itertools.pairwise(asked[:4])}
    assert steps == {DAY - RULES.margin.skew}
    assert await status_of(world.kept, claim) is Status.APPLIED


@pytest.mark.parametrize("lag", [timedelta(minutes=30), timedelta(hours=2), timedelta(hours=30)])
async def test_a_provider_who_tells_everything_late_is_not_asked_again_and_again(
    world: World, lag: timedelta
) -> None:
    """Each answer would lead further, by as much as it was asked for later."""
    world.statements.now = world.clock.tick
    world.statements.lag = lag
    await world.reconciler.reconcile_from(world.clock.now() - 3 * DAY)
    assert len(world.statements.asked) <= 2
    assert world.reconciliations.runs[-1].ended is not None


async def test_so_many_statements_are_read_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_reading, "MAX_STATEMENTS", 2)
    world.statements.reach = timedelta(hours=5)
    await world.reconciler.reconcile_from(world.clock.now() - 3 * DAY)
    assert len(world.statements.asked) == 2


async def test_a_further_statement_that_cannot_be_had_is_left_out(world: World) -> None:
    world.statements.reach = DAY
    world.statements.away_from = 3
    found = await world.reconciler.reconcile_from(world.clock.now() - 3 * DAY)
    assert found is not None
    assert found.distrust is None
    assert found.through < world.clock.now() - DAY / 2


async def test_no_statement_is_noted_told_and_asked_for_again_after_a_while(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.statements.away_from = 1
    await world.reconciler()
    await world.reconciler()
    assert world.kinds == [RunKind.RECENT]
    assert "no statement" in caplog.text
    assert world.reconciliations.runs[0].ended is not None
    assert world.reconciliations.runs[0].ended.error == "the provider answers 503"
    world.clock.advance(301)
    await world.reconciler()
    assert world.kinds == [RunKind.RECENT] * 2
    with pytest.raises(StatementUnavailable):
        await world.reconciler.reconcile_from(world.clock.now() - DAY)


async def test_the_recent_run_reads_back_to_what_stands_open(world: World) -> None:
    claim = await in_doubt(world.kept, a_cpf())
    line = replace(await a_line(world.kept, claim), document=a_cpf(), cashback_centavos=777)
    world.statements.lines = [line]
    world.clock.advance(60)
    await world.reconciler()
    (incident,) = [i for i in await standing(world.kept) if i.cls is FindingClass.UNKNOWN_HERE]
    told_since, _ = world.reconciliations.told[incident.id]
    world.statements.lines = []
    world.clock.advance(timedelta(days=10).total_seconds())
    await world.reconciler()
    assert told_since in world.statements.asked
    assert await standing(world.kept) == []


async def test_the_log_tells_counts_and_what_bars(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    claim = await leased(world.kept.store)
    await world.kept.store.conclude(ended(claim, UNANSWERED))
    line = replace(await a_line(world.kept, claim), document=a_cpf(), cashback_centavos=7_777)
    world.statements.lines = [line]
    world.clock.advance(60)
    await world.reconciler.reconcile_from(world.clock.now() - DAY)
    assert "1 unknown_here (77.77)" in caplog.text
    assert "1 doubt_absent" in caplog.text
    assert "1 moved, 0 left to the next statement" in caplog.text


async def test_what_a_run_finds_is_the_providers_ledger(world: World) -> None:
    paid = await leased(world.kept.store, a_sale(document=a_cpf()))
    await world.kept.store.conclude(ended(paid, CREATED))
    own = await a_line(world.kept, paid)
    stray = replace(own, document=a_cpf(), cashback_centavos=777)
    world.statements.lines = [own, stray]
    world.clock.advance(DAY.total_seconds())
    found = await world.reconciler.reconcile_from(world.clock.now() - 3 * DAY)
    assert found is not None
    assert found.kept == LedgerKept(entered=2)
    assert await ledger_of(world) == {
        ("demo", FindingClass.MATCHED): (1, own.cashback_centavos),
        (None, FindingClass.UNKNOWN_HERE): (1, 777),
    }
    (incident,) = await standing(world.kept)
    await world.kept.incidents.explain(incident.id, FOREIGN, dry_run=False)
    world.statements.lines = [stray]
    found = await world.reconciler.reconcile_from(world.clock.now() - 3 * DAY)
    assert found is not None
    assert found.kept == LedgerKept(moved=1, left=1)
    assert await ledger_of(world) == {(None, FindingClass.EXPLAINED): (1, 777)}


async def test_a_statement_with_defects_changes_nothing_in_the_ledger(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = await leased(world.kept.store, a_sale(document=a_cpf()))
    await world.kept.store.conclude(ended(paid, CREATED))
    world.statements.lines = [await a_line(world.kept, paid)]
    world.clock.advance(DAY.total_seconds())
    await world.reconciler.reconcile_from(world.clock.now() - 3 * DAY)
    before = await ledger_of(world)
    assert before
    world.statements.lines = []

    def cut(_: ReadStatement) -> list[str]:
        return ["it was cut"]

    monkeypatch.setattr(ReadStatement, "defects", cut)
    found = await world.reconciler.reconcile_from(world.clock.now() - 3 * DAY)
    assert found is not None
    assert found.kept is None
    assert await ledger_of(world) == before


async def ledger_of(world: World) -> dict[tuple[str | None, FindingClass], tuple[int, int]]:
    state = await world.reconciliations.ledger.state(None)
    return {(one.merchant, one.cls): (one.lines, one.centavos) for one in state.totals}


@given(st.lists(st.integers(1, 9), max_size=12), st.sets(st.integers(0, 9)))
def test_what_is_named_and_not_in_the_book_is_asked_for_once(
    named: list[int], known: set[int]
) -> None:
    """An id's own clock is not asked: what is void, or history, is in no book however young."""
    ids, entered = MemorySpool[UUID](), MemorySpool[UUID]()
    for number in named:
        ids.put(UUID(int=number))
    for number in known:
        entered.put(UUID(int=number))
    left = [id_.int for id_ in _left_out(ids, entered)]
    assert left == sorted(set(named) - known)
