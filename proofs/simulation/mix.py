"""What one seed's world is like: swarm testing draws a mix of faults of its own for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cashback_core.delivery import evidence
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.delivery.worker import Schedule
from cashback_core.reconciliation import Margin, Rules
from simulation.papers import FUTURE, Paper
from simulation.respelling import SAME_SALE
from simulation.tellings import LOSSY, ODD, SPELLINGS, Telling

if TYPE_CHECKING:
    from random import Random

EPOCH: Final = datetime(2026, 6, 15, 12, 0, 0, tzinfo=UTC)
"""Virtual second 0."""

POLICY: Final = DeliveryPolicy(
    deadline_s=10.0,
    lease_s=30.0,
    backoff_base_s=2.0,
    backoff_max_s=30.0,
    retry_after_max_s=40.0,
    give_up_s=240.0,
)
MARGIN: Final = Margin(freeze_s=60.0, provider_delay_s=60.0, clock_skew_s=5.0)

SCHEDULE: Final = Schedule(poll_s=6.0, reaper_s=6.0, settler_s=15.0, guard_s=1e6, pause_s=5.0)
CONFIRM_WITHIN: Final = timedelta(seconds=90)
"""In which time a sale is confirmed that is to be confirmed later, whatever merchants say."""
VOID_GRACE: Final = timedelta(seconds=30)
"""How long after that it is not void yet."""
STATEMENT_LAG_S: Final = 2.0
LONGEST_PRECEDING_S: Final = 2 * 86_400.0
PRECEDING_S: Final = (10.0, LONGEST_PRECEDING_S)
"""How long before its first attempt a credit may be dated: at least what clocks may differ."""
WALL_SKEW_S: Final = 90.0
"""How far a host's wall clock is off: no decision may rest on it."""


READS_FAILED_BODIES: Final = hasattr(evidence, "failure_told")
"""Whether a 201 whose body says that it failed is an unknown outcome."""


def instant(seconds: float) -> datetime:
    """The instant of a virtual second."""
    return EPOCH + timedelta(seconds=seconds)


class Behaviour(StrEnum):
    """What the provider, or the network before it, does with one call."""

    CREATED = "201"
    LATE_CREATED = "late 201"
    GARBAGE_CREATED = "201 with garbage"
    SHORT_CREATED = "201 cut short"
    FOREIGN_CREATED = "201 for another payment"
    FAILED_CREATED = "201 that says it failed"
    OK = "200"
    REDIRECT = "redirect"
    CONFLICT = "409 or 408"
    SERVER_ERROR = "5xx"
    RESET = "reset"
    HANG = "hang"
    BUSY = "429 or 425"
    REFUSED = "4xx for good"
    DENIED = "4xx for good, and credited"
    MISCONFIGURED = "401 or 404"
    NO_CONNECTION = "connection refused"
    SLOW_CONNECTION = "slow connection"
    SLOW_HANG = "slow connection, then nothing"


