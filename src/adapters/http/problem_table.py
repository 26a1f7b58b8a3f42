"""From an exception or an outcome to a problem: one table, no exceptions to it.

It knows everybody, and only the application knows it.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, Final, assert_never
from uuid import uuid4

from litestar import Request
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.response import Response

from adapters.http.identity.admission import ForbiddenError, UnauthenticatedError, forbidden
from adapters.http.problems.problem import RETRY_AFTER, Problem, answer_problem
from adapters.http.sales.exports import MerchantExportsError, TooManyExportsError
from adapters.http.sales.record_shapes import location_of, record_shape
from adapters.http.wire.body import (
    BodyIncompleteError,
    BodyTooLargeError,
    NotJsonError,
    UnsupportedBodyError,
)
from adapters.http.wire.headers import BadIdempotencyKeyError, read_fields, read_language
from adapters.http.wire.refusals import InvalidQueryError, InvalidRequestError, RefusedError
from adapters.http.wire.versions import PreconditionRequiredError
from cashback_core.administration.resources import Conflict, InUse, Invalid, Missing, Taken
from cashback_core.changes.waiting import (
    CallerWaitsEnoughError,
    MerchantWaitsEnoughError,
    ProcessWaitsEnoughError,
)
from cashback_core.figures.figures import MAX_ROWS, TooManyRows
from cashback_core.intake.confirmation import ConfirmationExpired
from cashback_core.intake.submission import ContentKnown, KeyReused, SaleIdTaken, UnknownMerchant
from cashback_core.operators.acts import NotCreditedThere, NotFromHere, NotYours, RiskNotAccepted
from cashback_core.operators.cases import AssignedToAnother, CaseRefusal
from cashback_core.operators.open_cashbacks import MAX_AT_ONCE, MeantChanged, TooMany
from cashback_core.operators.resolution_plans import PlanChanged
from cashback_core.people.fair_queue import TooManyLogInsError
from cashback_core.people.log_in import BadCredentialsError, LogInThrottledError
from cashback_core.people.rate_limit import RateExceededError
from cashback_core.people.tokens import InvalidTokenError
from cashback_core.privacy.data_subjects import StillOpen
from cashback_core.reconciliation.file_import import Brought, ProfileMisfitError
from cashback_core.reconciliation.file_store import FileElsewhereError
from cashback_core.reconciliation.incidents import NamesACashback, NotExplained
from cashback_core.sales.terms import UnusableTerms
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.violations import InvalidSale, Violation
from cashback_core.webhooks.endpoints import ResendCountChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from litestar.types import ASGIApp, HTTPScope

    from adapters.http.wire.answers import Header

_ASK_FOR_TOKEN: Final[Header] = (b"www-authenticate", b'Bearer realm="cashback-api"')
_REFUSE_TOKEN: Final[Header] = (
    b"www-authenticate",
    b'Bearer realm="cashback-api", error="invalid_token"',
)
_log = logging.getLogger(__name__)


def problem_of(cause: object) -> Problem:
    """The problem that an exception or an outcome is; anything unknown is an internal error."""
    if isinstance(cause, RefusedError):
        return problem_of(cause.outcome)
    for type_ in type(cause).__mro__:
        make = TABLE.get(type_)
        if make is not None:
            return make(cause)
    return _internal(cause)


def handle_exception(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything."""
    language = read_language(read_fields(request.scope["headers"]))
    answer = answer_problem(problem_of(exc), language)
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in answer.headers}
    del headers["content-length"]  # Litestar sets it itself
    media_type = headers.pop("content-type")
    return Response(answer.body, status_code=answer.status, media_type=media_type, headers=headers)


def refusal_of(scope: HTTPScope, exc: Exception) -> ASGIApp:
    """The same answer, header for header, of a request that the framework has not seen."""
    request: Request[Any, Any, Any] = Request(scope)
    answer: Any = handle_exception(request, exc)  # whose method tells no types of its own
    asgi: ASGIApp = answer.to_asgi_response(app=None, request=request)
    return asgi


def _not_json(error: NotJsonError) -> Problem:
    fault = Violation(pointer="", code=error.code, received=error.received, values=error.values)
    return Problem(code="not_json", errors=(fault,))


def _unsupported(error: UnsupportedBodyError) -> Problem:
    fault = Violation(
        pointer="",
        code="header_value",
        received=error.received,
        values={"header": error.header, "expected": error.expected},
    )
    return Problem(code="unsupported_media_type", errors=(fault,))


