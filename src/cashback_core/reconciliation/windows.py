"""What a statement may prove: the window it covers, by its own word, by ours, and by the clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation.entries import is_date_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.told import ReadStatement

_TO_BE_SENT: Final = frozenset({Status.UNCONFIRMED, Status.PENDING, Status.HELD})
_NEVER_SENT: Final = frozenset({Status.VOID, Status.RECORDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """How long after an attempt began its credit may still appear, in seconds.

    The lease is added: a deliverer may begin a call while the lease's rest is at least the
    deadline, and a connection that is slow to open lets the bytes leave a deadline later still.
    `clock_skew_s` is the most that the provider's clock and the database's may differ.
    """

    freeze_s: float
    provider_delay_s: float
    clock_skew_s: float

    @property
    def skew(self) -> timedelta:
        """The most that two clocks differ."""
        return timedelta(seconds=self.clock_skew_s)

    def after(self, started_at: datetime, policy: DeliveryPolicy) -> datetime:
        """The instant from which on an absent credit of this attempt will never appear."""
        total_s = policy.lease_s + self.freeze_s + self.provider_delay_s + self.clock_skew_s
        return started_at + timedelta(seconds=total_s)

    def window_start(self, first_started_at: datetime) -> datetime:
        """The latest start of a statement that must tell of whatever a first attempt led to."""
        return first_started_at - self.skew


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How lines are read as credits of ours, and how often a doubt may come back.

    `precedes` is how long before its first attempt a credit may be dated: some statements carry
    dates alone. Proved unpaid for the `max_rounds`th time, or `max_rounds_time` after the first,
    a cashback is held instead of sent again.
    """

    policy: DeliveryPolicy
    margin: Margin
    echoes_reference: bool
    precedes: timedelta = timedelta(days=2)
    max_rounds: int = 3
    max_rounds_time: timedelta = timedelta(hours=72)

    def could_be(self, entry: BookEntry, credited_at: datetime | None) -> bool:
        """Whether a credit of that instant may be this cashback's.

        Of one that was never tried (its attempts may be lost with a database that was restored)
        from its acceptance on, by whichever clock, or on the day of it. A line without an instant
        could be anybody's.
        """
        if credited_at is None:
            return True
        return credited_at >= self.earliest_at(entry, is_date=is_date_alone(credited_at))

    def earliest_at(self, entry: BookEntry, *, is_date: bool) -> datetime:
        """From which instant on, or from which date, a credit may be this cashback's."""
        if entry.first_started_at is not None:
            return entry.first_started_at - self.precedes
        return entry.accepted_at - (self.precedes if is_date else self.margin.skew)

    def is_dated_like(self, entry: BookEntry, credited_at: datetime | None) -> bool:
        """Whether a line is dated as this cashback's credit would be, not just as it could be.

        From its first attempt to its answer, and as much later as a line may appear; or on its day.
        """
        first = entry.first_started_at or entry.accepted_at
        if credited_at is None:
            return False
        if is_date_alone(credited_at) and first - self.precedes <= credited_at <= first:
            return True
        delay = timedelta(seconds=self.margin.provider_delay_s)
        if entry.applied_at is None:
            latest = self.margin.after(entry.last_started_at or first, self.policy)
        else:
            latest = entry.applied_at + delay + self.margin.skew
        return first - self.margin.skew <= credited_at <= latest

    def is_dated_as_answered(self, entry: BookEntry, credited_at: datetime | None) -> bool:
        """Whether a line is dated within an applied cashback's attempts, by either clock.

        Or on their day. Closer than `is_dated_like`, which allows for the provider's longest delay.
        """
        if credited_at is None or entry.first_started_at is None or entry.applied_at is None:
            return False
        first, skew = entry.first_started_at, self.margin.skew
        if is_date_alone(credited_at) and first - self.precedes <= credited_at <= first:
            return True
        return first - skew <= credited_at <= entry.applied_at + skew

    def is_over_before(self, entry: BookEntry, instant: datetime) -> bool:
        """Whether whatever credit this cashback has is dated before an instant.

        What is void, or history, was never sent: only a line that names it is held against it.
        What was never tried and may be sent yet is never over: when a database that was restored
        has forgotten its sending, that may have been long after its acceptance.
        """
        if entry.status in _NEVER_SENT:
            return True
        if entry.first_started_at is None and entry.status in _TO_BE_SENT:
            return False
        if entry.status is Status.APPLIED and entry.applied_at is not None:
            last = entry.applied_at + self.margin.skew
        else:
            last = self.margin.after(entry.last_started_at or entry.accepted_at, self.policy)
        return last + self.precedes < instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `since` to `through` every credit is on the statement, if what it says is true.

    `distrust` are reasons why its silence proves nothing whatever its lines are; `remarks` what
    somebody should know though it bars nothing. `told_anew_from` is from when on statements tell
    that were asked for later: of that its silence proves nothing. `zone` is whose days the dates of
    its lines are; None where that is not known.
    """

    since: datetime
    through: datetime
    told_anew_from: datetime | None = None
    distrust: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    zone: ZoneInfo | None = None

    @classmethod
    def of(cls, told: Sequence[ReadStatement], margin: Margin) -> Window:
        """The window of consecutive statements, the earliest first.

        A watermark later than the instant of asking counts as that instant, less the skew: nobody
        knows the future. A declared start later than the one asked for counts. A gap between two
        statements ends the window before it.
        """
        if not told:
            raise ValueError("a window needs a statement")
        distrust: list[str] = []
        remarks: list[str] = []
        since = told[0].starts_at
        through = since
        for one in told:
            distrust.extend(one.defects())
            if one.starts_at > through:
                distrust.append(
                    f"nothing tells of {through.isoformat()} to {one.starts_at.isoformat()}"
                )
                break
            head = one.head
            remarks.extend(head.remarks)
            if head.since is not None and head.since > head.asked_since:
                remarks.append(
                    f"asked from {head.asked_since.isoformat()}, told from {head.since.isoformat()}"
                )
            latest = head.asked_at - margin.skew
            declared = head.complete_through
            if declared is not None and declared > latest:
                remarks.append(
                    f"complete through {declared.isoformat()} is later than the asking: counted as"
                    f" {latest.isoformat()}"
                )
            if declared is not None:
                through = max(through, min(declared, latest))
        zones = {one.head.zone for one in told}
        return cls(
            since=since,
            through=through,
            distrust=tuple(distrust),
            remarks=tuple(remarks),
            zone=zones.pop() if len(zones) == 1 else None,
        )

    def covers(self, entry: BookEntry, margin: Margin) -> bool:
        """Whether nothing that its first attempt led to can lie before the window."""
        return margin.window_start(entry.first_started_at or entry.accepted_at) >= self.since

    def expects(self, entry: BookEntry, margin: Margin) -> bool:
        """Whether the credit of an applied cashback must be told, by whichever clock."""
        return (
            entry.applied_at is not None
            and self.covers(entry, margin)
            and entry.applied_at + margin.skew <= self.through
        )

    def why_not_quiet(self, group: Iterable[BookEntry], rules: Rules) -> str | None:
        """Why a credit of this group may be told later or was told earlier; None if it cannot."""
        for entry in group:
            if entry.status is Status.SENDING:
                return "an attempt of its group runs"
            if not self.covers(entry, rules.margin):
                return "the statement begins after its first attempt"
            quiet_at = rules.margin.after(entry.last_started_at or entry.accepted_at, rules.policy)
            if quiet_at >= self.through:
                return f"its credit may still come: to be proved from {quiet_at.isoformat()} on"
            if self.told_anew_from is not None and quiet_at >= self.told_anew_from:
                return f"a later statement tells from {self.told_anew_from.isoformat()} on"
        return None
