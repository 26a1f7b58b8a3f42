"""What every store of figures keeps, in memory and on PostgreSQL alike.

A subclass supplies the fixtures `store`, as for the contract of cashback stores, `operators`, who
act on its cashbacks, and `figures`, which count what became of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest

from cashback_core.delivery.evidence import Evidence, Phase
from cashback_core.delivery.states import Status
from cashback_core.figures.figures import Dimension, FiguresQuestion, Measures
from cashback_core.operators.acts import Act, ActKind
from cashback_core.sales.place import Place
from cashback_core.sales.sale import Line, Sale
from contract.builders import CREATED, a_cpf, a_sale, accepted, ended, given_up, leased, submitted

if TYPE_CHECKING:
    from cashback_core.figures.figures import Figures, FiguresStore
    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.operator_store import OperatorStore

ZONE: Final = ZoneInfo("America/Sao_Paulo")
REFUSED: Final = Evidence(phase=Phase.STATUS_SEEN, status_code=422, reason="Ana is no", ended_s=0.2)
LOST: Final = Evidence(phase=Phase.SENT, reason="deadline", ended_s=10.0)


def of_two_types(*, store: str | None = None) -> Sale:
    """Two lines of A (5 %), one of B (1 %): 300.00, of which 100.00 are B's."""
    lines = tuple(
        Line.of(type=type_, value_e10=10_000 * 10**8, qty_e4=10_000) for type_ in ("A", "B", "A")
    )
    sale = replace(a_sale(document=a_cpf()), lines=lines, total_centavos=30_000)
    return sale if store is None else replace(sale, place=Place(store=store))


def question(*by: Dimension, days: int = 1, **only: str) -> FiguresQuestion:
    """Of the days around now, whatever the zone."""
    today = datetime.now(UTC).astimezone(ZONE).date()
    return FiguresQuestion(
        since=today - timedelta(days=days),
        through=today + timedelta(days=days),
        by=by,
        only={Dimension(name): value for name, value in only.items()},
    )


def table(figures: Figures) -> dict[tuple[str, ...], Measures]:
    return {row.keys: row.measures for row in figures.rows}