def _invalid_sale(error: InvalidSale) -> Problem:
    codes = [violation.code for violation in error.violations]
    code = "customer_name_mismatch" if codes == ["customer_name_mismatch"] else "invalid_sale"
    return Problem(code=code, errors=error.violations)


def _content_known(outcome: ContentKnown) -> Problem:
    record = outcome.record
    if record is None:
        return Problem(code="sale_already_recorded")
    return Problem(
        code="sale_already_recorded",
        record=record_shape(record),
        headers=(location_of(record),),
    )


def _method_not_allowed(error: MethodNotAllowedException) -> Problem:
    allowed = (error.headers or {}).get("allow", "")
    return Problem(code="method_not_allowed", headers=((b"allow", allowed.encode("ascii")),))


def _other_http(error: HTTPException) -> Problem:
    return Problem(code="bad_request") if error.status_code < 500 else _internal(error)


def _not_from_here(refused: NotFromHere) -> Problem:
    fault = Violation(
        pointer="",
        code="status_now",
        received=refused.status,
        values={"names": ", ".join(refused.allowed)},
    )
    return Problem(code="act_not_allowed", errors=(fault,))


def _risk_not_accepted(refused: RiskNotAccepted) -> Problem:
    values = {"in_doubt": str(refused.in_doubt)}
    fault = Violation(pointer="/accept_risk", code="risk", received="false", values=values)
    return Problem(code="risk_not_accepted", errors=(fault,))


def _not_yours(refused: NotYours) -> Problem:
    return Problem(code="own_mark" if refused is NotYours.OWN else "no_mark")


def _not_explained(refused: NotExplained) -> Problem:
    match refused:
        case NotExplained.CLOSED:
            return Problem(code="incident_closed")
        case NotExplained.NO_SUCH_CASHBACK:
            fault = Violation(pointer="/cashback_id", code=refused.value)
            return Problem(code="invalid_request", errors=(fault,))
        case NotExplained.NOT_A_LINE | NotExplained.NOT_ABSENT:
            fault = Violation(pointer="/meaning", code=refused.value)
            return Problem(code="explanation_unfit", errors=(fault,))
        case _:
            assert_never(refused)


def _names_a_cashback(refused: NamesACashback) -> Problem:
    values = {"cashback_id": str(refused.cashback_id)}
    fault = Violation(
        pointer="/accept_risk", code="names_cashback", received="false", values=values
    )
    return Problem(code="names_a_cashback", errors=(fault,))


def _case_assigned(refused: AssignedToAnother) -> Problem:
    fault = Violation(pointer="/take_over", code="assigned_to_another", values={"name": refused.to})
    return Problem(code="case_assigned", errors=(fault,))


def _plan_changed(refused: PlanChanged) -> Problem:
    values = {"count": str(len(refused.plan.moves))}
    fault = Violation(pointer="/token", code="plan_now", values=values)
    return Problem(code="plan_changed", errors=(fault,))


def _profile_misfit(error: ProfileMisfitError) -> Problem:
    fault = Violation(pointer="", code="file_fault", received=None, values={"why": str(error)})
    return Problem(code="file_refused", errors=(fault,))


def _file_refused(brought: Brought) -> Problem:
    why = brought.file.refused_why or ""
    fault = Violation(pointer="", code="file_fault", received=None, values={"why": why})
    return Problem(code="file_refused", errors=(fault,))


def _meant_changed(refused: MeantChanged) -> Problem:
    values = {"count": str(refused.tally.count)}
    fault = Violation(pointer="/token", code="plan_now", values=values)
    return Problem(code="plan_changed", errors=(fault,))


def _resend_count_changed(refused: ResendCountChanged) -> Problem:
    fault = Violation(pointer="/expect", code="count_now", values={"count": str(refused.count)})
    return Problem(code="count_changed", errors=(fault,))


def _too_many_rows(_: TooManyRows) -> Problem:
    fault = Violation(pointer="", code="too_many_rows", values={"highest": str(MAX_ROWS)})
    return Problem(code="invalid_query", errors=(fault,))


def _too_many(refused: TooMany) -> Problem:
    values = {"highest": str(MAX_AT_ONCE)}
    received = str(refused.tally.count)
    fault = Violation(pointer="", code="too_many", received=received, values=values)
    return Problem(code="too_many_at_once", errors=(fault,))


def _taken(refused: Taken) -> Problem:
    return Problem(
        code="already_exists", errors=(Violation(pointer=f"/{refused.name}", code="taken"),)
    )


