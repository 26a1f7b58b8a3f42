"""What a run found, in figures and in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chaos.profile import MISBEHAVIOURS, PROCESS_FAULTS, Fault
from chaos.sales import money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.closed_days import ClosedDays
    from chaos.invariants import Ledgers
    from chaos.profile import Profile
    from chaos.roles import Roles

MOST_P99_S: Final = 2.0
MOST_CONVERGENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The figures of one run; times in seconds."""

    faults: Mapping[Fault, int]
    restarts: int
    sales: int
    retried: Mapping[str, int]
    waits_s: Sequence[float]
    sales_s: Sequence[float]
    converged_s: float
    statuses: Mapping[str, int]
    attempts: Mapping[str, int]
    credited_centavos: int
    credits: int
    tellings: Sequence[str]
    strangers: int
    mistakes: int
    incidents: Mapping[str, int]
    explained: Mapping[str, int]
    respelt: int
    has_references: bool
    closed: Mapping[str, int]
    lines: int
    stood: int
    violations: Sequence[str]

    @classmethod
    def of(
        cls,
        roles: Roles,
        *,
        waits_s: Sequence[float],
        converged_s: float,
        ledgers: Ledgers,
        days: ClosedDays,
        violations: Sequence[str],
    ) -> Self:
        """Put together what the parts of a run know."""
        rows, injector, book = ledgers.rows.values(), roles.injector, roles.erp.book
        account, person = roles.account, roles.person
        return cls(
            faults=dict(injector.counts),
            restarts=injector.restarts,
            sales=len(book.sales),
            retried=dict(book.retried),
            waits_s=sorted(waits_s),
            sales_s=sorted(book.sales_s),
            converged_s=converged_s,
            statuses=dict(Counter(row.status for row in rows).most_common()),
            attempts=dict(
                Counter(
                    a.result or "never told" for row in rows for a in row.attempts
                ).most_common()
            ),
            credited_centavos=sum(credit.group[1] for credit in ledgers.credits),
            credits=len(ledgers.credits),
            tellings=tuple(lie.telling for lie in account.lies),
            strangers=account.strangers,
            mistakes=len(account.mistaken | account.refused),
            incidents=dict(Counter(one.cls for one in ledgers.incidents).most_common()),
            explained=dict(person.said),
            respelt=book.respelt,
            has_references=ledgers.echoes,
            closed={f"of {owner}": close["number"] for owner, close in days.last.items()},
            lines=days.lines.total(),
            stood=days.stood,
            violations=violations,
        )

    @property
    def process_faults(self) -> int:
        """How many faults took a process."""
        return sum(count for fault, count in self.faults.items() if fault in PROCESS_FAULTS)

    def shortfalls(self, profile: Profile, seconds: float) -> list[str]:
        """Why the run proves less than it should, beside its violations."""
        found: list[str] = []
        if seconds >= profile.seconds and self.process_faults < profile.least_process_faults:
            found.append(f"only {self.process_faults} process faults")
        if seconds >= profile.seconds and len(self.tellings) < profile.least_tellings:
            found.append(f"only {len(self.tellings)} false statements")
        if self.converged_s > MOST_CONVERGENCE_S:
            found.append(f"converged only after {self.converged_s:.1f} s")
        if percentile(self.waits_s, 99) > MOST_P99_S:
            found.append(f"p99 of the answers under faults above {MOST_P99_S:g} s")
        return found


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value that so many percent of the ordered values do not exceed; 0 of none."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def render(outcome: Outcome) -> str:
    """The report that `make chaos` prints."""
    waits, sales = outcome.waits_s, outcome.sales_s
    shown_faults = "\n".join(f"  {outcome.faults.get(fault, 0):5}  {fault}" for fault in Fault)
    return f"""\
faults:
{shown_faults}
  {outcome.process_faults:5}  that took a process; {outcome.restarts} processes ended by themselves
provider: {len(MISBEHAVIOURS)} misbehaviours on half the calls
statements: {"with" if outcome.has_references else "without"} our references; told falsely: \
{", ".join(outcome.tellings) or "never"}
account: {outcome.strangers} strangers' credits, {outcome.mistakes} orders mistaken
incidents: {_listed(outcome.incidents)}; explained: {_listed(outcome.explained)}
sales: {outcome.sales}, {outcome.respelt} requests in other words; \
tried again after: {_listed(outcome.retried)}
answers under faults: {len(waits)}, p50 {percentile(waits, 50):.3f} s, \
p99 {percentile(waits, 99):.3f} s, longest {max(waits, default=0):.3f} s
until a definite answer, retries included: p50 {percentile(sales, 50):.3f} s, \
p99 {percentile(sales, 99):.3f} s
attempts: {_listed(outcome.attempts)}
converged: {outcome.converged_s:.1f} s after the last fault; {_listed(outcome.statuses)}
provider's ledger: {outcome.credits} credits, {money(outcome.credited_centavos)}
days closed, and verified: {_listed(outcome.closed)}; {outcome.lines} events in them; \
{outcome.stood} ends with a transaction under way
violations: {len(outcome.violations)}{"".join(f"{chr(10)}  {v}" for v in outcome.violations)}"""


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
