"""Acts on all that a filter means: shown first, done when its figures are said again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, assert_never
from uuid import UUID

from cyclopts import Parameter

from cashback_core.delivery.states import Status
from cashback_core.operators.acts import RISK, TARGETS, Act, ActKind, RiskNotAccepted
from cashback_core.operators.open_cashbacks import (
    MANY,
    MAX_AT_ONCE,
    MeantChanged,
    OpenFilter,
    Tally,
    TooMany,
)
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.cashback_acts import BECAME
from cashback_gateway.commands.confirming import (
    Expected,
    ShownFigures,
    is_typed,
    may_ask,
    show_totals,
    totals_record,
)
from cashback_gateway.commands.meant import Which, names_of
from cashback_gateway.commands.operating import operating, tally_words, the_cashbacks, the_merchant
from cashback_gateway.commands.parameters import Json, Reason, Risk, Signer
from cashback_gateway.commands.place import Here, Workplace
from cashback_gateway.commands.readers import read_by, read_path, read_text
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.resolutions import FileConfirmation, resolve_file
from cashback_gateway.commands.tables import show_json

if TYPE_CHECKING:
    from cashback_core.operators.open_cashbacks import ManyDecision

Resendable = Literal[Status.REJECTED, Status.IN_DOUBT, Status.HELD]
Cancellable = Literal[Status.UNCONFIRMED, Status.PENDING, Status.REJECTED, Status.HELD]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What was looked at, and who acts on it: without it nothing is done."""

    expect: Expected | None = None
    accept_risk: Risk = False
    reason: Reason | None = None
    by: Signer | None = None


async def resend_many(
    *,
    status: Annotated[list[Resendable] | None, Parameter(name_transform=str.lower)] = None,
    which: Which | None = None,
    confirmed: Confirmation | None = None,
    json: Json = False,
    here: Here,
) -> None:
    """Show what a filter means, or send all of it again."""
    await _all(here, ActKind.RESEND, status, which, confirmed, as_json=json)


async def cancel_many(
    *,
    status: Annotated[list[Cancellable] | None, Parameter(name_transform=str.lower)] = None,
    which: Which | None = None,
    confirmed: Confirmation | None = None,
    json: Json = False,
    here: Here,
) -> None:
    """Show what a filter means, or end all of it unpaid."""
    await _all(here, ActKind.CANCEL, status, which, confirmed, as_json=json)


async def resolve_many(
    what: Annotated[
        str,
        read_by(
            read_text,
            "applied or rejected: what became of the doubtful that the options mean; or a FILE"
            " (CSV, or JSON Lines) that says of each: id, or sale_id (and store), status, evidence",
        ),
    ],
    /,
    *,
    which: Which | None = None,
    confirmed: Confirmation | None = None,
    report: Annotated[
        Path | None, read_by(read_path, "of a FILE: write what becomes of each line to this CSV")
    ] = None,
    json: Json = False,
    here: Here,
) -> None:
    """Show what would be resolved, or say on evidence what became of all of it."""
    which, confirmed = which or Which(), confirmed or Confirmation()
    if what in BECAME:
        if report is not None:
            raise WrongUseError("--report goes with a file")
        await _all(here, BECAME[what], [Status.IN_DOUBT], which, confirmed, as_json=json)
        return
    if which != Which(merchant=which.merchant):
        raise WrongUseError("a file names what is meant: with it goes --merchant alone")
    if confirmed.reason is not None or confirmed.accept_risk:
        raise WrongUseError("a file has its own evidence: neither --reason nor --accept-risk")
    looked = FileConfirmation(by=confirmed.by, expect=confirmed.expect)
    if looked.expect is not None and looked.by is None:
        raise WrongUseError("acting on them takes --as, too")
    await resolve_file(
        here,
        Path(what),
        looked,
        merchant=which.merchant,
        report=report,
        as_json=json,
    )


_DO: Final = {
    ActKind.RESEND: ("sends them again", "will be sent again"),
    ActKind.CANCEL: ("ends them unpaid", "are cancelled"),
    ActKind.MARK_APPLIED: ("calls them paid", "are applied"),
    ActKind.MARK_REJECTED: ("calls them unpaid", "are rejected"),
}
"""What would be done, and what was."""


