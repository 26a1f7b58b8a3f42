"""Proving from the provider's statement what became of cashbacks in doubt.

The provider answers no look-ups; its statement is the only witness. A line on it proves that a
credit happened. Absence proves something only when no request could still be on its way: the
statement must be complete to an instant later than every possible effect of the last attempt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cashback_core.delivery import DeliveryPolicy, Status
from cashback_core.erased import is_pseudonym

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID


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

    def after(self, started_at: datetime, policy: DeliveryPolicy) -> datetime:
        """The instant from which on an absent credit of this attempt will never appear."""
        total_s = policy.lease_s + self.freeze_s + self.provider_delay_s + self.clock_skew_s
        return started_at + timedelta(seconds=total_s)

    def window_start(self, first_started_at: datetime) -> datetime:
        """The latest start of a statement that must tell of whatever a first attempt led to."""
        return first_started_at - timedelta(seconds=self.clock_skew_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One credit that the provider tells of; `reference` only if it echoes ours."""

    document: str
    cashback_centavos: int
    credited_at: datetime
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The provider's credits from `since` to `complete_through`, with its own control totals.

    `complete_through` is what the provider declares: every credit up to then is listed. None
    means that it declared nothing. `bad_lines` could not be read.
    """

    since: datetime
    complete_through: datetime | None
    lines: tuple[StatementLine, ...]
    declared_count: int | None
    declared_centavos: int | None
    bad_lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settleable:
    """A cashback as the settler sees it; `first_started_at` and `last_started_at` of its attempts.

    Whoever has never been tried (both None) is counted as neither paid nor doubtful.
    """

    id: UUID
    merchant_id: int
    document: str
    cashback_centavos: int
    status: Status
    accepted_at: datetime
    first_started_at: datetime | None
    last_started_at: datetime | None
    applied_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the statement proves of one cashback in doubt: applied, or pending again."""

    id: UUID
    merchant_id: int
    to: Status
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The settler's findings; `distrust` says why absence proved nothing this time."""

    settled: tuple[Settled, ...]
    distrust: str | None = None


def settle(
    rows: Sequence[Settleable],
    statement: Statement,
    *,
    policy: DeliveryPolicy,
    margin: Margin,
    echoes_reference: bool,
) -> Settlement:
    """What the statement proves.

    `rows` must hold every cashback ever tried of each (document, amount) that has one in doubt,
    over all merchants of the provider's account, every applied one of the statement's window, and
    every one of an erased customer that may stand on it. Presence counts on any readable
    statement; absence only on one that can be trusted whole.
    """
    distrust = why_distrusted(rows, statement, margin=margin, echoes_reference=echoes_reference)
    prove = _by_reference if echoes_reference else _by_group
    settled: list[Settled] = []
    groups: dict[tuple[str, int], list[Settleable]] = defaultdict(list)
    for row in rows:
        groups[row.document, row.cashback_centavos].append(row)
    lines: dict[tuple[str, int], list[StatementLine]] = defaultdict(list)
    for line in statement.lines:
        lines[line.document, line.cashback_centavos].append(line)
    # A credit of theirs stands on the statement under a document that nobody here knows any more:
    # any line of that amount may be it, and counting lines of the amount proves nothing.
    erased = {row.cashback_centavos for row in rows if is_pseudonym(row.document)}
    for key, group in groups.items():
        if not any(row.status is Status.IN_DOUBT for row in group):
            continue
        if not echoes_reference and key[1] in erased:
            continue
        quiet = distrust is None and _is_quiet(group, statement, policy, margin)
        settled.extend(prove(group, lines[key], quiet=quiet))
    return Settlement(settled=tuple(settled), distrust=distrust)


