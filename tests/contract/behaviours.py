"""What the gateway makes of every behaviour of the sandbox, on a socket as without one."""

from __future__ import annotations

from dataclasses import dataclass

from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    Outcome,
    Refused,
    RefusedForNow,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class Expected:
    outcome: Outcome
    status_code: int | None = 201
    reason: str = ""


FOREIGN_DOCUMENT = "201 for another document: ***.822.472-**"
FOREIGN_AMOUNT = "201 for another amount: 1001 centavos instead of 1000"
SAYS_FAILED = "201 that says it failed: success is false"

EXPECTED: dict[str, Expected] = {
    "good": Expected(Applied()),
    "refused_400": Expected(Refused(), 400),
    "refused_422": Expected(Refused(), 422),
    "unauthorized_401": Expected(Misconfigured(), 401),
    "forbidden_403": Expected(Misconfigured(), 403),
    "missing_404": Expected(Misconfigured(), 404),
    "timeout_408": Expected(Unknown(), 408),
    "conflict_409": Expected(Unknown(), 409),
    "conflict_409_applied": Expected(Unknown(), 409),
    "refused_422_applied": Expected(Refused(), 422),  # nobody can tell it from the true one
    "failed_201": Expected(Unknown(SAYS_FAILED)),
    "failed_201_applied": Expected(Unknown(SAYS_FAILED)),
    "error_500": Expected(Unknown(), 500),
    "error_500_applied": Expected(Unknown(), 500),
    "gateway_502": Expected(Unknown(), 502),
    "unavailable_503": Expected(Unknown(), 503),
    "unavailable_503_applied": Expected(Unknown(), 503),
    "gateway_timeout_504_applied": Expected(Unknown(), 504),
    "too_early_425": Expected(RefusedForNow(7.0), 425),
    "busy_429": Expected(RefusedForNow(7.0), 429),
    "redirect_302": Expected(Unknown(), 302),
    "redirect_307": Expected(Unknown(), 307),
    "reset_before_apply": Expected(Unknown(), None, "reset by the provider"),
    "reset_after_apply": Expected(Unknown(), None, "reset by the provider"),
    "close_before_apply": Expected(Unknown(), None, "closed by the provider"),
    "close_after_apply": Expected(Unknown(), None, "closed by the provider"),
    "hang": Expected(Unknown(), None, "deadline"),
    "hang_applied": Expected(Unknown(), None, "deadline"),
    "late_apply": Expected(Unknown(), None, "deadline"),
    "credited_twice_201": Expected(Applied()),
    "lost_201": Expected(Applied()),  # the statement alone can tell
    "garbage_201": Expected(Applied()),
    "short_201": Expected(Applied(), 201, "body cut short: closed by the provider"),
    "empty_201": Expected(Applied()),
    "ok_200": Expected(Unknown(), 200),
    "no_content_204": Expected(Unknown(), 204),
    "dripped_201": Expected(Applied(), 201, "deadline"),
    "gzip_201": Expected(Applied()),
    "oversized_body_201": Expected(Applied(), 201, "body over 65536 bytes"),
    "oversized_headers_201": Expected(Applied(), 201, "headers over 32768 bytes"),
    "another_document_201": Expected(Unknown(FOREIGN_DOCUMENT)),
    "another_amount_201": Expected(Unknown(FOREIGN_AMOUNT)),
    "continue_first_201": Expected(Applied()),
    "chunked_201": Expected(Applied()),
    "broken_chunk_201": Expected(Applied(), 201, "broken body: Invalid character in chunk size"),
    "twice_201": Expected(Applied()),
    "until_close_201": Expected(Applied()),
    "close_idle_201": Expected(Applied()),
    "status_then_reset": Expected(Applied(), 201, "headers cut short: reset by the provider"),
    "not_http": Expected(Unknown(), None, "no HTTP/1 status line: Expected HTTP/, RTSP/ or ICE/"),
}
