"""Lists of what became of many, in memory and on PostgreSQL alike: planned, and done by acts alone.

A subclass supplies the fixtures `store` and `operators` on the same data.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Actor, Status
from cashback_core.operators.acts import Act, ActKind, Granted
from cashback_core.operators.operator_store import CashbackName
from cashback_core.operators.resolution_lines import LineFault, ResolutionList, read_resolution
from cashback_core.operators.resolution_plans import LineRefusal, PlanChanged, Resolved, totals_of
from cashback_core.operators.resolutions import ResolveMany
from cashback_core.sales.place import Place
from cashback_core.values.ids import new_id
from contract.builders import CREATED, UNANSWERED, a_sale, ended, history_of
from contract.operating import REFUSED, ended_with

if TYPE_CHECKING:
    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.operator_store import OperatorStore

BY: Final = "ana"


def listed(*lines: dict[str, object], file: str = "june.csv") -> ResolutionList:
    """The list of these lines, from line 2 on; each is applied by mail unless it says otherwise."""
    told = {"status": "applied", "evidence": "their mail of 3 June"}
    read = [read_resolution(n, {**told, **line}) for n, line in enumerate(lines, start=2)]
    return ResolutionList(file=file, lines=tuple(read))


class ResolvingContract:
    """What a list would do is told, and done under the rules of single acts."""

    async def test_a_list_is_planned_and_then_done_line_by_line(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        doubtful = [await ended_with(store, UNANSWERED, a_sale(sale_id="NF-1")) for _ in range(1)]
        doubtful.append(await ended_with(store, UNANSWERED))
        paid = await ended_with(store, CREATED)
        rejected = await ended_with(store, REFUSED)
        told = listed(
            {"sale_id": "NF-1"},
            {"id": str(doubtful[1].id), "status": "rejected", "evidence": "their file, line 9"},
            {"id": str(paid.id)},
            {"id": str(rejected.id)},
            {"id": str(new_id())},
            {"id": str(doubtful[0].id)},  # the same as the first line
            {"id": "NF-1"},
        )
        resolving = ResolveMany(operators)
        plan = await resolving.plan(1, told, by=BY)
        assert [(m.said.line, m.id, m.from_status, m.to) for m in plan.moves] == [
            (2, doubtful[0].id, Status.IN_DOUBT, Status.APPLIED),
            (3, doubtful[1].id, Status.IN_DOUBT, Status.REJECTED),
        ]
        assert [(t.to, t.count, t.centavos) for t in totals_of(plan.moves)] == [
            (Status.APPLIED, 1, 500),
            (Status.REJECTED, 1, 500),
        ]
        assert plan.already == (4, 7)
        assert [(one.line, one.why, one.status) for one in plan.refused] == [
            (5, LineRefusal.NOT_CREDITED_THERE, Status.REJECTED),
            (6, LineRefusal.UNKNOWN, None),
            (8, LineFault.NAME, None),
        ]
        for one in doubtful:  # nothing is done by planning
            assert (await history_of(store, 1, one)).record.status is Status.IN_DOUBT
        done = await resolving.carry_out(1, told, by=BY, token=plan.token)
        assert done == Resolved(moves=plan.moves, already=(4, 7), refused=plan.refused)
        latest = (await history_of(store, 1, doubtful[1])).events[-1]
        assert (latest.actor, latest.actor_name) == (Actor.OPERATOR, BY)
        assert (latest.from_status, latest.to_status) == (Status.IN_DOUBT, Status.REJECTED)
        assert latest.reason == "june.csv, line 3: their file, line 9"
        again = await resolving.plan(1, told, by=BY)
        assert (again.moves, again.already) == ((), (2, 3, 4, 7))

    async def test_what_is_no_more_as_it_was_looked_at_is_left(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        first, second = await ended_with(store, UNANSWERED), await ended_with(store, UNANSWERED)
        third = await ended_with(store, UNANSWERED)
        told = listed({"id": str(first.id)}, {"id": str(second.id)}, {"id": str(third.id)})
        resolving = ResolveMany(operators)
        plan = await resolving.plan(1, told, by=BY)
        otherwise = listed({"id": str(second.id), "status": "rejected"}, {"id": str(first.id)})
        only = ResolutionList(file="other.csv", lines=otherwise.lines)
        steps: list[int] = []
        await resolving.do(1, only, await resolving.plan(1, only, by="bia"))
        changed = await resolving.carry_out(1, told, by=BY, token=plan.token)
        assert isinstance(changed, PlanChanged)
        assert len(changed.plan.moves) == 1
        assert (await history_of(store, 1, third)).record.status is Status.IN_DOUBT
        # Whoever had looked and acts at this moment: each by itself, under its lock.
        done = await resolving.do(1, told, plan, on_line=steps.append)
        assert ([move.id for move in done.moves], done.already) == ([third.id], (2,))
        assert [(one.line, one.why) for one in done.refused] == [(3, LineRefusal.MOVED_SINCE)]
        assert steps == [1, 2, 3]

    async def test_what_was_looked_at_is_done_once_by_whoever_looked(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        one = await ended_with(store, UNANSWERED)
        told = listed({"id": str(one.id), "status": "rejected"})
        resolving = ResolveMany(operators)
        looked = await resolving.plan(1, told, by=BY)
        token = looked.token
        renamed = ResolutionList(file="other.csv", lines=told.lines)
        for other, by in ((renamed, BY), (told, "bia")):
            done = await resolving.carry_out(1, other, by=by, token=token)
            assert isinstance(done, PlanChanged)
        assert isinstance(await resolving.carry_out(1, told, by=BY, token=token), Resolved)
        # A colleague takes it back, it is sent, and in doubt again: nobody has looked at that.
        back = Act(kind=ActKind.RESEND, by="bia", reason="a mistake", accept_risk=True)
        assert isinstance(await operators.act(1, one.id, back), Granted)
        (again,) = await store.claim_due(limit=10, lease_s=60.0)
        await store.conclude(ended(again, UNANSWERED, deliverer=Actor.WORKER))
        assert (await history_of(store, 1, one)).record.status is Status.IN_DOUBT
        done = await resolving.carry_out(1, told, by=BY, token=token)
        assert isinstance(done, PlanChanged)
        assert len(done.plan.moves) == 1
        # Nor does a list that was begun before: its line's turn came after all of that.
        late = await resolving.do(1, told, looked)
        assert (late.moves, [line.why for line in late.refused]) == ((), ["moved_since"])
        assert (await history_of(store, 1, one)).record.status is Status.IN_DOUBT

    async def test_lines_that_contradict_each_other_are_not_done(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        one = await ended_with(store, UNANSWERED, a_sale(sale_id="NF-7"))
        mine: dict[str, object] = {"sale_id": "NF-7"}
        told = listed(mine, {"id": str(one.id), "status": "rejected"}, mine)
        plan = await ResolveMany(operators).plan(1, told, by=BY)
        assert plan.moves == ()
        assert {line.why for line in plan.refused} == {LineRefusal.CONTRADICTED}

    async def test_a_store_that_is_told_is_the_sales(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        """Also where the merchant's numbers do not count in each: a slip names no other's sale."""
        sale = a_sale(sale_id="NF-8")
        one = await ended_with(store, UNANSWERED, replace(sale, place=Place(store="12")))
        names = [CashbackName(sale_id="NF-8", store=told) for told in ("12", "13", None)]
        named = await operators.named(1, names)
        assert [named[name] for name in names] == [(one.id,), (), (one.id,)]

    async def test_nobody_resolves_what_is_anothers(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        mine = await ended_with(store, UNANSWERED, a_sale(sale_id="NF-9"))
        told = listed({"id": str(mine.id)}, {"sale_id": "NF-9"})
        resolving = ResolveMany(operators)
        plan = await resolving.plan(2, told, by=BY)
        assert plan.moves == ()
        assert {one.why for one in plan.refused} == {LineRefusal.UNKNOWN}
        named = await operators.named(None, [CashbackName(sale_id="NF-9")])
        assert named == {CashbackName(sale_id="NF-9"): (mine.id,)}
        everybodys = await resolving.plan(None, told, by=BY)
        assert [(m.id, m.merchant) for m in everybodys.moves] == [(mine.id, "demo")]
        done = await resolving.do(2, told, everybodys)  # a plan gives no right
        assert (done.moves, [one.why for one in done.refused]) == ((), [LineRefusal.UNKNOWN])
        assert (await history_of(store, 1, mine)).record.status is Status.IN_DOUBT
