"""When a message is sent again, when an endpoint rests, and when it is given up: pure decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

WAITS_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Before each further attempt after the first, in seconds, as Standard Webhooks advises: together
some three days."""

MAX_ATTEMPTS: Final = len(WAITS_S) + 1
MAX_TEST_ATTEMPTS: Final = 2
"""Of a test: who asked for it waits for what comes of it."""

JITTER: Final = 0.2
"""A wait is longer by up to this part of it, so that what failed together does not return so."""

REST_S: Final = 2.0
MAX_REST_S: Final = 300.0
"""An endpoint that fails is left alone for so long, doubled each time; then one message tries."""

FAILING_DAYS: Final = 5
GONE: Final = 410


class Because(StrEnum):
    """Why an endpoint is disabled."""

    PERSON = "person"
    GONE = "gone"
    """It answered 410."""

    FAILING = "failing"
    """Nothing was delivered for FAILING_DAYS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingPolicy:
    """What sending may cost; times in seconds.

    A round sends at most `page` messages of one endpoint, begins none after `round_s`, and its
    endpoint is this process's for `lease_s`: longer than a round, a call, and storing it.
    """

    deadline_s: float = 15.0
    page: int = 50
    at_once: int = 4
    """Most calls of one endpoint at a time; of one that fails there is one."""

    endpoints_at_once: int = 16
    """Of one process; with `at_once` no more than the receivers' pool has connections."""

    endpoints_of_one: int = 4
    """Most of one merchant at a time, over all processes: its slow ones are left to it alone."""

    round_s: float = 5.0
    lease_s: float = 60.0
    poll_s: float = 1.0
    max_waiting: int = 1_000
    """With so many messages that wait for another attempt an endpoint's feed is read no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverAnswer:
    """What came of one call: a status, or none and why; `reason` holds nothing that was sent."""

    status: int | None
    reason: str = ""

    @property
    def delivered(self) -> bool:
        """Any 2xx; a redirect is a failure: it is followed nowhere."""
        return self.status is not None and 200 <= self.status <= 299


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How an endpoint fares: rounds in a row in which all failed, and since when."""

    failures: int = 0
    failing_since: datetime | None = None
    rests_until: datetime | None = None


def health_after(
    health: Health, *, delivered: int, failed: int, now: datetime, chance: Callable[[], float]
) -> Health:
    """After a round: anything that was delivered makes it well again."""
    if delivered:
        return Health()
    if not failed:
        return health
    rest_s = min(MAX_REST_S, REST_S * 2.0 ** min(health.failures, 16))
    return replace(
        health,
        failures=health.failures + 1,
        failing_since=health.failing_since or now,
        rests_until=now + timedelta(seconds=_jittered(rest_s, chance)),
    )


def why_disable(health: Health, *, gone: bool, now: datetime) -> Because | None:
    """Why an endpoint is sent nothing any more; None while it is worth trying."""
    if gone:
        return Because.GONE
    since = health.failing_since
    if since is not None and now - since >= timedelta(days=FAILING_DAYS):
        return Because.FAILING
    return None


def next_try(
    attempts: int, now: datetime, chance: Callable[[], float], *, most: int = MAX_ATTEMPTS
) -> datetime | None:
    """When a message that failed so many times is due again; None once it is given up."""
    if attempts < 1:
        raise ValueError("only what was tried is tried again")
    if attempts >= most:
        return None
    return now + timedelta(seconds=_jittered(WAITS_S[attempts - 1], chance))


def _jittered(seconds: float, chance: Callable[[], float]) -> float:
    return seconds * (1 + JITTER * chance())