def why_distrusted(
    rows: Iterable[Settleable], statement: Statement, *, margin: Margin, echoes_reference: bool
) -> str | None:
    """Why the absence of a line on this statement proves nothing; None if it proves something.

    A truncated or a foreign file would "prove" absence, and everybody would be paid twice.
    """
    if statement.complete_through is None:
        return "the statement declares no instant that it is complete through"
    if statement.bad_lines:
        return f"{statement.bad_lines} lines cannot be read"
    if statement.declared_count != len(statement.lines):
        return f"{len(statement.lines)} lines, but {statement.declared_count} declared"
    total = sum(line.cashback_centavos for line in statement.lines)
    if statement.declared_centavos != total:
        return f"lines add up to {total} centavos, but {statement.declared_centavos} declared"
    missing = _applied_but_missing(
        rows, statement, margin=margin, echoes_reference=echoes_reference
    )
    return f"{missing} applied cashbacks of its window are not on it" if missing else None


def _applied_but_missing(
    rows: Iterable[Settleable], statement: Statement, *, margin: Margin, echoes_reference: bool
) -> int:
    """How many cashbacks known to be paid inside the window the statement does not tell of."""
    through, skew = statement.complete_through, timedelta(seconds=margin.clock_skew_s)
    paid = [
        row
        for row in rows
        if row.status is Status.APPLIED
        and (echoes_reference or not is_pseudonym(row.document))
        and row.applied_at is not None
        and row.first_started_at is not None
        and through is not None
        # Credited between its first attempt and the answer; both must lie in the window, by
        # whichever clock.
        and margin.window_start(row.first_started_at) >= statement.since
        and row.applied_at + skew <= through
    ]
    if echoes_reference:
        told = {line.reference for line in statement.lines}
        return sum(str(row.id) not in told for row in paid)
    need = Counter((row.document, row.cashback_centavos) for row in paid)
    have = Counter((line.document, line.cashback_centavos) for line in statement.lines)
    return sum(max(0, count - have[key]) for key, count in need.items())


def _is_quiet(
    group: Sequence[Settleable], statement: Statement, policy: DeliveryPolicy, margin: Margin
) -> bool:
    """Whether no credit of this group can still be on its way or have been before the window."""
    through = statement.complete_through
    if through is None:
        return False
    for row in group:
        if row.status is Status.SENDING:
            return False
        if row.first_started_at is None or row.last_started_at is None:
            continue
        if margin.window_start(row.first_started_at) < statement.since:
            return False  # its credit may stand on an earlier statement
        if margin.after(row.last_started_at, policy) >= through:
            return False
    return True


def _by_reference(
    group: Sequence[Settleable], lines: Sequence[StatementLine], *, quiet: bool
) -> list[Settled]:
    """The provider echoes our reference: each line speaks for exactly one cashback."""
    credited = {line.reference for line in lines}
    found: list[Settled] = []
    for row in group:
        if row.status is not Status.IN_DOUBT:
            continue
        if str(row.id) in credited:
            found.append(_settled(row, Status.APPLIED, "its reference is on the statement"))
        elif quiet:
            found.append(_settled(row, Status.PENDING, "its reference is proved absent"))
    return found


def _by_group(
    group: Sequence[Settleable], lines: Sequence[StatementLine], *, quiet: bool
) -> list[Settled]:
    """No reference: n lines are n applied. Equal credits to one wallet are interchangeable.

    Single rows are never matched while another of the group may still be paid: the line could be
    that one's.
    """
    if not quiet:
        return []
    applied = sum(row.status is Status.APPLIED for row in group)
    doubtful = sorted(
        (row for row in group if row.status is Status.IN_DOUBT),
        key=lambda row: (row.accepted_at, row.id),
    )
    unexplained = max(0, len(lines) - applied)
    reason = f"{len(lines)} credits for {applied} applied of this customer and amount"
    return [
        _settled(row, Status.APPLIED if index < unexplained else Status.PENDING, reason)
        for index, row in enumerate(doubtful)
    ]


def _settled(row: Settleable, to: Status, reason: str) -> Settled:
    return Settled(id=row.id, merchant_id=row.merchant_id, to=to, reason=reason)