BEHAVIOURS: Final = tuple(
    one for one in Behaviour if one is not Behaviour.FAILED_CREATED or READS_FAILED_BODIES
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """The faults of one seed; shares and chances are in [0, 1], rates are per step of a process."""

    sales: int
    phases: int
    echoes_reference: bool
    kill_rate: float
    freeze_rate: float
    stop_rate: float
    lost_commit: float
    late_commit: float
    crash_every_s: float | None
    lies: float
    behaviours: tuple[Behaviour, ...]
    weights: tuple[float, ...]
    papers: tuple[Paper, ...]
    """What may be wrong with a whole statement, and how often something is."""
    false_statements: float
    watermark: Paper | None
    """What is wrong with every watermark, to the end."""
    tellings: tuple[Telling, ...]
    """In which ways, and how often, a credit is told otherwise than it was asked for."""
    altered: float
    prints_reference: bool
    """Whether references are told, even if nobody relies on them."""
    dates_only: bool
    """Whether statements carry dates alone."""
    precedes_s: float
    hidden: float
    """How often the credit of an applied cashback is never told."""
    foreign: float
    """How often somebody else's credit is on the account, for each of ours."""
    again: float
    """How often one request is credited twice, or three times."""
    reversals: float
    """How often a credit is taken back."""
    person_every_s: float
    """How long it takes until a person looks at what stands open."""
    hanging: bool
    """Whether the calls of one customer always hang, and never pay."""
    provider_skew_s: float
    duplicates: float
    hang_ups: float
    operator_every_s: float | None
    risk: float
    poison: float
    pauses: bool
    """Whether an operator pauses the sender for a while."""
    at_worst: float
    """How often a standstill or a delay takes the longest time that the margin allows for."""
    mid_call: float
    """How often a standstill waits for a call to be about to send."""
    respells: bool
    """Whether ERPs tell the same sale in other words each time."""
    zone_changes: bool
    """Whether a merchant's zone is corrected meanwhile."""
    crowd: int
    """From how many customers the sales come: few of them make groups of equal payments."""
    later: float = 0.0
    """How many of the sales are to be confirmed later."""


def draw(random: Random) -> Mix:
    """A mix: each kind of fault is absent from some worlds and rife in others."""

    def some(most: float, *, chance: float = 0.7) -> float:
        return random.random() * most if random.random() < chance else 0.0

    behaviours = tuple(b for b in BEHAVIOURS if random.random() < 0.5)
    echoes = random.random() < 0.4
    odd = random.random() < 0.5
    dates_only = random.random() < 0.2

    def odds(most: float, *, chance: float) -> float:
        return some(most, chance=chance) if odd else 0.0

    mix = Mix(
        sales=random.randint(5, 16),
        phases=random.randint(3, 8),
        echoes_reference=echoes,
        kill_rate=some(0.02),
        freeze_rate=some(0.02),
        stop_rate=some(0.005, chance=0.4),
        lost_commit=some(0.15),
        late_commit=some(0.1, chance=0.5),
        crash_every_s=random.uniform(15, 120) if random.random() < 0.4 else None,
        lies=random.random() if behaviours else 0.0,
        behaviours=behaviours,
        weights=tuple(random.random() + 0.05 for _ in behaviours),
        false_statements=some(0.6, chance=0.5),
        papers=tuple(paper for paper in Paper if random.random() < 0.5),
        watermark=random.choice(tuple(FUTURE)) if random.random() < 0.1 else None,
        tellings=tuple(one for one in Telling if random.random() < 0.4),
        altered=odds(0.5, chance=0.6),
        prints_reference=echoes or random.random() < 0.2,
        dates_only=dates_only,
        precedes_s=LONGEST_PRECEDING_S if dates_only else random.choice(PRECEDING_S),
        hidden=odds(0.3, chance=0.3) if echoes else 0.0,
        foreign=odds(0.4, chance=0.5),
        again=odds(0.3, chance=0.4),
        reversals=odds(0.2, chance=0.3),
        person_every_s=random.choice((20.0, 300.0)),
        hanging=random.random() < 0.08,
        provider_skew_s=random.uniform(-1, 1) * MARGIN.clock_skew_s,
        duplicates=some(0.6),
        hang_ups=some(0.4, chance=0.5),
        operator_every_s=random.uniform(20, 90) if random.random() < 0.4 else None,
        risk=1.0 if random.random() < 0.1 else 0.0,
        poison=0.1 if random.random() < 0.2 else 0.0,
        pauses=random.random() < 0.2,
        at_worst=0.3,
        mid_call=0.0,
        respells=SAME_SALE and random.random() < 0.5,
        zone_changes=SAME_SALE and random.random() < 0.2,
        crowd=random.randint(1, 5),
    )
    if LOSSY & set(mix.tellings):
        mix = replace(mix, hidden=0.0)
    drawn = replace(_kind(random, mix), later=some(0.8, chance=0.5))
    # Whose credit a reversal takes back nobody can tell of equal ones without references.
    return drawn if drawn.echoes_reference else replace(drawn, reversals=0.0)


def _kind(random: Random, mix: Mix) -> Mix:
    """What this world has most of."""
    match random.randrange(8):
        case 0:
            return _standstill(random, mix)
        case 1:
            return _false_papers(random, mix)
        case 2:
            return _collapse(random, mix)
        case 3 | 4:
            return _odd_lines(random, mix)
        case _:
            return mix


def _standstill(random: Random, mix: Mix) -> Mix:
    """Processes freeze all the time and credits come late: what the settler's margin is for."""
    return replace(
        mix,
        freeze_rate=random.uniform(0.1, 0.6),
        at_worst=0.8,
        mid_call=random.choice((0.5, 0.95)),
        kill_rate=0.0,
        stop_rate=0.0,
        crash_every_s=None,
        false_statements=0.0,
        hanging=False,
        lies=random.uniform(0.7, 1.0),
        behaviours=(Behaviour.SLOW_HANG, Behaviour.HANG),
        weights=(0.8, 0.2),
    )


def _false_papers(random: Random, mix: Mix) -> Mix:
    """Much is in doubt, and most statements are worthless."""
    return replace(
        mix,
        lies=random.uniform(0.4, 0.9),
        behaviours=(Behaviour.HANG, Behaviour.RESET, Behaviour.SERVER_ERROR),
        weights=(0.2, 1.0, 1.0),
        papers=mix.papers or tuple(Paper),
        false_statements=random.uniform(0.6, 1.0),
    )


def _odd_lines(random: Random, mix: Mix) -> Mix:
    """Much is in doubt, and statements are whole, of lines that are told in every odd way."""
    kinds = tuple(random.choice((ODD, SPELLINGS)))
    tellings = tuple(random.sample(kinds, random.choice((1, 1, 3))))
    hidden = 0.0 if LOSSY & set(tellings) or not mix.echoes_reference else random.random() * 0.5
    return replace(
        mix,
        sales=random.randint(6, 12),
        kill_rate=mix.kill_rate / 4,
        lies=random.uniform(0.5, 0.9),
        behaviours=(Behaviour.RESET, Behaviour.SERVER_ERROR, Behaviour.DENIED),
        weights=(1.0, 1.0, random.choice((0.0, 1.0))),
        false_statements=random.choice((0.0, 0.1)),
        tellings=tellings,
        altered=random.choice((0.0, random.uniform(0.3, 1.0))),
        hidden=hidden,
        foreign=random.choice((0.0, random.random())),
        again=random.choice((0.0, random.random() * 0.5)),
        person_every_s=random.choice((20.0, 300.0, 300.0)),
        reversals=random.choice((0.0, random.random() * 0.5)),
    )


def _collapse(random: Random, mix: Mix) -> Mix:
    """The provider fails everybody: what the breaker is for."""
    return replace(
        mix,
        sales=random.randint(10, 20),
        crowd=random.randint(6, 12),
        lies=random.uniform(0.8, 1.0),
        kill_rate=mix.kill_rate / 8,
    )


def rules_of(mix: Mix) -> Rules:
    """How this world's statements are read."""
    return Rules(
        policy=POLICY,
        margin=MARGIN,
        echoes_reference=mix.echoes_reference,
        precedes=timedelta(seconds=mix.precedes_s),
    )