class FiguresContract:
    """The contract of `cashback_core.figures.figures.FiguresStore`."""

    async def test_nothing_is_counted_of_nothing(self, figures: FiguresStore) -> None:
        found = await figures.figures(1, question())
        assert (found.rows, found.total, found.closed_through) == ((), Measures(), None)
        assert found.calls.attempts == 0
        assert found.calls.latency_s == {"0.5": None, "0.95": None, "0.99": None}
        assert found.zone == "America/Sao_Paulo"
        owed = await figures.balance(1, datetime.now(UTC) + timedelta(days=1))
        assert (owed.owed_centavos, owed.paid_centavos, dict(owed.by_status)) == (0, 0, {})

    async def test_what_is_paid_accrued_first(
        self, store: CashbackStore, figures: FiguresStore
    ) -> None:
        claim = await leased(store, a_sale(centavos=10_000))
        await store.conclude(ended(claim, CREATED))
        found = await figures.figures(1, question(Dimension.STATUS))
        assert table(found) == {
            ("pending",): Measures(sales=1, total_centavos=10_000, accrued=1, accrued_centavos=500),
            ("applied",): Measures(paid=1, paid_centavos=500, tried=1, accepted=1),
        }
        assert found.total.owed_more_centavos == 0
        assert found.total.effective_rate is not None
        assert float(found.total.effective_rate) == 0.05
        assert found.total.acceptance == 1
        assert (found.calls.attempts, found.calls.applied, found.calls.failures) == (1, 1, {})

    async def test_a_sale_counts_once_for_each_of_its_types(
        self, store: CashbackStore, figures: FiguresStore
    ) -> None:
        await accepted(store, submitted(of_two_types(), lease_s=None))
        found = await figures.figures(1, question(Dimension.TYPE))
        assert table(found) == {
            ("A",): Measures(sales=1, total_centavos=20_000, accrued=1, accrued_centavos=1_000),
            ("B",): Measures(sales=1, total_centavos=10_000, accrued=1, accrued_centavos=100),
        }
        whole = Measures(sales=1, total_centavos=30_000, accrued=1, accrued_centavos=1_100)
        assert found.total == whole
        assert (await figures.figures(1, question())).rows[0].measures == whole
        only = await figures.figures(1, question(type="B"))
        assert only.total == only.rows[0].measures == table(found)["B",]

    async def test_dimensions_and_filters_tell_apart(
        self, store: CashbackStore, figures: FiguresStore
    ) -> None:
        for shop, client in (("1", "client:cli_a"), ("2", "client:cli_a"), (None, "client:cli_b")):
            sale = of_two_types(store=shop)
            await accepted(store, submitted(sale, lease_s=None, submitted_by=client))
        by = await figures.figures(1, question(Dimension.STORE, Dimension.CLIENT))
        assert [row.keys for row in by.rows] == [
            ("", "client:cli_b"),
            ("1", "client:cli_a"),
            ("2", "client:cli_a"),
        ]
        of_client = await figures.figures(1, question(Dimension.TYPE, client="client:cli_a"))
        assert table(of_client)["B",].sales == of_client.total.sales == 2
        nowhere = await figures.figures(1, question(store=""))
        assert nowhere.total.sales == 1
        assert (await figures.figures(1, question(status="held"))).total == Measures()
        assert (await figures.figures(2, question())).total == Measures()

    async def test_by_day_month_and_hour_in_the_merchants_zone(
        self, store: CashbackStore, figures: FiguresStore
    ) -> None:
        record = await accepted(store, submitted(a_sale(), lease_s=None))
        at = record.accepted_at.astimezone(ZONE)
        by = await figures.figures(1, question(Dimension.HOUR, Dimension.DAY, Dimension.MONTH))
        assert [row.keys for row in by.rows] == [
            (f"{at.hour:02d}", at.date().isoformat(), f"{at:%Y-%m}")
        ]

    async def test_calls_that_failed_tell_why_and_of_nobody(
        self, store: CashbackStore, figures: FiguresStore
    ) -> None:
        for evidence in (REFUSED, LOST, LOST, CREATED):
            await store.conclude(ended(await leased(store), evidence))
        found = await figures.figures(1, question(Dimension.STATUS))
        assert dict(found.calls.failures) == {"unknown: deadline": 2, "refused: status 422": 1}
        assert (found.calls.attempts, found.calls.applied) == (4, 1)
        assert found.calls.latency_s["0.99"] == pytest.approx(0.25, rel=0.06)
        assert table(found)["in_doubt",] == Measures(doubted=2, doubted_centavos=1_000, tried=2)
        assert found.total.acceptance is not None
        assert float(found.total.acceptance) == 0.25

    async def test_acts_cancel_and_take_back(
        self, store: CashbackStore, operators: OperatorStore, figures: FiguresStore
    ) -> None:
        held = await given_up(store)
        cancel = Act(kind=ActKind.CANCEL, by="ana", reason="given back")
        await operators.act(1, held.id, cancel)
        found = await figures.figures(1, question())
        assert (found.total.cancelled, found.total.cancelled_centavos) == (1, 500)
        assert found.total.owed_more_centavos == 0
        assert (found.total.tried, found.total.accepted, found.calls.attempts) == (1, 0, 3)

    async def test_balances_follow_what_became_of_each(
        self, store: CashbackStore, figures: FiguresStore
    ) -> None:
        begun = datetime.now(UTC) - timedelta(days=365)
        paid = await leased(store, a_sale(centavos=10_000))
        await store.conclude(ended(paid, CREATED))
        doubtful = await leased(store, a_sale(centavos=20_000))
        await store.conclude(ended(doubtful, LOST))
        await accepted(store, submitted(a_sale(centavos=40_000), lease_s=None))
        now = await figures.balance(1, datetime.now(UTC) + timedelta(days=365))
        assert (now.owed_centavos, now.paid_centavos, now.in_doubt_centavos) == (3_000, 500, 1_000)
        assert {one: standing.cashbacks for one, standing in now.by_status.items()} == {
            Status.PENDING: 1,
            Status.APPLIED: 1,
            Status.IN_DOUBT: 1,
        }
        assert dict((await figures.balance(1, begun)).by_status) == {}
        history = await store.history(1, paid.id)
        assert history is not None
        before = await figures.balance(1, history.events[-1].at)
        assert (before.owed_centavos, before.paid_centavos) == (500, 0)

    async def test_a_report_is_of_one_instant_whatever_is_sold_meanwhile(
        self, store: CashbackStore, figures: FiguresStore
    ) -> None:
        await store.conclude(ended(await leased(store, a_sale(centavos=10_000)), CREATED))
        today = datetime.now(UTC).date()
        questions = [
            FiguresQuestion(
                since=today - timedelta(days=1), through=today + timedelta(days=1), by=by
            )
            for by in ((Dimension.DAY,), (Dimension.STORE,), (Dimension.HOUR, Dimension.TYPE))
        ]
        found, owed = await figures.report(1, questions)
        assert [one.question for one in found] == questions
        assert {one.as_of for one in found} == {owed.at}
        assert {(one.total.sales, one.total.paid_centavos) for one in found} == {(1, 500)}
        assert owed.paid_centavos == 500
