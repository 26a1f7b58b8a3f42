"""Plants an old reading of a statement, or an old idea of the same sale: each paid somebody twice.

The broken decisions themselves are the simulation's, which looks at them one by one; here they run
in the real processes, against a real statement.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cashback_core.reconciliation import (
    FindingClass,
    Reconciliation,
    Window,
    by_reference,
    findings,
)
from cashback_core.reconciliation.statements import LineKind
from chaos.replacing import replace
from simulation import broken_statements as broken
from simulation.same_sale_mutants import SAME_SALE_MUTANTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.reconciliation.statements import StatementLine


def future_watermark_believed() -> None:
    """A watermark later than the instant of asking is taken at its word."""
    replace(Window, "of", broken.window_with(asked_at=broken.of_ever))


def declared_start_ignored() -> None:
    """A statement that begins later than was asked for covers what was asked for."""
    replace(Window, "of", broken.window_with(since=broken.of_the_asking))


def other_amount_is_nobodys() -> None:
    """A line under our reference that differs in amount or customer is a stranger's."""
    reconcile = import_module("cashback_core.reconciliation.matcher")
    replace(reconcile, "place_by_reference", broken.exact_match_only)


def unreadable_lines_dropped() -> None:
    """What cannot be read is left out."""
    take = Reconciliation.take

    def tidy(self: Reconciliation, line: StatementLine) -> None:
        if line.kind is not LineKind.UNREADABLE:
            take(self, line)

    replace(Reconciliation, "take", tidy)


def missing_payments_trusted() -> None:
    """A statement on which applied cashbacks are missing proves that others are unpaid."""
    classes = (FindingClass.APPLIED_ABSENT, FindingClass.ALTERED)
    replace(Reconciliation, "distrust", broken.distrust_without(*classes))


def reversal_proves_absence() -> None:
    """What was taken back was never paid."""
    reconcile = import_module("cashback_core.reconciliation.matcher")
    replace(reconcile, "place_by_reference", broken.reversal_proves_absence)


def credited_though_refused_left() -> None:
    """What was refused and is credited under its own reference stays refused."""
    replace(by_reference, "_BY_PROGRAM", frozenset[object]())


def strangers_untold() -> None:
    """A credit that nobody here knows is somebody else's affair."""
    replace(findings, "NEED_A_PERSON", broken.told_without(FindingClass.UNKNOWN_HERE))


def second_credits_untold() -> None:
    """What is applied was paid, however often."""
    replace(findings, "NEED_A_PERSON", broken.told_without(FindingClass.CREDITED_AGAIN))


def absent_payments_untold() -> None:
    """What is applied was paid, whether or not the provider knows of it."""
    replace(findings, "NEED_A_PERSON", broken.told_without(FindingClass.APPLIED_ABSENT))
    replace(Reconciliation, "distrust", broken.distrust_without(FindingClass.APPLIED_ABSENT))


def name_is_content() -> None:
    """The same sale under another spelling of the customer's name is another sale."""
    _as_in_the_simulation("the name is content")


def lines_have_an_order() -> None:
    """The same lines in another order are another sale."""
    _as_in_the_simulation("the order of lines is content")


def fresh_key_is_a_new_sale() -> None:
    """Whoever sends a new key sends a new sale."""
    _as_in_the_simulation("a fresh key is a new sale")


def zone_is_content() -> None:
    """The same wall clock under another zone of the merchant is another sale."""
    _as_in_the_simulation("content is named by its UTC")
    _as_in_the_simulation("content is compared by its UTC")


def _as_in_the_simulation(what: str) -> None:
    mutant: Any = next(mutant for mutant in SAME_SALE_MUTANTS if mutant.what == what)
    replace(mutant.owner, mutant.name, mutant.value)


OLD_READINGS: Final[tuple[Callable[[], None], ...]] = (
    future_watermark_believed,
    declared_start_ignored,
    other_amount_is_nobodys,
    unreadable_lines_dropped,
    missing_payments_trusted,
    reversal_proves_absence,
    credited_though_refused_left,
    strangers_untold,
    second_credits_untold,
    absent_payments_untold,
    name_is_content,
    lines_have_an_order,
    fresh_key_is_a_new_sale,
    zone_is_content,
)
"""All of them; proofs/chaos/mutants.py says which statement shows which."""
