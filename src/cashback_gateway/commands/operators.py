"""What an operator does from the command line, each act under the name given with `--as`.

The same decisions and the same records as over HTTP; whoever may run this holds the database's
password, so it acts for every merchant unless one is named.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, assert_never

from cashback_core.delivery.ports import RateVersion, RecordFilter
from cashback_core.delivery.states import Status
from cashback_core.delivery.waiting import Why
from cashback_core.operators.acts import (
    ATTENTION,
    MAX_AT_ONCE,
    RISK,
    Act,
    ActKind,
    CountChanged,
    Decision,
    Granted,
    ManyDecision,
    NotCreditedThere,
    NotFromHere,
    NotYours,
    OpenFilter,
    RiskNotAccepted,
    Tally,
    TooMany,
)
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.documents import mask
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncGenerator, Callable, Coroutine
    from uuid import UUID

    from adapters.postgres.operators.acts import PostgresOperatorStore
    from cashback_core.delivery.record import Record
    from cashback_core.delivery.waiting import Waiting
    from cashback_core.intake.equal_sales import EqualSales, Try
    from cashback_core.operators.acts import OpenCashback
    from cashback_gateway.settings.reading import Settings

    Operate = Callable[[Settings, argparse.Namespace], Coroutine[object, object, None]]

PAGE: Final = 200

WAITS: Final[dict[str, str]] = {
    Why.PAUSED: "for the sender, which is paused (`./cashback sender status`)",
    Why.CREDENTIALS_REFUSED: "because the provider refuses our credentials",
    Why.MISCONFIGURED: "because the provider's address or our settings are wrong",
    Why.BREAKER_OPEN: "while the provider, which fails, is given a rest",
    Why.RETRY: "for its next try",
    Why.DUE: "for a worker",
    Why.PROOF: "for the provider's statement",
    Why.PERSON: "for an operator",
}
"""What a cashback waits for, by its Why."""


class ActRefusedError(Exception):
    """The act was not done; the message says why, and what to do."""


def operate(settings: Settings, options: argparse.Namespace) -> None:
    """Do what the options say. Raises ActRefusedError and StoreUnavailable."""
    do: Operate = options.operate
    asyncio.run(do(settings, options))


async def list_open(settings: Settings, options: argparse.Namespace) -> None:
    """List what waits for somebody."""
    statuses = frozenset({Status(options.status)}) if options.status else ATTENTION
    wanted = OpenFilter(statuses=statuses, above_ceiling=True)
    async with operators_of(settings) as operators:
        merchant_id = await the_merchant(operators, options.merchant)
        tally = await operators.tally(merchant_id, wanted)
        standing = await _standing(settings, merchant_id)
        left, after = options.limit, None
        while left > 0:
            page = await operators.open_page(
                merchant_id, wanted, limit=min(left, PAGE), after=after
            )
            waits = await operators.waits(merchant_id, [item.id for item in page.items])
            for item in page.items:
                print(_line(item, waits.get(item.id)))
            left, after = left - len(page.items), page.next
            if after is None:
                break
    print(_words(tally))
    if standing:
        print(standing)


async def _standing(settings: Settings, merchant_id: int | None) -> str | None:
    """The incidents of a statement that stand, in words; None without any."""
    from cashback_gateway.commands.incidents import incidents_of, words

    async with incidents_of(settings) as incidents:
        standing = await incidents.standing(merchant_id)
    return f"{words(standing)}; `./cashback incidents` lists them" if standing else None


async def list_equals(settings: Settings, options: argparse.Namespace) -> None:
    """List sales of equal content."""
    outcome = EqualOutcome(options.outcome) if options.outcome else None
    async with operators_of(settings) as operators:
        merchant_id = await the_merchant(operators, options.merchant)
        left, after = options.limit, None
        while left > 0:
            page = await operators.equals_page(
                merchant_id, outcome, limit=min(left, PAGE), after=after
            )
            for pair in page.items:
                print(_pair(pair))
            left, after = left - len(page.items), page.next
            if after is None:
                break


async def list_by_rate(settings: Settings, options: argparse.Namespace) -> None:
    """List what a version of a rate paid."""
    from adapters.postgres.connection.database import Database
    from adapters.postgres.sales.store import PostgresCashbackStore
    from cashback_core.delivery.states import DeliveryPolicy

    wanted = RecordFilter(
        rate=RateVersion(type=options.type, version=options.version),
        status=None if options.status is None else Status(options.status),
    )
    async with operators_of(settings) as operators:
        merchant_id = await the_merchant(operators, options.merchant)
    assert merchant_id is not None
    async with Database(settings.database.url) as database:
        store = PostgresCashbackStore(database, DeliveryPolicy())
        left, after = options.limit, None
        while left > 0:
            page = await store.page(merchant_id, wanted, limit=min(left, PAGE), after=after)
            for record in page.records:
                print(_paid(record))
            left, after = left - len(page.records), page.next
            if after is None:
                break


def _paid(record: Record) -> str:
    waits = "" if record.waiting is None else f" waits: {record.waiting.why}"
    return (
        f"{record.id} {record.status:9} {format_centavos(record.cashback.cashback_centavos):>12}"
        f" accepted {format_instant(record.accepted_at)[:19]}Z"
        f" sold {format_instant(record.sale.sold_at)[:19]}Z{waits}"
    )


def _pair(pair: EqualSales) -> str:
    customer = "erased" if pair.document is None else mask(pair.document)
    return (
        f"{pair.outcome:8} {format_centavos(pair.total_centavos):>12} {customer} {pair.merchant}:"
        f" {_told(pair.second)}; first {_told(pair.first)}"
    )


def _told(told: Try) -> str:
    names = [
        f"{what} {name}"
        for what, name in (("key", told.idempotency_key), ("sale_id", told.sale_id))
        if name is not None
    ]
    record = "" if told.id is None else f" {told.id}"
    by = "" if told.submitted_by is None else f" by {told.submitted_by}"
    return f"at {format_instant(told.at)[:19]}Z{by}{record} {', '.join(names) or 'without a name'}"


def _line(item: OpenCashback, waiting: Waiting | None) -> str:
    code = "" if item.status_code is None else f", the provider answered {item.status_code}"
    who = f" by {item.actor_name}" if item.actor_name else ""
    suspected = "; it may be paid already" if item.suspected else ""
    return (
        f"{item.id} {item.status:9} since {format_instant(item.since_at)[:19]}Z"
        f" {format_centavos(item.cashback_centavos):>12} {mask(item.document)} {item.merchant}"
        f" tried {item.attempt}{code}: {item.reason}{who}{_wait(waiting)}{suspected}"
    )


def _wait(waiting: Waiting | None) -> str:
    """What it waits for, in words."""
    if waiting is None:
        return ""
    words = WAITS.get(waiting.why, waiting.why)
    tried = waiting.next_try_at
    again = "" if tried is None else f", next tried at {format_instant(tried)[:19]}Z"
    return f"; waits since {format_instant(waiting.since_at)[:19]}Z {words}{again}"


def _words(tally: Tally) -> str:
    doubt = f", {tally.in_doubt} of them may be paid already" if tally.in_doubt else ""
    one = "cashback" if tally.count == 1 else "cashbacks"
    return f"{tally.count} {one}, {format_centavos(tally.cashback_centavos)} in all{doubt}"


def _left_out(tally: Tally, *, asked_for: bool) -> str | None:
    """What is said of those that a ceiling holds and nobody asked for; None without any."""
    if asked_for or not tally.above_ceiling:
        return None
    return (
        f"Left out: {tally.above_ceiling} that a ceiling holds; release them one by one (`resend`),"
        " or with --above-ceiling."
    )


async def resend(settings: Settings, options: argparse.Namespace) -> None:
    """Send one again."""
    await _act(settings, options, _signed(ActKind.RESEND, options), "will be sent again")


async def cancel(settings: Settings, options: argparse.Namespace) -> None:
    """End one unpaid."""
    await _act(settings, options, _signed(ActKind.CANCEL, options), "is cancelled")


async def resolve(settings: Settings, options: argparse.Namespace) -> None:
    """Say what became of one in doubt, or of one that is credited though it is not paid."""
    kinds = {"applied": ActKind.MARK_APPLIED, "rejected": ActKind.MARK_REJECTED}
    act = _signed(kinds[options.became], options)
    await _act(settings, options, act, f"is {options.became}")


async def take_back(settings: Settings, options: argparse.Namespace) -> None:
    """Call doubtful again what another operator marked."""
    await _act(settings, options, _signed(ActKind.TAKE_BACK, options), "is in doubt again")


async def _act(settings: Settings, options: argparse.Namespace, act: Act, done: str) -> None:
    async with operators_of(settings) as operators:
        decision = await operators.act(None, options.id, act)
    _refuse(decision, options.id)
    print(f"{options.id} {done}")


def _refuse(decision: Decision | None, id_: UUID) -> None:
    match decision:
        case None:
            raise ActRefusedError(f"there is no cashback {id_}")
        case NotFromHere(status=status, allowed=allowed):
            names = ", ".join(allowed)
            raise ActRefusedError(f"{id_} is {status}; this goes with: {names}")
        case RiskNotAccepted():
            raise ActRefusedError(f"{RISK}; --accept-risk takes that risk in your name")
        case NotCreditedThere():
            raise ActRefusedError(
                f"no incident says that {id_} is credited: `./cashback incidents` lists what stands"
            )
        case NotYours.OWN:
            raise ActRefusedError(f"the mark of {id_} is your own: another operator takes it back")
        case NotYours.NO_MARK:
            raise ActRefusedError(f"no operator brought {id_} where it stands")
        case Granted():
            return
        case _:
            assert_never(decision)


async def resend_many(settings: Settings, options: argparse.Namespace) -> None:
    """Count what a filter means, or send all of it again."""
    wanted = OpenFilter(
        statuses=frozenset(map(Status, options.status)),
        document=options.document,
        sold_from=options.sold_from,
        sold_to=options.sold_to,
        above_ceiling=options.above_ceiling,
    )
    if options.expect is not None and (options.by is None or options.reason is None):
        raise ActRefusedError("sending them again takes --reason and --as, too")
    async with operators_of(settings) as operators:
        merchant_id = await the_merchant(operators, options.merchant)
        if options.expect is None:
            tally = await operators.tally(merchant_id, wanted)
            print(_words(tally))
            if tally.in_doubt:
                print(f"For each of those: {RISK}; --accept-risk takes that risk in your name.")
            left_out = _left_out(tally, asked_for=wanted.above_ceiling)
            if left_out is not None:
                print(left_out)
            print(f"Nothing was done: --expect {tally.count} sends them again.")
            return
        act = _signed(ActKind.RESEND, options)
        decision = await operators.act_on_all(merchant_id, wanted, act, expected=options.expect)
    print(f"{_words(_granted(decision))}: will be sent again")


def _granted(decision: ManyDecision) -> Tally:
    match decision:
        case Tally():
            return decision
        case CountChanged(tally):
            raise ActRefusedError(f"nothing was done: now there are {_words(tally)}")
        case TooMany(tally):
            words = f"nothing was done: {_words(tally)}, but at most {MAX_AT_ONCE} at once"
            raise ActRefusedError(words)
        case RiskNotAccepted(in_doubt):
            words = f"nothing was done, for {in_doubt}: {RISK}; --accept-risk takes that risk"
            raise ActRefusedError(words)
        case _:
            assert_never(decision)


async def sender_status(settings: Settings, _: argparse.Namespace) -> None:
    """Tell whether anything is sent."""
    from adapters.postgres.connection.database import Database
    from adapters.postgres.delivery.sender import PostgresSender

    state = await PostgresSender(Database(settings.database.url)).state()
    if state.paused_at is None:
        print("the sender is not paused")
    else:
        since = format_instant(state.paused_at)
        print(f"the sender is paused since {since} by {state.actor}: {state.reason}")


async def sender_pause(settings: Settings, options: argparse.Namespace) -> None:
    """Stop all sending."""
    from adapters.postgres.connection.database import Database
    from adapters.postgres.delivery.sender import PostgresSender

    sender = PostgresSender(Database(settings.database.url))
    if not await sender.pause(by=options.by, reason=options.reason):
        state = await sender.state()
        raise ActRefusedError(f"it is paused already, by {state.actor}: {state.reason}")
    print("the sender is paused: what is under way ends, nothing more is sent")


async def sender_release(settings: Settings, options: argparse.Namespace) -> None:
    """Send again."""
    from adapters.postgres.connection.database import Database
    from adapters.postgres.delivery.sender import PostgresSender

    sender = PostgresSender(Database(settings.database.url))
    if not await sender.release(by=options.by, reason=options.reason):
        raise ActRefusedError("the sender is not paused")
    print("the sender is released: what waits is sent")


@asynccontextmanager
async def operators_of(settings: Settings) -> AsyncGenerator[PostgresOperatorStore, None]:
    """The store of operators, open."""
    from adapters.postgres.connection.database import Database
    from adapters.postgres.operators.acts import PostgresOperatorStore

    async with Database(settings.database.url) as database:
        yield PostgresOperatorStore(database, precedes=settings.reconciling.precedes)


async def the_merchant(operators: PostgresOperatorStore, slug: str | None) -> int | None:
    """The merchant of a slug, None for None. Raises ActRefusedError where there is none."""
    if slug is None:
        return None
    merchant_id = await operators.merchant_id(slug)
    if merchant_id is None:
        raise ActRefusedError(f"there is no merchant {slug!r}")
    return merchant_id


def _signed(kind: ActKind, options: argparse.Namespace) -> Act:
    accept_risk: bool = getattr(options, "accept_risk", False)
    return Act(kind=kind, by=options.by, reason=options.reason, accept_risk=accept_risk)
