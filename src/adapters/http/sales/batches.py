"""Many sales in one request: answered one by one, as if each had come by itself."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from litestar import Request, post
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.problems.problem import Problem, answer_problem, said_in
from adapters.http.sales.batch_body import MAX_BATCH_BYTES, BatchSale, read_batch
from adapters.http.sales.cashbacks import answer_submitted
from adapters.http.sales.shapes import BatchResult
from adapters.http.wire.answers import Answer, Header, encode
from adapters.http.wire.body import MAX_BODY_BYTES, read_body
from adapters.http.wire.headers import Preference, read_language, read_preference
from cashback_core.intake.batch import NotTaken
from cashback_core.intake.submission import SaleRequest
from cashback_core.people.rate_limit import RateExceededError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission, Principal
    from cashback_core.intake.batch import SubmitBatch
    from cashback_core.intake.submission import Submitted
    from cashback_core.words.locales import Language

PATH: Final = "/api/cashbacks/batch"

MAX_AT_ONCE: Final = 8
"""Most batches that one process has in hand: each keeps all that came and all that is answered."""

MAX_OF_MERCHANT: Final = 4
"""Most of them that are one merchant's: however many clients it has, others find a place."""

MAX_OF_ONE: Final = 2
"""Most batches that one caller has, in hand or coming: a body may drip."""

PACED_S: Final = 5.0
"""So long a batch waits for its caller's rate; what is beyond it then is refused."""

_LAST_PACE_S: Final = 0.5
_BUSY: Final = RateExceededError(1.0)
_Whose = TypeVar("_Whose", str, int)


@dataclass(slots=True)
class BatchesInHand:
    """How many batches there are in a process, by whose they are."""

    _callers: Counter[str] = field(default_factory=Counter[str])
    _merchants: Counter[int] = field(default_factory=Counter[int])

    @contextmanager
    def coming_from(self, subject: str) -> Generator[None]:
        """Count a caller's from its first byte on; raises RateExceededError at enough of them."""
        if self._callers[subject] >= MAX_OF_ONE:
            raise _BUSY
        with _counted(self._callers, subject):
            yield

    @contextmanager
    def one_of(self, merchant_id: int) -> Generator[None]:
        """Count one that came whole; raises RateExceededError where there are enough."""
        theirs = self._merchants[merchant_id]
        if theirs >= MAX_OF_MERCHANT or self._merchants.total() >= MAX_AT_ONCE:
            raise _BUSY
        with _counted(self._merchants, merchant_id):
            yield


@contextmanager
def _counted(counts: Counter[_Whose], whose: _Whose) -> Generator[None]:
    counts[whose] += 1
    try:
        yield
    finally:
        counts[whose] -= 1
        if not counts[whose]:
            del counts[whose]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRoutes:
    """Submitting many sales; `problem_of` tells which problem an exception is."""

    admit: Admission
    submit_batch: SubmitBatch
    problem_of: Callable[[object], Problem]
    in_hand: BatchesInHand = field(default_factory=BatchesInHand)

    def handlers(self) -> list[HTTPRouteHandler]:
        """The route, under its address."""
        return [post(PATH, name="submit_batch", status_code=200)(self.submit)]

    async def submit(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Record sales, each by itself."""
        fields, principal = await self.admit(request)
        preference = read_preference(fields)
        language = read_language(fields)
        with self.in_hand.coming_from(principal.subject):
            body = await read_body(fields, request.receive, max_bytes=MAX_BATCH_BYTES)
            with self.in_hand.one_of(principal.merchant_id):
                results = await self._results(body, principal, preference, language)
        headers: list[Header] = [*said_in(language)]
        applied = preference.applied()
        if applied is not None:
            headers.append((b"preference-applied", applied))
        return Answer(200, b'{"results":[' + b",".join(results) + b"]}", headers=headers)

    async def _results(
        self, body: bytes, principal: Principal, preference: Preference, language: Language
    ) -> list[bytes]:
        sales = await _read(body)
        counted = await self._count(principal.subject, len(sales))
        outcomes = await self._submit(sales[:counted], principal, preference)
        beyond = [NotTaken(_BUSY)] * (len(sales) - counted)
        return await self._told([*outcomes, *beyond], language)

    async def _count(self, subject: str, wanted: int) -> int:
        """How many of so many sales the caller may send: each counts as a request would.

        The first one did when it was admitted. A caller who is at its rate is waited for.
        """
        paced_until_s = time.monotonic() + PACED_S
        counted = 1
        while counted < wanted:
            try:
                await self.admit.limit(subject)
            except RateExceededError as error:
                if time.monotonic() + error.wait_s > paced_until_s:
                    return counted
                await asyncio.sleep(min(error.wait_s, _LAST_PACE_S))
            else:
                counted += 1
        return counted

    async def _submit(
        self, sales: Sequence[BatchSale], principal: Principal, preference: Preference
    ) -> list[Submitted | NotTaken]:
        """What became of each; what cannot be read is not submitted at all."""
        requests = [
            SaleRequest(
                merchant_id=principal.merchant_id,
                document=sale.document,
                raw_body=sale.raw,
                idempotency_key=sale.key,
                wait_s=0,
                submitted_by=principal.subject,
                group=principal.group,
                reads_only=principal.reads_only,
            )
            for sale in sales
            if sale.fault is None
        ]
        wait_s = None if preference.respond_async else preference.wait_s
        outcomes = iter(await self.submit_batch(requests, wait_s=wait_s))
        return [next(outcomes) if sale.fault is None else NotTaken(sale.fault) for sale in sales]

    async def _told(
        self, outcomes: Sequence[Submitted | NotTaken], language: Language
    ) -> list[bytes]:
        results: list[bytes] = []
        for outcome in outcomes:
            results.append(encode(_result(self._answer(outcome, language))))
            await asyncio.sleep(0)  # others wait for the same event loop
        return results

    def _answer(self, outcome: Submitted | NotTaken, language: Language) -> Answer:
        """What the sale's own request would be answered."""
        error: object = outcome
        if isinstance(outcome, NotTaken):
            error = outcome.error
        else:
            try:
                return answer_submitted(outcome)
            except Exception as caught:  # noqa: BLE001 (as at the edge of a request of its own)
                error = caught
        return answer_problem(self.problem_of(error), language)


async def _read(body: bytes) -> list[BatchSale]:
    """Of a long one in a thread: others wait for the same event loop."""
    if len(body) <= MAX_BODY_BYTES:
        return read_batch(body)
    return await asyncio.to_thread(read_batch, body)


def _result(answer: Answer) -> BatchResult:
    headers = dict(answer.headers)
    location, after = headers.get(b"location"), headers.get(b"retry-after")
    return BatchResult(
        status=answer.status,
        location=msgspec.UNSET if location is None else location.decode("ascii"),
        replayed=True if b"idempotent-replayed" in headers else msgspec.UNSET,
        retry_after_s=msgspec.UNSET if after is None else int(after),
        body=msgspec.Raw(answer.body),
    )
