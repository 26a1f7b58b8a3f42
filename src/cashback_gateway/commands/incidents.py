"""What an operator does about incidents of the provider's statement from the command line.

Over all merchants, and over what is nobody's: whoever may run this has the database's password.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, assert_never

from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.incidents import (
    Explanation,
    Meaning,
    NamesACashback,
    NotExplained,
    StatementIncident,
)
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.operators import PAGE, ActRefusedError, operators_of, the_merchant

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncGenerator, Sequence

    from adapters.postgres.operators.incidents import PostgresIncidentStore
    from cashback_core.reconciliation.incidents import ClassTotal
    from cashback_gateway.settings.table import Settings

NONE_STANDS: Final = "no incident of a statement stands"


async def list_incidents(settings: Settings, options: argparse.Namespace) -> None:
    """List what a statement tells and nothing explains, and what stands in all."""
    async with operators_of(settings) as operators:
        merchant_id = await the_merchant(operators, options.merchant)
    cls = None if options.cls is None else FindingClass(options.cls)
    async with incidents_of(settings) as incidents:
        standing = await incidents.standing(merchant_id)
        left, after = options.limit, None
        while left > 0:
            page = await incidents.incidents(
                merchant_id,
                open_only=not options.all,
                cls=cls,
                limit=min(left, PAGE),
                after=after,
            )
            for one in page.items:
                print(_line(one))
            left, after = left - len(page.items), page.next
            if after is None:
                break
    print(words(standing))


async def explain(settings: Settings, options: argparse.Namespace) -> None:
    """Say what a line is, or that an absent credit is known."""
    explanation = Explanation(
        meaning=_meaning(options),
        by=options.by,
        reason=options.reason,
        cashback_id=options.ours,
        accept_risk=options.accept_risk,
    )
    async with incidents_of(settings) as incidents:
        answer = await incidents.explain(options.id, explanation, dry_run=options.dry_run)
    match answer:
        case None:
            raise ActRefusedError(f"there is no incident {options.id}")
        case NotExplained():
            raise ActRefusedError(_why(answer, options))
        case NamesACashback(cashback_id):
            raise ActRefusedError(
                f"the line's reference names {cashback_id}: if it is that one's credit, the"
                " customer is paid a second time; --accept-risk takes that risk in your name,"
                f" --ours {cashback_id} says that it is"
            )
        case StatementIncident():
            print(_line(answer))
            if options.dry_run:
                print(f"nothing was done: without --dry-run it would be {_said(explanation)}")
            else:
                print(f"{answer.id} is {_said(explanation)}: so on every later statement")
        case _:
            assert_never(answer)


def words(standing: Sequence[ClassTotal]) -> str:
    """What stands, by class, in one line."""
    if not standing:
        return NONE_STANDS
    count = sum(total.count for total in standing)
    amount = format_centavos(sum(total.centavos for total in standing))
    classes = ", ".join(f"{t.count} {t.cls} {format_centavos(t.centavos)}" for t in standing)
    incidents, stand = ("incident", "stands") if count == 1 else ("incidents", "stand")
    return f"{count} {incidents} of a statement {stand}, {amount} in all: {classes}"


def _line(one: StatementIncident) -> str:
    at = "" if one.credited_at is None else f" dated {format_instant(one.credited_at)[:19]}Z"
    line = "no line" if one.line is None else f"line {one.line}"
    about = "nobody's" if one.cashback_id is None else f"of {one.cashback_id} {one.merchant}"
    closed = "" if one.closed_at is None else f"; closed: {one.closed_why}"
    return (
        f"{one.id} {one.cls:15} since {format_instant(one.opened_at)[:19]}Z"
        f" {format_centavos(one.centavos):>12} {one.document or '-'} {line} of the statement of"
        f" {format_instant(one.statement_at)[:19]}Z{at} {about}: {one.why}{closed}"
    )


def _meaning(options: argparse.Namespace) -> Meaning:
    if options.ours is not None:
        return Meaning.OURS
    return Meaning.FOREIGN if options.foreign else Meaning.KNOWN_ABSENT


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


def _why(refused: NotExplained, options: argparse.Namespace) -> str:
    match refused:
        case NotExplained.CLOSED:
            return f"{options.id} is closed: a person or a later statement has explained it"
        case NotExplained.NOT_A_LINE:
            return (
                f"{options.id} has no line of its own: --known-absent is for what is applied and"
                " absent; else explain the line that its words name"
            )
        case NotExplained.NOT_ABSENT:
            return f"{options.id} is about a line: --foreign, or --ours with the cashback's id"
        case NotExplained.NO_SUCH_CASHBACK:
            return f"no cashback that is due has the id {options.ours}"
        case _:
            assert_never(refused)


@asynccontextmanager
async def incidents_of(settings: Settings) -> AsyncGenerator[PostgresIncidentStore, None]:
    """The store of incidents, open."""
    from adapters.postgres.connection.database import Database
    from adapters.postgres.operators.incidents import PostgresIncidentStore

    async with Database(settings.database.url) as database:
        yield PostgresIncidentStore(database)
