"""`cases`: who looks after which incident or difference, what was said of it, when it is done.

Over all merchants, and over what is nobody's: whoever may run this has the database's password.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, assert_never

from cyclopts import Group, Parameter
from cyclopts.validators import LimitedChoice

from adapters.postgres.operators.cases import PostgresCaseStore
from cashback_core.operators.case_store import UNRESOLVED, CaseFilter
from cashback_core.operators.case_words import (
    case_words,
    event_words,
    is_counted_elsewhere,
    state_words,
)
from cashback_core.operators.cases import (
    AssignCase,
    AssignedToAnother,
    CaseHistory,
    CaseKind,
    CaseRefusal,
    CaseState,
    NoteCase,
    ResolveCase,
)
from cashback_core.values.money import format_centavos
from cashback_core.words.locales import ENGLISH
from cashback_gateway.commands.named_cases import the_case
from cashback_gateway.commands.operating import PAGE, operating, the_merchant
from cashback_gateway.commands.parameters import (
    TO,
    Id,
    Json,
    Lang,
    Limit,
    Merchant,
    Reason,
    Signer,
    read_name,
)
from cashback_gateway.commands.place import Here, Workplace
from cashback_gateway.commands.readers import read_by, read_text, whole
from cashback_gateway.commands.refusals import ActRefusedError
from cashback_gateway.commands.tables import (
    PrintedList,
    TableColumn,
    show_json,
    show_listing,
    show_record,
    show_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.operators.case_store import CaseLoad
    from cashback_core.operators.cases import Case, CaseAct
    from cashback_core.values.pages import Position
    from cashback_core.words.locales import Language

_CASES: Final = (
    TableColumn("id"),
    TableColumn("kind"),
    TableColumn("class"),
    TableColumn("since"),
    TableColumn("amount", right=True),
    TableColumn("state"),
    TableColumn("assigned_to", "WHOSE"),
    TableColumn("merchant"),
    TableColumn("sale_id", "SALE"),
    TableColumn("cashback_id", "CASHBACK"),
    TableColumn("told", "WHY", folds=True),
)
_EVENTS: Final = (
    TableColumn("at"),
    TableColumn("what"),
    TableColumn("by"),
    TableColumn("assigned_to", "TO"),
    TableColumn("reason", "SAID", folds=True),
)
_WHOSE: Final = Group("Whose it is: one of two", validator=LimitedChoice(1, 1))
Class = Annotated[str, read_by(read_text, "only of this class", name="--class")]
Note = Annotated[Reason, Parameter(help="what is to be remembered of it; kept for ever")]


async def list_cases(
    *,
    unassigned: Annotated[bool, Parameter(help="only what nobody has")] = False,
    all_: Annotated[bool, Parameter(name="--all", help="what is resolved, too")] = False,
    kind: Annotated[CaseKind | None, Parameter(name_transform=str.lower)] = None,
    cls: Class | None = None,
    assigned_to: Annotated[
        Signer | None, Parameter(name="--assigned-to", help="this one's")
    ] = None,
    opened_to: Annotated[datetime | None, TO] = None,
    min_centavos: Annotated[int | None, read_by(whole, "at stake at least")] = None,
    merchant: Merchant | None = None,
    limit: Limit = 100,
    lang: Lang = ENGLISH,
    json: Json = False,
    here: Here,
) -> None:
    """List incidents and differences that need somebody, oldest first, and who has how many."""
    wanted = CaseFilter(
        states=_states(unassigned=unassigned, all_=all_),
        kind=kind,
        cls=cls,
        assigned_to=assigned_to,
        opened_before=opened_to,
        least_centavos=min_centavos,
    )
    items: list[Case] = []
    after: Position | None = None
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        cases = PostgresCaseStore(database)
        loads = await cases.loads(merchant_id, wanted)
        while (left := limit - len(items)) > 0:
            page = await cases.cases(merchant_id, wanted, limit=min(left, PAGE), after=after)
            items += page.items
            after = page.next
            if after is None:
                break
    listing = PrintedList(
        records=[(case_record if json else _listed)(one, lang) for one in items],
        columns=_CASES,
        total=sum(load.count for load in loads),
        words=(*map(_load_words, loads), *_next_words(loads)) or ("nothing needs anybody",),
        facts={"loads": [*map(_load, loads)]},
    )
    show_listing(listing, as_json=json)


def _states(*, unassigned: bool, all_: bool) -> frozenset[CaseState]:
    if unassigned:
        return frozenset({CaseState.OPEN})
    return frozenset(CaseState) if all_ else UNRESOLVED


async def show(
    case: Annotated[str, read_by(read_name, "its id, or its cashback's, or the sale's own number")],
    /,
    *,
    lang: Lang = ENGLISH,
    json: Json = False,
    here: Here,
) -> None:
    """Show a case with all that happened to it; of a sale that has several each is named."""
    async with operating(here) as (database, _):
        told = await the_case(database, case)
    _tell(told, lang, as_json=json)


async def assign(
    case: Id,
    /,
    *,
    to: Annotated[
        Signer | None, Parameter(name="--to", group=_WHOSE, help="who has it now")
    ] = None,
    nobody: Annotated[bool, Parameter(group=_WHOSE, help="nobody has it any more")] = False,
    note: Note | None = None,
    take_over: Annotated[bool, Parameter(help="also where somebody else has it")] = False,
    by: Signer,
    json: Json = False,
    here: Here,
) -> None:
    """Say who looks after a case."""
    act = AssignCase(by=by, to=None if nobody else to, note=note, take_over=take_over)
    await _work(here, case, act, as_json=json)


async def note(
    case: Id,
    /,
    *,
    note: Note,
    by: Signer,
    json: Json = False,
    here: Here,
) -> None:
    """Add a note to a case, in whatever state."""
    await _work(here, case, NoteCase(by=by, note=note), as_json=json)


async def resolve(
    case: Id,
    /,
    *,
    reason: Reason,
    by: Signer,
    json: Json = False,
    here: Here,
) -> None:
    """Call a case done; it moves no cashback, and opens again if it is found again."""
    await _work(here, case, ResolveCase(by=by, reason=reason), as_json=json)


async def _work(here: Workplace, case: Id, act: CaseAct, *, as_json: bool) -> None:
    async with operating(here) as (database, _):
        told = await PostgresCaseStore(database).work(None, case, act)
    match told:
        case None:
            raise ActRefusedError(f"there is no incident and no difference {case}")
        case CaseRefusal.RESOLVED:
            raise ActRefusedError(f"{case} is resolved, or stands no more: only a note is added")
        case AssignedToAnother(to):
            raise ActRefusedError(f"{case} is {to}'s: --take-over takes it from them")
        case CaseHistory():
            _tell(told, ENGLISH, as_json=as_json)
        case _:
            assert_never(told)


def _tell(told: CaseHistory, language: Language, *, as_json: bool) -> None:
    record = case_record(told.case, language)
    events: list[dict[str, object]] = [
        {
            "at": event.at,
            "what": event.what,
            "by": event.by,
            "assigned_to": event.assigned_to,
            "reason": event.reason,
        }
        for event in told.events
    ]
    if as_json:
        show_json({**record, "events": events})
        return
    show_record({**record, "state": state_words(language, told.case.state)})
    said = (event_words(language, event.what) for event in told.events)
    show_table(_EVENTS, [{**one, "what": what} for one, what in zip(events, said, strict=True)])


def _listed(one: Case, language: Language) -> dict[str, object]:
    """What a run told of an incident was told in English, and says more than its class does."""
    record = case_record(one, language)
    is_kept = (
        one.kind is CaseKind.INCIDENT and language == ENGLISH and not is_counted_elsewhere(one)
    )
    return {**record, "told": one.why if is_kept else record["what"]}


def case_record(one: Case, language: Language) -> dict[str, object]:
    """A case as lists and JSON tell it; `what` is in words of that language."""
    return {
        "id": one.id,
        "kind": one.kind,
        "class": one.cls,
        "since": one.opened_at,
        "amount": format_centavos(one.centavos),
        "state": one.state,
        "assigned_to": one.assigned_to,
        "merchant": one.merchant,
        "sale_id": one.sale_id,
        "cashback_id": one.cashback_id,
        "what": case_words(language, one),
        "why": one.why,
        "resolved_at": one.resolved_at,
        "closed_at": one.closed_at,
    }


def _load(one: CaseLoad) -> dict[str, object]:
    return {
        "assigned_to": one.assigned_to,
        "count": one.count,
        "amount": format_centavos(one.centavos),
        "oldest_since": one.oldest_at,
    }


def _next_words(loads: Sequence[CaseLoad]) -> tuple[str, ...]:
    """What can be done about what nobody has."""
    if all(load.assigned_to is not None for load in loads):
        return ()
    return (
        "`cases assign ID --to NAME --as NAME` gives one to somebody; `cases show ID` tells it",
    )


def _load_words(one: CaseLoad) -> str:
    who = "nobody has" if one.assigned_to is None else f"{one.assigned_to} has"
    since = f"{one.oldest_at:%Y-%m-%d}"
    return f"{who} {one.count}, {format_centavos(one.centavos)} in all, the oldest of {since}"
