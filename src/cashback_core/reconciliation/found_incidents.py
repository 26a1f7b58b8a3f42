"""Findings that need a person as a store keeps them, and what stands open of them."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from cashback_core.reconciliation import Finding, FindingClass, Rules, Window, line_key

MAX_WHY_CHARS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIncident:
    """A finding that needs a person, as a store keeps it.

    `document` is not masked, `statement_at` when its statement was asked for. `line_key` is what
    its line is known by on every statement, None for a cashback without one. `told_since` to
    `told_through` is its own window: a statement that covers it, and does not find it again,
    closes it.
    """

    cls: FindingClass
    merchant_id: int | None
    cashback_id: UUID | None
    document: str | None
    centavos: int
    line: int | None
    line_key: str | None
    credited_at: datetime | None
    reference: str | None
    why: str
    statement_at: datetime
    told_since: datetime
    told_through: datetime

    @classmethod
    def of(
        cls, finding: Finding, rules: Rules, window: Window, statement_at: datetime
    ) -> FoundIncident:
        """What is kept of a finding of this window."""
        line, entry = finding.line, finding.entry or finding.about
        since, through = _own_window(finding, rules, window)
        absent = None if entry is None else entry.document
        return cls(
            cls=finding.cls,
            merchant_id=None if entry is None else entry.merchant_id,
            cashback_id=finding.cashback_id,
            document=absent if line is None else line.document,
            centavos=finding.at_stake_centavos,
            line=None if line is None else line.number,
            line_key=None if line is None else line_key(line),
            credited_at=None if line is None else line.credited_at,
            reference=None if line is None else line.reference,
            why=finding.why[:MAX_WHY_CHARS],
            statement_at=statement_at,
            told_since=since,
            told_through=through,
        )


def _own_window(finding: Finding, rules: Rules, window: Window) -> tuple[datetime, datetime]:
    """What a later statement must cover to know better: its line, and its cashback's own line.

    Of a surplus credit without references all that this one covers: on a later start the line of
    an equal cashback lies before the statement, and that cashback would be given this one.
    """
    line, entry = finding.line, finding.entry or finding.about
    instants: list[datetime] = []
    if line is not None:
        if line.credited_at is None:
            return window.since, window.through
        instants.append(line.credited_at)
    if entry is not None:
        instants.append(entry.first_started_at or entry.accepted_at)
        if line is None:
            instants.append(entry.applied_at or entry.last_started_at or entry.accepted_at)
    earliest = min(instants) - rules.margin.skew - rules.precedes
    latest = max(instants) + rules.margin.skew
    since = max(window.since, earliest)
    if finding.cls is FindingClass.CREDITED_UNPAID and not rules.echoes_reference:
        since = window.since
    return since, max(since, min(window.through, latest))


_EXPLAINS: Final = frozenset(
    {FindingClass.MATCHED, FindingClass.EXPLAINED, FindingClass.DOUBT_APPLIED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncidents:
    """What open incidents are about: their lines, by `line_key`; cashbacks where there is none."""

    lines: AbstractSet[str]
    cashbacks: frozenset[UUID]
    reversed_at: Mapping[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    """Of cashbacks whose credit was told to be taken back: when that statement was asked for."""

    def taken_back_after(self, asked_at: datetime) -> frozenset[UUID]:
        """Whose credits were taken back, by statements that were asked for after this instant."""
        return frozenset(id_ for id_, at in self.reversed_at.items() if at > asked_at)

    def explained_by(self, finding: Finding) -> str | UUID | None:
        """The line or the cashback of an open incident that a finding explains, if any.

        Whatever the statement covers: that a line goes with a cashback is seen on it. Unless that
        one's own credit may lie outside its window: the line was another's where both were seen.
        """
        if finding.cls not in _EXPLAINS:
            return None
        if self.cashbacks and finding.entry is not None and finding.entry.id in self.cashbacks:
            return finding.entry.id
        if (
            self.lines
            and finding.line is not None
            and not finding.may_be_anothers
            and (key := line_key(finding.line)) in self.lines
        ):
            return key
        return None