async def _all(
    here: Workplace,
    kind: ActKind,
    status: list[Status] | list[Resendable] | list[Cancellable] | None,
    which: Which | None,
    confirmed: Confirmation | None,
    *,
    as_json: bool,
) -> None:
    which, confirmed = which or Which(), confirmed or Confirmation()
    names = names_of(which)
    if not status and names is None:
        raise WrongUseError("nothing is meant: --status, or --id for each")
    act = _act(kind, confirmed)
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, which.merchant)
        ids: frozenset[UUID] | None = None
        if names is not None:
            ids = frozenset(one.id for one in await the_cashbacks(database, names))
        wanted = OpenFilter(
            statuses=frozenset(map(Status, status or MANY[kind])),
            document=which.document,
            sold_from=which.sold_from,
            sold_to=which.sold_to,
            accepted_from=which.accepted_from,
            accepted_to=which.accepted_to,
            reason=which.why,
            status_code=which.answered,
            ids=ids,
            above_ceiling=which.above_ceiling,
        )
        expected = confirmed.expect
        tally = await operators.tally(merchant_id, wanted, kind)
        if expected is None or not as_json:
            _tell_count(kind, tally, wanted, as_json=as_json)
            expected = expected or _asked(tally, asks=act is not None and not as_json)
            if expected is None and not as_json:
                _tell_undone(kind, tally)
        if act is None or expected is None:
            return
        if expected != _figures(tally):
            raise ActRefusedError(expected.refusal(_figures(tally)))
        decision = await operators.act_on_all(merchant_id, wanted, act, token=expected.token)
    tally = _granted(decision, expected)
    if as_json:
        show_json(_counted(kind, tally, done=True))
    else:
        print(f"{tally_words(tally)}: {_DO[kind][1]}")


def _act(kind: ActKind, confirmed: Confirmation) -> Act | None:
    if confirmed.by is None or confirmed.reason is None:
        if confirmed.expect is None:
            return None
        raise WrongUseError("acting on them takes --reason and --as, too")
    return Act(
        kind=kind,
        by=confirmed.by,
        reason=confirmed.reason,
        accept_risk=confirmed.accept_risk,
    )


def _tell_count(kind: ActKind, tally: Tally, wanted: OpenFilter, *, as_json: bool) -> None:
    if as_json:
        show_json(_counted(kind, tally, done=False))
        return
    show_totals(_totals(kind, tally))
    print(tally_words(tally))
    if wanted.ids is not None and tally.count < len(wanted.ids):
        print(f"{len(wanted.ids) - tally.count} of the {len(wanted.ids)} named are not among them.")
    if tally.in_doubt:
        print(f"For each of those: {RISK}; --accept-risk takes that risk in your name.")
    if tally.above_ceiling and not wanted.above_ceiling:
        print(
            f"Left out: {tally.above_ceiling} that a ceiling holds; take them one by one, or with"
            " --above-ceiling."
        )


def _asked(tally: Tally, *, asks: bool) -> ShownFigures | None:
    looked = _figures(tally)
    return looked if asks and looked.count and may_ask() and is_typed(looked) else None


def _figures(tally: Tally) -> ShownFigures:
    return ShownFigures(tally.count, tally.cashback_centavos, tally.token)


def _tell_undone(kind: ActKind, tally: Tally) -> None:
    how = f": --expect {_figures(tally)} {_DO[kind][0]}" if tally.count else ""
    print(f"Nothing was done{how}.")


def _totals(kind: ActKind, tally: Tally) -> list[dict[str, object]]:
    to = TARGETS[kind]
    return [totals_record(one.status, to, one.count, one.centavos) for one in tally.by_status]


def _counted(kind: ActKind, tally: Tally, *, done: bool) -> dict[str, object]:
    return {
        "done": done,
        "count": tally.count,
        "cashback": format_centavos(tally.cashback_centavos),
        "totals": _totals(kind, tally),
        "may_be_paid_already": tally.in_doubt,
        "above_ceiling": tally.above_ceiling,
        "expect": None if done else str(_figures(tally)),
    }


def _granted(decision: ManyDecision, expected: ShownFigures) -> Tally:
    match decision:
        case Tally():
            return decision
        case MeantChanged(tally):
            raise ActRefusedError(expected.refusal(_figures(tally)))
        case TooMany(tally):
            words = f"nothing was done: {tally_words(tally)}, but at most {MAX_AT_ONCE} at once"
            raise ActRefusedError(words)
        case RiskNotAccepted(in_doubt):
            words = f"nothing was done, for {in_doubt}: {RISK}; --accept-risk takes that risk"
            raise ActRefusedError(words)
        case _:
            assert_never(decision)
