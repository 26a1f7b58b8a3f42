"""What an operator does about incidents of the provider's statement from the command line.

Over all merchants, and over what is nobody's: whoever may run this has the database's password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, assert_never
from uuid import UUID

from cyclopts import Group, Parameter
from cyclopts.validators import LimitedChoice

from adapters.postgres.operators.counts import count_incidents
from adapters.postgres.operators.incidents import PostgresIncidentStore
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.incidents import (
    Explanation,
    Meaning,
    NamesACashback,
    NotExplained,
    StatementIncident,
)
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.operating import PAGE, operating, the_cashback, the_merchant
from cashback_gateway.commands.parameters import (
    Id,
    Json,
    Limit,
    Named,
    Risk,
    Signature,
    Slug,
)
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.refusals import ActRefusedError
from cashback_gateway.commands.tables import (
    PrintedList,
    TableColumn,
    show_json,
    show_listing,
    show_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.reconciliation.incidents import ClassTotal
    from cashback_core.values.pages import Position

NONE_STANDS: Final = "no incident of a statement stands"


_COLUMNS: Final = (
    TableColumn("id"),
    TableColumn("class"),
    TableColumn("opened_at", "SINCE"),
    TableColumn("amount", right=True),
    TableColumn("document", "CUSTOMER"),
    TableColumn("line", right=True),
    TableColumn("statement_at", "STATEMENT OF"),
    TableColumn("credited_at", "DATED"),
    TableColumn("cashback_id", "CASHBACK"),
    TableColumn("merchant"),
    TableColumn("told", "WHY", folds=True),
)


async def list_incidents(
    *,
    cls: Annotated[FindingClass | None, Parameter(name="--class", name_transform=str.lower)] = None,
    all_: Annotated[bool, Parameter(name="--all", help="those that have ended, too")] = False,
    limit: Limit = 100,
    merchant: Annotated[
        Slug | None, Parameter(help="the merchant's slug; default: every one, and what is nobody's")
    ] = None,
    json: Json = False,
    here: Here,
) -> None:
    """List what a statement tells and nothing explains, and what stands in all."""
    records: list[dict[str, object]] = []
    after: Position | None = None
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        incidents = PostgresIncidentStore(database)
        standing = await incidents.standing(merchant_id)
        while (left := limit - len(records)) > 0:
            page = await incidents.incidents(
                merchant_id, open_only=not all_, cls=cls, limit=min(left, PAGE), after=after
            )
            records += map(_incident, page.items)
            after = page.next
            if after is None:
                break
        cut = limit == 0 or after is not None
        total = (
            await count_incidents(database, merchant_id, cls, open_only=not all_)
            if cut
            else len(records)
        )
    listing = PrintedList(
        records=records,
        columns=_COLUMNS,
        total=total,
        words=(standing_words(standing),),
        facts={
            "standing": [
                {"class": t.cls, "count": t.count, "amount": format_centavos(t.centavos)}
                for t in standing
            ]
        },
    )
    show_listing(listing, as_json=json)


_MEANING: Final = Group("What it is: one of three", validator=LimitedChoice(1, 1))


async def explain(
    incident: Id,
    /,
    *,
    foreign: Annotated[
        bool, Parameter(group=_MEANING, help="the line is no credit of ours")
    ] = False,
    ours: Annotated[
        Named | None, Parameter(group=_MEANING, help="the line is the credit of this cashback")
    ] = None,
    known_absent: Annotated[
        bool,
        Parameter(
            group=_MEANING, help="the cashback is applied, on no statement, and that is known"
        ),
    ] = False,
    dry_run: Annotated[bool, Parameter(help="only tell what would be done")] = False,
    accept_risk: Risk = False,
    signed: Signature,
    json: Json = False,
    here: Here,
) -> None:
    """Say what a line is, or that an absent credit is known."""
    async with operating(here) as (database, _):
        named = None if ours is None else (await the_cashback(database, ours)).id
        told = {
            Meaning.FOREIGN: foreign,
            Meaning.OURS: ours is not None,
            Meaning.KNOWN_ABSENT: known_absent,
        }
        explanation = Explanation(
            meaning=next(meaning for meaning, is_said in told.items() if is_said),
            by=signed.by,
            reason=signed.reason,
            cashback_id=named,
            accept_risk=accept_risk,
        )
        answer = await PostgresIncidentStore(database).explain(
            incident, explanation, dry_run=dry_run
        )
    match answer:
        case None:
            raise ActRefusedError(f"there is no incident {incident}")
        case NotExplained():
            raise ActRefusedError(_why(answer, incident, named))
        case NamesACashback(cashback_id):
            raise ActRefusedError(
                f"the line's reference names {cashback_id}: if it is that one's credit, the"
                " customer is paid a second time; --accept-risk takes that risk in your name,"
                f" --ours {cashback_id} says that it is"
            )
        case StatementIncident():
            record = _incident(answer)
            if json:
                show_json({**record, "done": not dry_run})
                return
            show_table(_COLUMNS, [record])
            if dry_run:
                print(f"nothing was done: without --dry-run it would be {_said(explanation)}")
            else:
                print(f"{answer.id} is {_said(explanation)}: so on every later statement")
        case _:
            assert_never(answer)


def standing_words(standing: Sequence[ClassTotal]) -> str:
    """What stands, by class, in one line."""
    if not standing:
        return NONE_STANDS
    count = sum(total.count for total in standing)
    amount = format_centavos(sum(total.centavos for total in standing))
    classes = ", ".join(f"{t.count} {t.cls} {format_centavos(t.centavos)}" for t in standing)
    incidents, stand = ("incident", "stands") if count == 1 else ("incidents", "stand")
    return f"{count} {incidents} of a statement {stand}, {amount} in all: {classes}"


def _incident(one: StatementIncident) -> dict[str, object]:
    closed = "" if one.closed_at is None else f"; closed: {one.closed_why}"
    return {
        "id": one.id,
        "class": one.cls,
        "opened_at": one.opened_at,
        "amount": format_centavos(one.centavos),
        "document": one.document,
        "line": one.line,
        "statement_at": one.statement_at,
        "credited_at": one.credited_at,
        "reference": one.reference,
        "cashback_id": one.cashback_id,
        "merchant": one.merchant,
        "why": one.why,
        "closed_at": one.closed_at,
        "closed_why": one.closed_why,
        "told": f"{one.why}{closed}",
    }


def _said(explanation: Explanation) -> str:
    match explanation.meaning:
        case Meaning.FOREIGN:
            return "explained as no credit of ours"
        case Meaning.OURS:
            return f"explained as the credit of {explanation.cashback_id}"
        case Meaning.KNOWN_ABSENT:
            return "known to be absent"
        case _:
            assert_never(explanation.meaning)


def _why(refused: NotExplained, incident: UUID, ours: UUID | None) -> str:
    match refused:
        case NotExplained.CLOSED:
            return f"{incident} is closed: a person or a later statement has explained it"
        case NotExplained.NOT_A_LINE:
            return (
                f"{incident} has no line of its own: --known-absent is for what is applied and"
                " absent; else explain the line that its words name"
            )
        case NotExplained.NOT_ABSENT:
            return f"{incident} is about a line: --foreign, or --ours with the cashback's id"
        case NotExplained.NO_SUCH_CASHBACK:
            return f"no cashback that is due has the id {ours}"
        case _:
            assert_never(refused)
