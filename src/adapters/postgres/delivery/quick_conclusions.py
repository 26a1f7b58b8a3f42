"""The quick way of a group of attempts' ends: first attempts that paid, in one call, not in four.

Nearly every attempt is the API's own first one and ends with a 201, of a cashback that is as its
acceptance left it. What becomes of those is decided by the core, as for all others, on that
assumption; `conclude_paid` (migration 0014) holds it against the rows, under their locks, and
leaves over whatever is not so: for that the plain statements follow, and decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID

from adapters.postgres.connection.database import named
from adapters.postgres.connection.one_call import instant_of
from adapters.postgres.delivery.conclusions import ended, result_row
from adapters.postgres.sales.sale_names import encoded
from cashback_core.delivery.evidence import Applied, read_answer
from cashback_core.delivery.record import Standing
from cashback_core.delivery.states import Actor, Conclusion, Delivery, Status, conclude

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.postgres.connection.one_call import Row
    from cashback_core.delivery.evidence import ProviderAnswer
    from cashback_core.delivery.leases import AttemptResult
    from cashback_core.delivery.states import DeliveryPolicy

CONCLUDE: Final[LiteralString] = (
    "select applied_at, left_over from conclude_paid($1, $2::bigint[], $3::uuid[], $4::jsonb)"
)

AS_ACCEPTED: Final = 2
"""The version of a cashback that its acceptance left with the first attempt."""


def is_first_that_paid(result: AttemptResult) -> bool:
    """Whether this is the end of an API's first attempt, and the provider paid."""
    return (
        isinstance(result.outcome, Applied)
        and result.claim.attempt == 1
        and result.claim.started_at is None
        and result.deliverer is Actor.API
    )


@dataclass(slots=True)
class QuickConclusions:
    """Of a group those that paid at the first attempt; the others are left over."""

    results: list[AttemptResult]
    _answers: dict[UUID, ProviderAnswer | None]
    _rows: list[dict[str, Any]]

    @classmethod
    def among(cls, group: Sequence[AttemptResult], policy: DeliveryPolicy) -> QuickConclusions:
        """Choose, and decide what becomes of them if they are as their acceptance left them."""
        now = datetime.now(UTC)  # decides nothing where the provider paid
        as_accepted = Delivery(status=Status.SENDING, attempt=1, open_since_at=now)
        quick = cls([], {}, [])
        for result in group:
            if not is_first_that_paid(result):
                continue
            conclusion = conclude(as_accepted, ended(result, now), policy)
            if _is_paid(conclusion):
                answer = read_answer(result.evidence)
                quick.results.append(result)
                quick._answers[result.claim.id] = answer
                quick._rows.append(result_row(result, answer, conclusion, as_accepted, AS_ACCEPTED))
        return quick

    def values(self) -> list[bytes | None]:
        """What CONCLUDE is called with."""
        claims = [result.claim for result in self.results]
        return [
            named({claim.merchant_id for claim in claims}).encode(),
            named(claim.merchant_id for claim in claims).encode(),
            ("{" + ",".join(str(claim.id) for claim in claims) + "}").encode(),
            encoded(self._rows),
        ]

    def concluded(self, row: Row) -> dict[UUID, Standing]:
        """Where those stand that are not left over."""
        instant, left_over = row
        applied_at = instant_of(instant)
        others = {UUID(id_) for id_ in (left_over or b"").decode().split()}
        return {
            id_: Standing(status=Status.APPLIED, attempt=1, applied_at=applied_at, provider=answer)
            for id_, answer in self._answers.items()
            if id_ not in others
        }


def _is_paid(conclusion: Conclusion) -> bool:
    move = conclusion.move
    return move is not None and move.to is Status.APPLIED and conclusion.incident is None
