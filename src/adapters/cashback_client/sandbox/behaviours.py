"""Every way in which the sandbox can behave: one table, one sentence each.

The names are what `POST /behaviours` takes and `GET /behaviours` lists; the tests of the client
run over this table, so a row added here asks for its expected outcome there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from adapters.cashback_client.sandbox import answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cashback_client.sandbox.answers import Cue


class Applies(StrEnum):
    """When the wallet is credited."""

    NEVER = "never"
    NOW = "now"
    TWICE = "twice"
    """Two credits for one order."""
    LATE = "late"
    """After `late_s`, whether or not the client still waits."""


class End(StrEnum):
    """What becomes of the connection after the answer."""

    KEEP = "keep"
    CLOSE = "close"
    """Closed in order, without `Connection: close` beforehand."""
    RESET = "reset"
    """Torn down by RST."""
    HANG = "hang"
    """Left open in silence for `hang_s`, then closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One way to treat an order: credit or not, answer, end. `dripped`: a byte every `drip_s`."""

    name: str
    sentence: str
    applies: Applies
    answer: Callable[[Cue], bytes]
    end: End = End.KEEP
    dripped: bool = False


GOOD: Final = Behaviour(
    name="good",
    sentence="credits and answers 201, as documented",
    applies=Applies.NOW,
    answer=answers.created,
)


def _refusal(name: str, status: int, sentence: str) -> Behaviour:
    def answer(_: Cue) -> bytes:
        return answers.problem(status)

    return Behaviour(name=name, sentence=sentence, applies=Applies.NEVER, answer=answer)


def _busy(name: str, status: int, sentence: str) -> Behaviour:
    answer = partial(answers.come_back, status)
    return Behaviour(name=name, sentence=sentence, applies=Applies.NEVER, answer=answer)


def _redirect(status: int) -> Behaviour:
    def answer(_: Cue) -> bytes:
        return answers.redirect(status)

    return Behaviour(
        name=f"redirect_{status}",
        sentence=f"does not credit and answers {status} to its own address",
        applies=Applies.NEVER,
        answer=answer,
    )


def _applied_error(name: str, status: int) -> Behaviour:
    def answer(_: Cue) -> bytes:
        return answers.problem(status)

    return Behaviour(
        name=name,
        sentence=f"credits, then answers {status} all the same",
        applies=Applies.NOW,
        answer=answer,
    )


def _silent(name: str, applies: Applies, end: End, sentence: str) -> Behaviour:
    return Behaviour(name=name, sentence=sentence, applies=applies, answer=answers.silence, end=end)


def _odd(name: str, answer: Callable[[Cue], bytes], sentence: str) -> Behaviour:
    """Credits, and says so oddly."""
    return Behaviour(name=name, sentence=sentence, applies=Applies.NOW, answer=answer)


_ALL: Final = (
    GOOD,
    _refusal("refused_400", 400, "does not credit and answers 400"),
    _refusal("refused_422", 422, "does not credit and answers 422"),
    _refusal("unauthorized_401", 401, "does not credit and answers 401"),
    _refusal("forbidden_403", 403, "does not credit and answers 403"),
    _refusal("missing_404", 404, "does not credit and answers 404"),
    _refusal("timeout_408", 408, "does not credit and answers 408"),
    _refusal("conflict_409", 409, "does not credit and answers 409"),
    _refusal("error_500", 500, "does not credit and answers 500"),
    _refusal("gateway_502", 502, "does not credit and answers 502"),
    _busy("too_early_425", 425, "does not credit and answers 425 with Retry-After"),
    _busy("busy_429", 429, "does not credit and answers 429 with Retry-After"),
    _busy("unavailable_503", 503, "does not credit and answers 503 with Retry-After"),
    _redirect(302),
    _redirect(307),
    _applied_error("refused_422_applied", 422),
    _applied_error("error_500_applied", 500),
    _applied_error("unavailable_503_applied", 503),
    _applied_error("gateway_timeout_504_applied", 504),
    _applied_error("conflict_409_applied", 409),
    _silent("reset_before_apply", Applies.NEVER, End.RESET, "resets without crediting"),
    _silent("reset_after_apply", Applies.NOW, End.RESET, "credits, then resets"),
    _silent("close_before_apply", Applies.NEVER, End.CLOSE, "closes without crediting"),
    _silent("close_after_apply", Applies.NOW, End.CLOSE, "credits, then closes"),
    _silent("hang", Applies.NEVER, End.HANG, "says nothing and does not credit"),
    _silent("hang_applied", Applies.NOW, End.HANG, "credits and says nothing"),
    Behaviour(
        name="late_apply",
        sentence="credits and answers 201 only after `late_s`, whoever still waits",
        applies=Applies.LATE,
        answer=answers.created,
    ),
    Behaviour(
        name="credited_twice_201",
        sentence="credits twice and answers 201, as documented",
        applies=Applies.TWICE,
        answer=answers.created,
    ),
    Behaviour(
        name="lost_201",
        sentence="does not credit; a 201 as if it had",
        applies=Applies.NEVER,
        answer=answers.created,
    ),
    _odd("garbage_201", answers.garbage_body, "credits; the 201's body is no JSON"),
    Behaviour(
        name="short_201",
        sentence="credits; the 201's body ends before its Content-Length",
        applies=Applies.NOW,
        answer=answers.short_body,
        end=End.CLOSE,
    ),
    _odd("empty_201", answers.empty_body, "credits; the 201 has no body"),
    Behaviour(
        name="failed_201",
        sentence="does not credit; a 201 whose body says that it failed",
        applies=Applies.NEVER,
        answer=answers.failed_body,
    ),
    _odd("failed_201_applied", answers.failed_body, "credits; the 201's body says that it failed"),
    _odd("ok_200", answers.ok, "credits and answers 200 instead of 201"),
    _odd("no_content_204", answers.no_content, "credits and answers 204"),
    Behaviour(
        name="dripped_201",
        sentence="credits and sends the 201 a byte every `drip_s`",
        applies=Applies.NOW,
        answer=answers.created,
        dripped=True,
    ),
    _odd("gzip_201", answers.gzip_bomb, "credits; the 201 is gzip that inflates to 10 MB"),
    _odd("oversized_body_201", answers.oversized_body, "credits; the 201's body has 1 MiB"),
    _odd("oversized_headers_201", answers.oversized_headers, "credits; 128 KiB of headers"),
    _odd("another_document_201", answers.another_document, "credits; echoes another document"),
    _odd("another_amount_201", answers.another_amount, "credits; echoes another amount"),
    _odd("continue_first_201", answers.continue_first, "credits; 100 Continue before the 201"),
    _odd("chunked_201", answers.chunked, "credits; the 201 comes in chunks"),
    _odd("broken_chunk_201", answers.broken_chunk, "credits; a chunk of the 201 is broken"),
    _odd("twice_201", answers.twice, "credits; a 422 nobody asked for follows the 201"),
    Behaviour(
        name="until_close_201",
        sentence="credits; an HTTP/1.0 201 without a length",
        applies=Applies.NOW,
        answer=answers.until_close,
        end=End.CLOSE,
    ),
    Behaviour(
        name="close_idle_201",
        sentence="credits, answers 201 and closes the kept connection at once",
        applies=Applies.NOW,
        answer=answers.created,
        end=End.CLOSE,
    ),
    Behaviour(
        name="status_then_reset",
        sentence="credits, sends the status line of the 201 and resets",
        applies=Applies.NOW,
        answer=answers.status_line_only,
        end=End.RESET,
    ),
    Behaviour(
        name="not_http",
        sentence="credits and answers bytes that are no HTTP",
        applies=Applies.NOW,
        answer=answers.not_http,
        end=End.CLOSE,
    ),
)

BEHAVIOURS: Final = MappingProxyType({behaviour.name: behaviour for behaviour in _ALL})
"""Every behaviour by its name."""
