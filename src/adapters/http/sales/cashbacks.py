"""The routes of sales and their cashbacks.

Handlers take the bare request and answer in bytes: submitting a sale is the hot path, and what a
body may hold is the core's to say, not a framework's.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, assert_never

import msgspec
from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.problems.problem import said_in
from adapters.http.sales.quick_reader import read_sale
from adapters.http.sales.record_shapes import (
    explanation_shape,
    history_shape,
    location_of,
    quote_shape,
    record_shape,
)
from adapters.http.wire.answers import Answer, Header, encode
from adapters.http.wire.body import read_body
from adapters.http.wire.headers import (
    NO_PREFERENCE,
    Preference,
    read_fields,
    read_idempotency_key,
    read_language,
    read_preference,
)
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.refusals import RefusedError
from cashback_core.delivery.states import DONE
from cashback_core.delivery.waits import MAY_WAIT
from cashback_core.intake.confirmation import (
    ConfirmationExpired,
    ConfirmationRequest,
    Confirmed,
    NothingToConfirm,
)
from cashback_core.intake.submission import (
    ContentKnown,
    KeyReused,
    Recorded,
    Replayed,
    SaleIdTaken,
    SaleRequest,
)
from cashback_core.traces import note_cashback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from uuid import UUID

    from litestar.handlers import HTTPRouteHandler
    from litestar.types import HTTPScope, Receive

    from adapters.http.identity.admission import Admission
    from adapters.http.wire.headers import Fields
    from cashback_core.delivery.record import Record
    from cashback_core.delivery.record_store import Records
    from cashback_core.delivery.waits import Waiting
    from cashback_core.intake.confirmation import ConfirmSale
    from cashback_core.intake.submission import QuoteSale, SubmitSale, Submitted
    from cashback_core.sales.sale import Sale

PATHS: Final = ("/api/cashbacks", "/api/cashback")
"""The collection, and the challenge's own spelling of it for submitting."""

P = ParamSpec("P")
T = TypeVar("T")

MAX_LINES_AT_ONCE: Final = 100
"""Most lines of a sale that is explained on the event loop itself: some 8 ms."""

_REPLAYED: Final[Header] = (b"idempotent-replayed", b"true")


@dataclass(frozen=True, slots=True, kw_only=True)
class CashbackRoutes:
    """Submitting, confirming, quoting and reading one.

    `wait_s` is how long a request without `Prefer` waits.
    """

    admit: Admission
    submit_sale: SubmitSale
    confirm_sale: ConfirmSale
    quote_sale: QuoteSale
    records: Records
    wait_s: float

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            post(list(PATHS), name="submit")(self.submit),
            post("/api/cashbacks/quote", name="quote")(self.quote),
            post("/api/cashbacks/{id:str}/confirm", name="confirm")(self.confirm),
            route("/api/cashbacks/{id:str}", http_method=read, name="read")(self.one),
        ]

    async def submit(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Record a sale and deliver its cashback."""
        return await self.take(
            read_fields(request.scope["headers"]), request.scope, request.receive
        )

    async def take(self, fields: Fields, scope: HTTPScope, receive: Receive) -> Answer:
        """The same without a framework's request."""
        principal = await self.admit.sender(fields, scope)
        key = read_idempotency_key(fields)
        preference = read_preference(fields)
        body = await read_body(fields, receive)
        outcome = await self.submit_sale(
            SaleRequest(
                merchant_id=principal.merchant_id,
                document=read_sale(body),
                raw_body=body,
                idempotency_key=key,
                wait_s=self.wait_s if preference.wait_s is None else preference.wait_s,
                respond_async=preference.respond_async,
                submitted_by=principal.subject,
                group=principal.group,
                reads_only=principal.reads_only,
            )
        )
        return answer_submitted(outcome, preference)

    async def confirm(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Let a sale earn that was recorded to be confirmed later."""
        fields, principal = await self.admit(request)
        preference = read_preference(fields)
        told = await self.confirm_sale(
            ConfirmationRequest(
                merchant_id=principal.merchant_id,
                id=read_id(request),
                reads_only=principal.reads_only,
                wait_s=self.wait_s if preference.wait_s is None else preference.wait_s,
                respond_async=preference.respond_async,
            )
        )
        match told:
            case None:
                raise NotFoundException
            case Confirmed(record):
                return _answer_record(record, preference)
            case NothingToConfirm(record):
                return _answer_record(record, preference, _REPLAYED)
            case ConfirmationExpired():
                raise RefusedError(told)
            case _:
                assert_never(told)

    async def quote(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Compute a cashback and store nothing."""
        fields, principal = await self.admit(request)
        body = await read_body(fields, request.receive)
        quoted = await self.quote_sale(
            principal.merchant_id,
            read_sale(body),
            idempotency_key=read_idempotency_key(fields),
            reads_only=principal.reads_only,
        )
        language = read_language(fields)
        shape = await built(quoted.sale, quote_shape, quoted, language)
        return Answer(200, encode(shape), headers=said_in(language))

    async def one(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """One record with its attempts and events, and how its cashback came about."""
        fields, principal = await self.admit(request)
        reads_only = principal.reads_only
        history = await self.records.history(
            principal.merchant_id, read_id(request), group=reads_only
        )
        if history is None:
            raise NotFoundException
        record = history.record
        waits = await waits_of(self.records, principal.merchant_id, (record,))
        language = read_language(fields)
        steps = await built(record.sale, explanation_shape, record, language)
        shape = msgspec.structs.replace(
            history_shape(history.as_told(reads_only), waits), explanation=steps
        )
        return Answer(200, encode(shape), headers=said_in(language))


async def waits_of(
    records: Records, merchant_id: int, told: Iterable[Record]
) -> Mapping[UUID, Waiting]:
    """Why those of them that wait do; nothing is asked where none does."""
    waiting = [record.id for record in told if record.status in MAY_WAIT]
    return await records.waits(merchant_id, waiting) if waiting else {}


async def built(sale: Sale, build: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What is built of a sale; of a long one in a thread, for its every step is put in words.

    Of 990 lines that takes longer than all the rest, and others wait for the same event loop.
    """
    if len(sale.lines) <= MAX_LINES_AT_ONCE:
        return build(*args, **kwargs)
    return await asyncio.to_thread(build, *args, **kwargs)


def read_id(request: Request[Any, Any, Any]) -> UUID:
    """The cashback's id in an address; raises NotFoundException for any other text."""
    id_ = path_uuid(request)
    note_cashback(id_)
    return id_


def answer_submitted(outcome: Submitted, preference: Preference = NO_PREFERENCE) -> Answer:
    """The answer to a sale; raises RefusedError of what was not recorded."""
    match outcome:
        case Recorded(record):
            return _answer_record(record, preference)
        case Replayed(record):
            return _answer_record(record, preference, _REPLAYED)
        case KeyReused() | SaleIdTaken() | ContentKnown():
            raise RefusedError(outcome)
        case _:
            assert_never(outcome)


def _answer_record(record: Record, preference: Preference, *headers: Header) -> Answer:
    status = 201 if record.status in DONE else 202
    applied = preference.applied()
    if applied is not None:
        headers = (*headers, (b"preference-applied", applied))
    body = encode(record_shape(record))
    return Answer(status, body, headers=(location_of(record), *headers))
