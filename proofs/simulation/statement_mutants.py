"""Every old reading of a statement that paid somebody twice, or kept quiet about money, planted."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from cashback_core.reconciliation import (
    FindingClass,
    Margin,
    ReadStatement,
    Reconciliation,
    Rules,
    Window,
    by_amount,
    by_customer,
    by_reference,
    equal_credits,
    findings,
)
from cashback_core.reconciliation.placement import Placement
from cashback_core.reconciliation.references import PartsOf
from cashback_core.testing.memory_incidents import MemoryIncidents
from simulation import broken_statements as broken
from simulation.database import SimulatedDatabase
from simulation.mutant import Mutant
from simulation.settling import SimulatedSettler

reconcile: Final = import_module("cashback_core.reconciliation.matcher")
"""The module: the package's attribute of that name is the function."""

_F: Final = FindingClass
_ABSENT: Final = (_F.APPLIED_ABSENT, _F.ALTERED)

STATEMENTS: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        ("exact match only", reconcile, "place_by_reference", broken.exact_match_only),
        ("a reference is a text", reconcile, "id_in", broken.reference_as_text),
        ("a part of a reference is none", PartsOf, "named_by", broken.no_part_of_a_reference),
        (
            "a watermark of the future",
            Window,
            "of",
            broken.window_with(asked_at=broken.of_ever),
        ),
        (
            "the declared start is ignored",
            Window,
            "of",
            broken.window_with(since=broken.of_the_asking),
        ),
        ("a further page is ignored", ReadStatement, "defects", broken.defects_unread),
        ("control totals are ignored", ReadStatement, "defects", broken.totals_unread),
        ("untrusted statements prove absence", ReadStatement, "defects", broken.no_defects),
        ("its customer's line is no bar", by_customer, "Barring", broken.NoBar),
        ("its amount's line is no bar", by_amount, "Barring", broken.NoBar),
        (
            "an unreadable line is no bar",
            Reconciliation,
            "distrust",
            broken.distrust_without(_F.UNREADABLE),
        ),
        (
            "missing payments are no distrust",
            Reconciliation,
            "distrust",
            broken.distrust_without(*_ABSENT),
        ),
        ("pending that may be credited is sent", Placement, "suspected", broken.never_suspected),
        ("credited though unpaid: only told", by_reference, "_BY_PROGRAM", frozenset[object]()),
        (
            "a reversal proves absence",
            reconcile,
            "place_by_reference",
            broken.reversal_proves_absence,
        ),
        ("rounds never end", Placement, "unpaid", broken.rounds_never_end),
        ("held while unproved", equal_credits, "undecided", broken.held_while_unproved),
        (
            "explanations are forgotten",
            MemoryIncidents,
            "explanations",
            broken.nothing_remembered,
        ),
        (
            "one word for all lines alike",
            Reconciliation,
            "_explained",
            broken.one_word_for_all_alike,
        ),
        ("no versions are compared", SimulatedDatabase, "stands_as_read", broken.always_as_read),
        (
            "statement lines counted twice",
            equal_credits.EqualCredits,
            "_assign",
            broken.lines_counted_twice,
        ),
        (
            "every applied one comes first",
            equal_credits.EqualCredits,
            "_in_turn",
            broken.every_applied_one_first,
        ),
        ("no wait for the group to be quiet", Window, "why_not_quiet", broken.quiet_at_once),
        ("a date is an instant", Rules, "could_be", broken.dated_like_our_own),
        ("the book is read before", SimulatedSettler, "__call__", broken.book_before_statement),
        ("no margin", Margin, "after", broken.margin_without(lease=0, freeze=0, delay=0, skew=0)),
        ("a margin without freezes", Margin, "after", broken.margin_without(freeze=0)),
        ("a margin without provider delay", Margin, "after", broken.margin_without(delay=0)),
        ("a margin without slow connections", Margin, "after", broken.margin_without(lease=20.0)),
        ("a margin without the lease", Margin, "after", broken.margin_without(lease=0)),
        ("a window without clock skew", Margin, "window_start", broken.same_instant),
        (
            "resent though a line may be its own",
            MemoryIncidents,
            "suspects",
            broken.no_bar,
        ),
        *(
            (f"nobody is told of {cls}", findings, "NEED_A_PERSON", broken.told_without(cls))
            for cls in sorted(findings.NEED_A_PERSON)
        ),
    )
)
