"""`resolve-many FILE`: what a file says of each of many cashbacks, shown first and then done."""

from __future__ import annotations

import csv
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from cashback_core.operators.resolution_lines import ResolutionList
from cashback_core.operators.resolution_plans import (
    LineRefusal,
    PlanChanged,
    PlannedMove,
    RefusedLine,
    ResolutionPlan,
    Resolved,
    totals_of,
)
from cashback_core.operators.resolutions import BrokeOff, ResolveMany
from cashback_core.values.money import format_centavos
from cashback_core.words.locales import ENGLISH, phrase
from cashback_gateway.commands.confirming import (
    ShownFigures,
    is_typed,
    may_ask,
    show_totals,
    totals_record,
)
from cashback_gateway.commands.operating import operating, the_merchant
from cashback_gateway.commands.refusals import ActRefusedError
from cashback_gateway.commands.resolution_files import read_resolutions
from cashback_gateway.commands.tables import TableColumn, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from cashback_gateway.commands.place import Workplace

SHOWN: Final = 50
"""Of refused lines so many are shown; all of them are in --json and --report."""

_EVERY: Final = 500
"""How often progress is told."""

_REFUSED: Final = (
    TableColumn("line", right=True),
    TableColumn("named"),
    TableColumn("status", "NOW"),
    TableColumn("what", "WHY", folds=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConfirmation:
    """Who acts on a file, and what they looked at.

    Without the latter nothing is done, unless a person who is asked says so; `by` may be None then.
    """

    by: str | None
    expect: ShownFigures | None


async def resolve_file(
    here: Workplace,
    file: Path,
    confirmed: FileConfirmation,
    *,
    merchant: str | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Tell what a file would do; and do it, if that is still what was looked at."""
    told = read_resolutions(file)
    with _reserved(report):
        try:
            outcome = await _resolve(here, told, confirmed, merchant=merchant, as_json=as_json)
        except BrokeOff as error:
            _write_report(report, error.done, error.left)
            of = len(error.done.moves) + len(error.left)
            raise ActRefusedError(
                f"the database is away: {len(error.done.moves)} of {of} are done. Look again, and"
                " do the rest: what is so already is only told"
            ) from error
        _write_report(report, outcome)
    if as_json:
        show_json(_document(told, outcome))
    elif isinstance(outcome, Resolved):
        print(_summary(told, outcome))
    else:
        _tell_undone(outcome, confirmed.by)
    if isinstance(outcome, Resolved) and outcome.refused:
        raise ActRefusedError(f"{len(outcome.refused)} lines were not done")


async def _resolve(
    here: Workplace,
    told: ResolutionList,
    confirmed: FileConfirmation,
    *,
    merchant: str | None,
    as_json: bool,
) -> ResolutionPlan | Resolved:
    by = confirmed.by or "nobody"
    async with operating(here) as (_, operators):
        merchant_id = await the_merchant(operators, merchant)
        resolving = ResolveMany(operators)
        plan = await resolving.plan(merchant_id, told, by=by)
        looked = _figures(plan)
        if not as_json:
            _tell_plan(told, plan)
        if confirmed.expect is None:
            asks = confirmed.by is not None and plan.moves and not as_json and may_ask()
            if not asks or not is_typed(looked):
                return plan
        if confirmed.expect is not None and confirmed.expect != looked:
            raise ActRefusedError(confirmed.expect.refusal(looked))
        done = await resolving.carry_out(
            merchant_id,
            told,
            by=by,
            token=plan.token,
            on_line=partial(_tell_progress, looked.count),
        )
    if isinstance(done, PlanChanged):
        raise ActRefusedError("nothing was done: it is not what was shown; look again")
    shown = {one.line for one in plan.refused}
    late = [_refusal(one) for one in done.refused if one.line not in shown]
    if late and not as_json:
        show_table(_REFUSED, late[:SHOWN])
    return done


def _tell_progress(of: int, done: int) -> None:
    """How far it came, on standard error."""
    if done % _EVERY == 0:
        print(f"{done} of {of}", file=sys.stderr)


def _tell_plan(told: ResolutionList, plan: ResolutionPlan) -> None:
    show_totals(_totals(plan.moves))
    refused = [_refusal(one) for one in plan.refused]
    if refused:
        show_table(_REFUSED, refused[:SHOWN])
    if len(refused) > SHOWN:
        print(f"{SHOWN} of {len(refused)} that would do nothing: --json, or --report, has all")
    print(_summary(told, plan))


def _tell_undone(plan: ResolutionPlan, by: str | None) -> None:
    looked = _figures(plan)
    how = f": --expect {looked} --as {by or 'NAME'} does just this" if looked.count else ""
    print(f"Nothing was done{how}.")


def _figures(plan: ResolutionPlan) -> ShownFigures:
    """What a plan shows, the same whoever is shown it: whoever acts says their name then."""
    token = replace(plan, by="").token[:8]
    return ShownFigures(len(plan.moves), plan.centavos, token)


def _summary(told: ResolutionList, outcome: ResolutionPlan | Resolved) -> str:
    moved = "moved" if isinstance(outcome, Resolved) else "would move"
    cashback = format_centavos(sum(move.centavos for move in outcome.moves))
    return (
        f"{told.file}: {len(told.lines)} lines, {len(outcome.moves)} {moved}, {cashback} in all;"
        f" {len(outcome.already)} say what is so already, {len(outcome.refused)} refused"
    )


def _totals(moves: Iterable[PlannedMove]) -> list[dict[str, object]]:
    return [
        totals_record(one.from_status, one.to, one.count, one.centavos) for one in totals_of(moves)
    ]


def _document(told: ResolutionList, outcome: ResolutionPlan | Resolved) -> dict[str, object]:
    return {
        "file": told.file,
        "done": isinstance(outcome, Resolved),
        "count": len(outcome.moves),
        "cashback": format_centavos(sum(move.centavos for move in outcome.moves)),
        "totals": _totals(outcome.moves),
        "moves": [*map(_move, outcome.moves)],
        "already": [*outcome.already],
        "refused": [_refusal(one) for one in outcome.refused],
        "expect": None if isinstance(outcome, Resolved) else str(_figures(outcome)),
    }


def _move(move: PlannedMove) -> dict[str, object]:
    return {
        "line": move.said.line,
        "id": move.id,
        "merchant": move.merchant,
        "from": move.from_status,
        "to": move.to,
        "cashback": format_centavos(move.centavos),
    }


def _refusal(one: RefusedLine) -> dict[str, object]:
    what = phrase(ENGLISH, f"resolution.{one.why}")
    if one.why is LineRefusal.SEVERAL:
        what += ": --merchant says which"
    name = one.name
    named = None
    if name is not None:
        number = name.sale_id if name.store is None else f"{name.store}/{name.sale_id}"
        named = number if name.id is None else str(name.id)
    return {
        "line": one.line,
        "named": named,
        "id": one.id,
        "status": one.status,
        "why": one.why,
        "what": what,
    }


@contextmanager
def _reserved(report: Path | None) -> Generator[None]:
    """A report that cannot be written is told before anything is done."""
    if report is None:
        yield
        return
    try:
        report.open("x").close()
    except OSError as error:
        raise ActRefusedError(f"{report} cannot be written: {error}") from error
    try:
        yield
    except BaseException:
        if not report.stat().st_size:  # nothing was done that it would tell
            report.unlink(missing_ok=True)
        raise


def _write_report(
    report: Path | None, outcome: ResolutionPlan | Resolved, left: Sequence[PlannedMove] = ()
) -> None:
    """What becomes of each line, in the order of the file."""
    if report is None:
        return
    moved = "moved" if isinstance(outcome, Resolved) else "moves"
    with report.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["line", "outcome", "id", "from", "to", "cashback", "why"])
        rows = sorted((*_rows(outcome, moved), *_left_rows(left)))
        writer.writerows([line, *cells] for line, cells in rows)


def _left_rows(left: Sequence[PlannedMove]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Of the first nobody can tell: the database went away in the middle of it."""
    for number, move in enumerate(left):
        cashback = format_centavos(move.centavos)
        what = "left" if number else "unknown"
        cells = (what, str(move.id), str(move.from_status), str(move.to), cashback, "")
        yield move.said.line, cells


def _rows(outcome: ResolutionPlan | Resolved, moved: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for move in outcome.moves:
        cashback = format_centavos(move.centavos)
        cells = (moved, str(move.id), str(move.from_status), str(move.to), cashback, "")
        yield move.said.line, cells
    for line in outcome.already:
        yield line, ("already", "", "", "", "", "")
    for one in outcome.refused:
        id_, status = "" if one.id is None else str(one.id), one.status or ""
        yield one.line, ("refused", id_, str(status), "", "", str(one.why))
