"""A list of what became of many cashbacks, each on evidence of its own: counted, shown, then done.

Each line names a cashback, says `applied` or `rejected`, and on which evidence. What it would do
is told first; done it is as an operator's act on that one cashback (`acts.operate`), under its lock
and by its rules, with a reason that names file, line and evidence. A list that broke off is sent
again: what is so already is only told.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from cashback_core.operators.acts import Act, Granted
from cashback_core.operators.operator_store import CashbackName, Foreseen, MovedSince, OperatorStore
from cashback_core.operators.resolution_lines import ResolutionLine, ResolutionList
from cashback_core.operators.resolution_plans import (
    LineRefusal,
    PlanChanged,
    PlannedMove,
    RefusedLine,
    ResolutionPlan,
    Resolved,
    kinds_of,
    plan_of,
    refused_by,
)
from cashback_core.values.availability import StoreUnavailable

T = TypeVar("T")

_ASKED_AT_ONCE: Final = 1_000


class BrokeOff(StoreUnavailable):
    """The database went away under way: what was `done` by then stays done.

    Of the first of `left` nobody can tell; the others were not begun.
    """

    def __init__(self, why: str, done: Resolved, left: Sequence[PlannedMove]) -> None:
        super().__init__(why)
        self.done = done
        self.left = tuple(left)


@dataclass(frozen=True, slots=True)
class ResolveMany:
    """Counts what a list would do, and does it line by line.

    Every method raises StoreUnavailable.
    """

    operators: OperatorStore

    async def plan(
        self, merchant_id: int | None, told: ResolutionList, *, by: str
    ) -> ResolutionPlan:
        """What it would do now; nothing is done."""
        read = [one for one in told.lines if isinstance(one, ResolutionLine)]
        named: dict[CashbackName, Sequence[UUID]] = {}
        for names in _parts(dict.fromkeys(one.name for one in read)):
            named |= await self.operators.named(merchant_id, names)
        kinds = kinds_of(read, named)
        acts: dict[UUID, Act] = {}
        for one in read:
            ids = named.get(one.name, ())
            if len(ids) == 1 and kinds[ids[0]] is not None and ids[0] not in acts:
                acts[ids[0]] = told.act(one, by)
        foreseen: dict[UUID, Foreseen] = {}
        for part in _parts(acts):
            asked = {id_: acts[id_] for id_ in part}
            foreseen |= await self.operators.foresee(merchant_id, asked)
        return plan_of(told, named, foreseen, by=by)

    async def carry_out(
        self,
        merchant_id: int | None,
        told: ResolutionList,
        *,
        by: str,
        token: str,
        on_line: Callable[[int], None] | None = None,
    ) -> Resolved | PlanChanged:
        """Do what the plan of that token would, or nothing where it is another by now.

        `on_line` is told how many of its moves are done with.
        """
        plan = await self.plan(merchant_id, told, by=by)
        if plan.token != token:
            return PlanChanged(plan)
        return await self.do(merchant_id, told, plan, on_line=on_line)

    async def do(
        self,
        merchant_id: int | None,
        told: ResolutionList,
        plan: ResolutionPlan,
        *,
        on_line: Callable[[int], None] | None = None,
    ) -> Resolved:
        """Do the moves of a plan as whoever it is of, each by itself.

        What has moved since is told, and left. Raises BrokeOff.
        """
        moved: list[PlannedMove] = []
        already, refused = list(plan.already), list(plan.refused)
        for number, move in enumerate(plan.moves, start=1):
            one = move.said
            try:
                decision = await self.operators.act_as_seen(
                    merchant_id, move.id, told.act(one, plan.by), version=move.version
                )
            except StoreUnavailable as error:
                done = _resolved(moved, already, refused)
                raise BrokeOff(str(error), done, plan.moves[number - 1 :]) from error
            match decision:
                case Granted():
                    moved.append(move)
                case MovedSince(status) if status is move.to:
                    already.append(one.line)
                case MovedSince(status):
                    why = LineRefusal.MOVED_SINCE
                    refused.append(
                        RefusedLine(
                            line=one.line, name=one.name, why=why, id=move.id, status=status
                        )
                    )
                case None:
                    why = LineRefusal.UNKNOWN
                    refused.append(RefusedLine(line=one.line, name=one.name, why=why, id=move.id))
                case _:  # what it stands on has gone: an incident, as a rule
                    refused.append(refused_by(one, move.id, move.from_status, decision))
            if on_line is not None:
                on_line(number)
        return _resolved(moved, already, refused)


def _resolved(
    moves: Iterable[PlannedMove], already: Iterable[int], refused: Iterable[RefusedLine]
) -> Resolved:
    by_line = sorted(refused, key=lambda one: one.line)
    return Resolved(moves=tuple(moves), already=tuple(sorted(already)), refused=tuple(by_line))


def _parts(whole: Iterable[T]) -> Iterable[list[T]]:
    listed = list(whole)
    for start in range(0, len(listed), _ASKED_AT_ONCE):
        yield listed[start : start + _ASKED_AT_ONCE]
