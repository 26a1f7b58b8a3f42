"""The provider's ledger over HTTP: a merchant reads its own, the platform all and the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import HttpMethod, Request, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import Meta

from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.headers import read_language
from adapters.http.wire.shapes import Instant, Shape, SignedMoney
from cashback_core.people.roles import Role
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from datetime import datetime

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.reconciliation.ledger import LedgerState, LedgerTotal, ProviderLedger
    from cashback_core.words.locales import Language

PATH: Final = "/api/provider-ledger"


class LedgerClass(Shape, frozen=True, kw_only=True, rename={"class_": "class"}):
    """The lines of a class of an owner; `amount` is net, what was taken back subtracted."""

    merchant: Annotated[
        str | None, Meta(description="Null: the provider's account, what is nobody's.")
    ]
    class_: FindingClass
    what: str
    lines: Annotated[int, Meta(ge=1)]
    amount: SignedMoney


class ProviderLedgerState(Shape, frozen=True, kw_only=True):
    """Every credit that the provider's statements told, once, by owner and class, as of now."""

    told_at: Annotated[
        Instant | None,
        Meta(description="When a statement was last taken in; null before the first."),
    ]
    complete_since: Annotated[
        Instant | None, Meta(description="From when on complete statements tell everything.")
    ]
    complete_through: Annotated[
        Instant | None, Meta(description="Up to when they do: to the first gap between them.")
    ]
    gap_until: Annotated[
        Instant | None,
        Meta(description="Where the gap ends that no statement tells of; null: there is none."),
    ]
    told_through: Annotated[
        Instant | None, Meta(description="How far any statement tells, whatever gap is before it.")
    ]
    classes: list[LedgerClass]
    lines: Annotated[int, Meta(ge=0)]
    amount: SignedMoney


SHAPES: Final = (ProviderLedgerState,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLedgerRoutes:
    """What the provider credited, as its statements tell it."""

    admit: Admission
    ledger: ProviderLedger

    def handlers(self) -> list[HTTPRouteHandler]:
        """The route, under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [route(PATH, http_method=read, name="read_provider_ledger")(self.read)]

    async def read(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Tell what is in each class now."""
        fields, principal = await self.admit(request)
        whose = None if principal.role is Role.PLATFORM else principal.merchant_id
        state = await self.ledger.state(whose)
        return Answer(200, encode(_shape(state, read_language(fields))))


def _shape(state: LedgerState, language: Language) -> ProviderLedgerState:
    reach, nothing = state.reach, (None, None, None, None)
    since, through, gap_until, last = (
        nothing if reach is None else (reach.since, reach.through, reach.resumes_at, reach.last)
    )
    return ProviderLedgerState(
        told_at=_instant(state.told_at),
        complete_since=_instant(since),
        complete_through=_instant(through),
        gap_until=_instant(gap_until),
        told_through=_instant(last),
        classes=[_class(total, language) for total in state.totals],
        lines=sum(total.lines for total in state.totals),
        amount=_signed(sum(total.centavos for total in state.totals)),
    )


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def _class(total: LedgerTotal, language: Language) -> LedgerClass:
    return LedgerClass(
        merchant=total.merchant,
        class_=total.cls,
        what=phrase(language, f"finding.{total.cls}"),
        lines=total.lines,
        amount=_signed(total.centavos),
    )


def _signed(centavos: int) -> str:
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
