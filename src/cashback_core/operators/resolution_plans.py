"""What a list of resolutions would do: its moves, what is so already, what is refused and why."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from cashback_core.delivery.states import Status
from cashback_core.operators.acts import TARGETS, ActKind, Decision, Granted, NotCreditedThere
from cashback_core.operators.operator_store import CashbackName, Foreseen
from cashback_core.operators.resolution_lines import (
    LineFault,
    ResolutionLine,
    ResolutionList,
    UnreadResolution,
)


class LineRefusal(StrEnum):
    """Why nothing would be done about a line that can be read."""

    UNKNOWN = "unknown"
    """No cashback here is called so."""
    SEVERAL = "several"
    """Several merchants have a sale of that number: say the id, or the merchant."""
    CONTRADICTED = "contradicted"
    """Another line says otherwise of the same cashback: neither is done."""
    NOT_FROM_HERE = "not_from_here"
    """Its present status does not go with it."""
    NOT_CREDITED_THERE = "not_credited_there"
    """It is held or rejected, and no incident of a statement says that it is credited."""
    MOVED_SINCE = "moved_since"
    """It has moved since it was looked at: nobody knows that the evidence is of what it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMove:
    """A line that would move a cashback; `version` is that one's, before it does."""

    said: ResolutionLine
    id: UUID
    merchant: str
    from_status: Status
    version: int
    centavos: int

    @property
    def to(self) -> Status:
        """Where it leads."""
        return TARGETS[self.said.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A line that would do nothing, and why; `id` and `status` where a cashback is known."""

    line: int
    name: CashbackName | None
    why: LineFault | LineRefusal
    id: UUID | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTotal:
    """How many cashbacks would go from one status to another, and what they are worth."""

    from_status: Status
    to: Status
    count: int
    centavos: int


def totals_of(moves: Iterable[PlannedMove]) -> tuple[MoveTotal, ...]:
    """What moves, by status, in the order of `Status`."""
    counts: Counter[tuple[Status, Status]] = Counter()
    centavos: Counter[tuple[Status, Status]] = Counter()
    for move in moves:
        counts[move.from_status, move.to] += 1
        centavos[move.from_status, move.to] += move.centavos
    order = {status: place for place, status in enumerate(Status)}
    return tuple(
        MoveTotal(from_status=f, to=to, count=counts[f, to], centavos=centavos[f, to])
        for f, to in sorted(counts, key=lambda pair: (order[pair[0]], order[pair[1]]))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionPlan:
    """What a list would do: every line in exactly one of `moves`, `already` and `refused`.

    `already` are the numbers of the lines that say what is so. `file` and `by` are what each of the
    moves will be kept with: the list's name and who acts.
    """

    file: str
    by: str
    moves: tuple[PlannedMove, ...]
    already: tuple[int, ...]
    refused: tuple[RefusedLine, ...]

    @property
    def centavos(self) -> int:
        """What all that moves is worth."""
        return sum(move.centavos for move in self.moves)

    @property
    def token(self) -> str:
        """Names exactly these moves, as this person's, on this file's evidence.

        Whoever confirms says it again. Once a cashback has moved since, it is another, though the
        cashback be back where it was.
        """
        told = hashlib.sha256(f"{self.file}\n{self.by}\n".encode())
        for move in self.moves:
            said = move.said
            told.update(
                f"{said.line} {move.id} {move.version} {move.from_status} {move.to}"
                f" {move.centavos} {said.evidence}\n".encode()
            )
        return told.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """Not what was looked at: look again before acting."""

    plan: ResolutionPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What was done: what moved, and the lines that were refused or so already by then."""

    moves: tuple[PlannedMove, ...]
    already: tuple[int, ...]
    refused: tuple[RefusedLine, ...]


def plan_of(
    told: ResolutionList,
    named: Mapping[CashbackName, Sequence[UUID]],
    foreseen: Mapping[UUID, Foreseen],
    *,
    by: str,
) -> ResolutionPlan:
    """What a list would do; `foreseen` is of each cashback that is named once, by its one kind.

    Of several lines that say the same of one cashback the first is done.
    """
    kinds = kinds_of(told.lines, named)
    moves: list[PlannedMove] = []
    already: list[int] = []
    refused: list[RefusedLine] = []
    done: set[UUID] = set()
    for one in told.lines:
        if isinstance(one, UnreadResolution):
            refused.append(RefusedLine(line=one.line, name=None, why=one.fault))
            continue
        ids = named.get(one.name, ())
        if len(ids) != 1 or ids[0] not in kinds:
            why = LineRefusal.UNKNOWN if not ids else LineRefusal.SEVERAL
            refused.append(RefusedLine(line=one.line, name=one.name, why=why))
            continue
        (id_,) = ids
        known = foreseen.get(id_)
        if kinds[id_] is None or known is None:
            why = LineRefusal.UNKNOWN if kinds[id_] is not None else LineRefusal.CONTRADICTED
            refused.append(RefusedLine(line=one.line, name=one.name, why=why, id=id_))
        elif id_ in done or known.status is TARGETS[one.kind]:
            already.append(one.line)
        elif isinstance(known.decision, Granted):
            done.add(id_)
            moves.append(
                PlannedMove(
                    said=one,
                    id=id_,
                    merchant=known.merchant,
                    from_status=known.status,
                    version=known.version,
                    centavos=known.cashback_centavos,
                )
            )
        else:
            refused.append(refused_by(one, id_, known.status, known.decision))
    return ResolutionPlan(
        file=told.file,
        by=by,
        moves=tuple(moves),
        already=tuple(already),
        refused=tuple(refused),
    )


def kinds_of(
    lines: Iterable[ResolutionLine | UnreadResolution],
    named: Mapping[CashbackName, Sequence[UUID]],
) -> dict[UUID, ActKind | None]:
    """What is said of each cashback that is named by itself; None where lines contradict."""
    kinds: dict[UUID, ActKind | None] = {}
    for one in lines:
        if isinstance(one, ResolutionLine) and len(ids := named.get(one.name, ())) == 1:
            kinds[ids[0]] = one.kind if kinds.get(ids[0], one.kind) is one.kind else None
    return kinds


def refused_by(one: ResolutionLine, id_: UUID, status: Status, decision: Decision) -> RefusedLine:
    """A line that the rules of acts refuse."""
    why = LineRefusal.NOT_FROM_HERE
    if isinstance(decision, NotCreditedThere):
        why = LineRefusal.NOT_CREDITED_THERE
    return RefusedLine(line=one.line, name=one.name, why=why, id=id_, status=status)
