"""The shapes of cases and differences as they go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from adapters.http.wire.shapes import Instant, Money, Shape, Uuid
from cashback_core.operators.case_words import case_words
from cashback_core.operators.cases import CaseEventKind, CaseKind, CaseState
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from datetime import datetime

    from cashback_core.operators import case_store, cases
    from cashback_core.words.locales import Language


class CaseOfSomebody(Shape, frozen=True, kw_only=True, rename={"class_": "class"}):
    """An incident of a statement, or a difference, as somebody's work."""

    id: Annotated[Uuid, Meta(description="The incident's, or the difference's.")]
    kind: CaseKind
    class_: Annotated[str, Meta(description="Its class, as incidents and differences have them.")]
    merchant: Annotated[str | None, Meta(description="Whose cashback it is about; null: nobody's.")]
    cashback_id: Uuid | None
    amount: Annotated[Money, Meta(description="What is at stake, in reais.")]
    what: Annotated[
        str, Meta(description="What it is, and why, in words of the language asked for.")
    ]
    why: str
    sale_id: Annotated[str | None, Meta(description="As recorded, else as the file tells it.")]
    since: Instant
    state: CaseState
    assigned_to: Annotated[str | None, Meta(description="Who looks after it; null: nobody.")]
    resolved_at: Annotated[
        Instant | None,
        Meta(
            description="Since when a person calls it done, null once a later run finds it again."
        ),
    ]
    closed_at: Annotated[
        Instant | None,
        Meta(description="When a statement, a file or an explanation ended it."),
    ]


class CasesOfOne(Shape, frozen=True, kw_only=True):
    """How many cases somebody has."""

    assigned_to: Annotated[str | None, Meta(description="Null: nobody has them.")]
    count: Annotated[int, Meta(ge=1)]
    amount: Money
    oldest_since: Instant


class CasePage(Shape, frozen=True, kw_only=True):
    """Cases, oldest first, and who has how many in all; `next_cursor` is null on the last page."""

    items: list[CaseOfSomebody]
    loads: list[CasesOfOne]
    next_cursor: str | None


class CaseEvent(Shape, frozen=True, kw_only=True):
    """What happened to a case."""

    at: Instant
    what: CaseEventKind
    by: Annotated[str | None, Meta(description="Null: a statement's or a file's run.")]
    assigned_to: Annotated[str | None, Meta(description="Whom it was given to.")]
    reason: str | None


class CaseHistory(Shape, frozen=True, kw_only=True):
    """A case and all that happened to it, oldest first."""

    case: CaseOfSomebody
    events: list[CaseEvent]


class DayDifference(Shape, frozen=True, kw_only=True):
    """Where an ERP's day file and our records differ."""

    case: CaseOfSomebody
    day: Annotated[str, Meta(description="The file's day.", extra_json_schema={"format": "date"})]
    file_id: Uuid
    line: Annotated[int | None, Meta(description="The file's; null: it has none of it.")]
    sale_id: Annotated[str | None, Meta(description="As recorded, else as the file tells it.")]
    whys: Annotated[list[str], Meta(description="What can be told of why.")]
    erp_cashback: Annotated[Money | None, Meta(description="As the file tells it, in reais.")]
    our_cashback: Annotated[Money | None, Meta(description="As it is recorded, in reais.")]
    closed_why: str | None


class DifferencePage(Shape, frozen=True, kw_only=True):
    """Differences, oldest first; `next_cursor` is null on the last page."""

    items: list[DayDifference]
    next_cursor: str | None


SHAPES = (CasePage, CaseHistory, DifferencePage)
"""What the OpenAPI document describes."""


def case_shape(one: cases.Case, language: Language) -> CaseOfSomebody:
    """A case as it goes out."""
    return CaseOfSomebody(
        id=str(one.id),
        kind=one.kind,
        class_=one.cls,
        merchant=one.merchant,
        cashback_id=None if one.cashback_id is None else str(one.cashback_id),
        amount=format_centavos(one.centavos),
        what=case_words(language, one),
        why=one.why,
        sale_id=one.sale_id,
        since=format_instant(one.opened_at),
        state=one.state,
        assigned_to=one.assigned_to,
        resolved_at=_instant(one.resolved_at),
        closed_at=_instant(one.closed_at),
    )


def load_shape(one: case_store.CaseLoad) -> CasesOfOne:
    """How many cases somebody has, as it goes out."""
    return CasesOfOne(
        assigned_to=one.assigned_to,
        count=one.count,
        amount=format_centavos(one.centavos),
        oldest_since=format_instant(one.oldest_at),
    )


def history_shape(told: cases.CaseHistory, language: Language) -> CaseHistory:
    """A case with its history as it goes out."""
    return CaseHistory(
        case=case_shape(told.case, language),
        events=[
            CaseEvent(
                at=format_instant(event.at),
                what=event.what,
                by=event.by,
                assigned_to=event.assigned_to,
                reason=event.reason,
            )
            for event in told.events
        ],
    )


def difference_shape(one: case_store.DayDifference, language: Language) -> DayDifference:
    """A difference as it goes out."""
    return DayDifference(
        case=case_shape(one.case, language),
        day=one.day.isoformat(),
        file_id=str(one.file_id),
        line=one.line,
        sale_id=one.case.sale_id,
        whys=list(one.whys),
        erp_cashback=_money(one.erp_centavos),
        our_cashback=_money(one.our_centavos),
        closed_why=one.closed_why,
    )


def _money(centavos: int | None) -> str | None:
    return None if centavos is None else format_centavos(centavos)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