def _invalid(refused: Invalid) -> Problem:
    fault = Violation(pointer=f"/{refused.name}", code=refused.fault, values=refused.values)
    return Problem(code="invalid_request", errors=(fault,))


def _in_use(refused: InUse) -> Problem:
    fault = Violation(pointer="", code=refused.reason, values=refused.values)
    return Problem(code="in_use", errors=(fault,))


def _come_back(code: str) -> Callable[[LogInThrottledError | RateExceededError], Problem]:
    def problem(error: LogInThrottledError | RateExceededError) -> Problem:
        return Problem(code=code, headers=((b"retry-after", b"%d" % math.ceil(error.wait_s)),))

    return problem


def _internal(cause: object) -> Problem:
    instance = uuid4().urn
    error = cause if isinstance(cause, BaseException) else None
    _log.error("internal error %s: %s", instance, type(cause).__name__, exc_info=error)
    return Problem(code="internal_error", instance=instance)


def _always(code: str, *headers: Header) -> Callable[[object], Problem]:
    problem = Problem(code=code, headers=headers)
    return lambda _: problem


def _still_open(refused: StillOpen) -> Problem:
    count = str(refused.count)
    fault = Violation(pointer="", code="open_cashbacks", received=count, values={"count": count})
    return Problem(code="customer_has_open_cashbacks", errors=(fault,))


TABLE: Final[Mapping[type, Callable[[Any], Problem]]] = {
    StillOpen: _still_open,
    BodyIncompleteError: _always("body_incomplete"),
    NotJsonError: _not_json,
    BadIdempotencyKeyError: _always("idempotency_key_format"),
    UnauthenticatedError: _always("unauthenticated", _ASK_FOR_TOKEN),
    InvalidTokenError: _always("invalid_token", _REFUSE_TOKEN),
    UnknownMerchant: _always("invalid_token", _REFUSE_TOKEN),  # the token outlived it
    BadCredentialsError: _always("bad_credentials", _ASK_FOR_TOKEN),
    NotFoundException: _always("not_found"),
    MethodNotAllowedException: _method_not_allowed,
    Missing: _always("not_found"),
    PreconditionRequiredError: _always("precondition_required"),
    Conflict: _always("precondition_failed"),
    Taken: _taken,
    InUse: _in_use,
    Invalid: _invalid,
    ForbiddenError: forbidden,
    RiskNotAccepted: _risk_not_accepted,
    NotFromHere: _not_from_here,
    NotCreditedThere: _always("not_credited_there"),
    NotYours: _not_yours,
    NotExplained: _not_explained,
    NamesACashback: _names_a_cashback,
    CaseRefusal: _always("case_resolved"),
    AssignedToAnother: _case_assigned,
    PlanChanged: _plan_changed,
    ProfileMisfitError: _profile_misfit,
    Brought: _file_refused,
    FileElsewhereError: _always("file_elsewhere"),
    MeantChanged: _meant_changed,
    ResendCountChanged: _resend_count_changed,
    TooMany: _too_many,
    TooManyRows: _too_many_rows,
    SaleIdTaken: lambda taken: Problem(code="sale_id_conflict", errors=taken.differences),
    ContentKnown: _content_known,
    CallerWaitsEnoughError: _always("too_many_requests", RETRY_AFTER),
    MerchantWaitsEnoughError: _always("too_many_requests", RETRY_AFTER),
    ProcessWaitsEnoughError: _always("overloaded", RETRY_AFTER),
    ConfirmationExpired: _always("confirmation_expired"),
    BodyTooLargeError: _always("body_too_large"),
    UnsupportedBodyError: _unsupported,
    InvalidSale: _invalid_sale,
    KeyReused: lambda reused: Problem(code="idempotency_key_reused", errors=reused.differences),
    InvalidRequestError: lambda error: Problem(code="invalid_request", errors=error.violations),
    InvalidQueryError: lambda error: Problem(code="invalid_query", errors=error.violations),
    LogInThrottledError: _come_back("log_in_throttled"),
    RateExceededError: _come_back("rate_exceeded"),
    TooManyLogInsError: _always("too_many_logins", RETRY_AFTER),
    MerchantExportsError: _always("too_many_requests", (b"retry-after", b"10")),
    TooManyExportsError: _always("overloaded", (b"retry-after", b"10")),
    StoreUnavailable: _always("unavailable", RETRY_AFTER),
    UnusableTerms: _always("unavailable", RETRY_AFTER),
    HTTPException: _other_http,
    Exception: _internal,
}
"""Every exception and outcome that a request can end with, and the problem it is."""
