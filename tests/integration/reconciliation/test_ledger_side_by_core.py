"""A day beside the ledger says what the core says beside the statements that were taken into it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.postgres.reconciliation.three_sides import PostgresThreeSides
from cashback_core.delivery.states import Status
from cashback_core.reconciliation import FindingClass, Window
from cashback_core.reconciliation.compare_day import CompareDay
from cashback_core.reconciliation.days_compared import DayAsked, DayCompared, ProviderSource
from cashback_core.reconciliation.findings import signed_centavos
from cashback_core.reconciliation.three_sided_merge import ThreeSidedMerge
from cashback_core.reconciliation.three_sides import Credited
from integration.reconciliation.days_of_three import (
    BEGINS,
    DAY,
    SINCE,
    THROUGH,
    DayWorld,
    Sold,
    a_world,
    store,
)
from integration.reconciliation.test_three_sides import RULES, record_of, standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.reconciliation import BookEntry, Finding

WORLDS = 24


async def test_absent_is_what_statements_without_a_gap_do_not_tell(
    dsn: str, database: Database
) -> None:
    compare = CompareDay(store=PostgresThreeSides(database, skew=RULES.margin.skew))
    told_by_silence = told = 0
    for seed in range(WORLDS):
        world = a_world(seed, echoes=True)
        if seed % 3 == 0:
            world.statement.clear()
        with psycopg.connect(dsn) as connection:
            erp, _ = store(connection, world)
        findings = list((await standing(database, world, RULES)).findings())
        rows, windows = _cut(findings, Random(seed))
        with psycopg.connect(dsn) as connection:
            _take_in(connection, findings if rows else (), rows)
        done = await compare(DayAsked(merchant_id=1, day=DAY, by="petra", file_id=erp))
        assert isinstance(done, DayCompared), seed
        credited = _credited(findings if rows else (), windows)
        merge = ThreeSidedMerge(done.facts.arrival)
        named = {line.record for line in world.erp}
        of_the_day = [one for one in world.sales if one.merchant_id == 1 and _is_of_the_day(one)]
        for line in world.erp:
            merge.take(line)
        for sold in world.sales:
            if sold in of_the_day or (sold.merchant_id == 1 and sold.id in named):
                merge.enter(record_of(sold, credited))
        list(merge.findings())
        known = [credited[one.id] for one in of_the_day if one.id in credited]
        source = ProviderSource.LEDGER if known else ProviderSource.NOTHING
        assert done.facts.source is source, seed
        told += bool(known)
        told_by_silence += bool(known) and not any(one.lines for one in known)
        if known:
            assert done.totals == merge.totals, seed
    assert told > told_by_silence > 1


async def test_a_day_of_which_nothing_was_credited_is_told_once_statements_cover_it(
    dsn: str, database: Database
) -> None:
    at = BEGINS + timedelta(hours=12)
    sold = replace(_a_sale(), sold_at=at, attempts=(at,), applied_at=at + timedelta(minutes=1))
    skew, compare = (
        RULES.margin.skew,
        CompareDay(store=PostgresThreeSides(database, skew=RULES.margin.skew)),
    )
    with psycopg.connect(dsn) as connection:
        store(connection, DayWorld(sales=[sold]))
    asked = DayAsked(merchant_id=1, day=DAY, by="petra")
    last = at + timedelta(minutes=1) + skew
    tick = timedelta(microseconds=1)
    for rows, tells in (
        ([(at - skew, last - tick)], False),
        ([(at - skew + tick, last)], False),
        ([(at - skew, at), (at + tick, last)], False),
        ([(at, last), (at - skew, at)], True),
    ):
        with psycopg.connect(dsn) as connection:
            _take_in(connection, (), rows)
        done = await compare(asked)
        assert isinstance(done, DayCompared)
        assert (done.facts.source is ProviderSource.LEDGER) == tells, rows
        found = {*done.totals.by_provider()}
        assert found == {FindingClass.APPLIED_ABSENT if tells else None}


def _cut(findings: Sequence[Finding], chance: Random) -> tuple[list[tuple[Any, Any]], list[Window]]:
    """The statement as it was taken in, in parts; and what these cover without a gap."""
    if not findings or chance.random() < 0.1:
        return [], []
    since, through = SINCE, THROUGH
    window = Window(since=since, through=through)
    middle = since + (through - since) * chance.random()
    gap = chance.choice([timedelta(0), timedelta(0), (through - middle) / 3])
    rows = [(middle + gap, through), (since, middle)]
    if not gap:
        return rows, [window]
    return rows, [replace(window, through=middle), replace(window, since=middle + gap)]


def _credited(findings: Sequence[Finding], windows: Sequence[Window]) -> dict[UUID, Credited]:
    """What has lines, as they tell it; of the rest what was to be told."""
    found: dict[UUID, Credited] = {}
    for finding in findings:
        id_, line = finding.cashback_id, finding.line
        if id_ is not None and line is not None:
            one = found.get(id_) or Credited(cls=finding.cls)
            cls = finding.cls if finding.entry is not None else one.cls
            found[id_] = Credited(
                cls=cls, lines=one.lines + 1, centavos=one.centavos + signed_centavos(line)
            )
    for finding in findings:
        entry = finding.entry
        if entry is not None and entry.id not in found and _is_absent(entry, windows):
            found[entry.id] = Credited(cls=FindingClass.APPLIED_ABSENT)
    return found


def _is_absent(entry: BookEntry, windows: Sequence[Window]) -> bool:
    return entry.status is Status.APPLIED and any(
        window.expects(entry, RULES.margin) for window in windows
    )


def _is_of_the_day(sold: Sold) -> bool:
    return BEGINS <= sold.sold_at < BEGINS + timedelta(days=1)


def _take_in(
    connection: psycopg.Connection[Any],
    findings: Sequence[Finding],
    rows: Sequence[tuple[Any, Any]],
) -> None:
    """As the ledger keeps them, in place of what it had."""
    connection.execute("set session_replication_role = replica")
    connection.execute("delete from provider_lines")
    connection.execute("delete from provider_tellings")
    for since, through in rows:
        connection.execute(
            "insert into provider_tellings (reconciliation_id, asked_at, since, through)"
            " values (gen_random_uuid(), now(), %s, %s)",
            [since, through],
        )
    for finding in findings:
        owner = finding.entry or finding.about
        if finding.line is not None:
            connection.execute(
                "insert into provider_lines (line_key, nth, centavos, credited_at, class,"
                " merchant_id, cashback_id) values (gen_random_uuid(), 0, %s, %s, %s, %s, %s)",
                [
                    signed_centavos(finding.line), finding.line.credited_at, finding.cls,
                    owner and owner.merchant_id, owner and owner.id,
                ],
            )  # fmt: skip


def _a_sale() -> Sold:
    return next(
        one
        for seed in range(99)
        for one in a_world(seed, echoes=True).sales
        if one.merchant_id == 1 and one.status is Status.APPLIED
    )
