"""Reconciling our book with the provider's statement: every line and every cashback in one class.

`reconcile` is what either party may run on its own files; the gateway runs it on a schedule.
"""

from cashback_core.reconciliation.entries import (
    NOTHING_EXPLAINED,
    BookEntry,
    Explanations,
    line_key,
)
from cashback_core.reconciliation.findings import (
    NEED_A_PERSON,
    Finding,
    FindingClass,
    Settled,
    Total,
    Totals,
)
from cashback_core.reconciliation.matcher import Reconciliation, reconcile
from cashback_core.reconciliation.references import id_in
from cashback_core.reconciliation.spools import MemorySpool, Spool
from cashback_core.reconciliation.told import ReadStatement, StatementTotals, consecutive
from cashback_core.reconciliation.windows import Margin, Rules, Window

__all__ = [
    "NEED_A_PERSON",
    "NOTHING_EXPLAINED",
    "BookEntry",
    "Explanations",
    "Finding",
    "FindingClass",
    "Margin",
    "MemorySpool",
    "ReadStatement",
    "Reconciliation",
    "Rules",
    "Settled",
    "Spool",
    "StatementTotals",
    "Total",
    "Totals",
    "Window",
    "consecutive",
    "id_in",
    "line_key",
    "reconcile",
]
