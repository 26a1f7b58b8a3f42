"""What an incident of the provider's statement is, and why an explanation is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "incident_closed": Heading(
        "Already explained",
        "Nothing was done: a person or a later statement has explained this incident.",
    ),
    "explanation_unfit": Heading(
        "This does not explain it", "Nothing was done: errors says what this incident is about."
    ),
    "names_a_cashback": Heading(
        "Its reference names a cashback here",
        (
            "Nothing was done: the line's own reference says otherwise. If you are wrong, that"
            " cashback is proved unpaid and the customer paid a second time. To take the risk, send"
            " accept_risk true: it is recorded with your name."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "not_a_line": Text(
        "The incident is about a cashback and has no line of its own.",
        "known_absent, of a cashback that is applied and absent; else explain the line",
    ),
    "names_cashback": Text(
        "The line's reference names {cashback_id}.",
        "true, by whoever takes that risk; or ours, with that cashback_id",
    ),
    "not_absent": Text("The incident is about a line of the statement.", "foreign or ours"),
    "no_such_cashback": Text(
        "No cashback that is due has this id.", "the id of a cashback, of any merchant"
    ),
    "only_with_ours": Text(
        "A cashback is named exactly when the line is ours.", "cashback_id with ours only"
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "finding.matched": "applied here and credited there",
    "finding.altered": "ours, under another amount, customer or instant",
    "finding.credited_again": "one more credit of a cashback that has its own",
    "finding.credited_unpaid": "credited, though here it is not paid",
    "finding.unknown_here": "a credit that no cashback explains",
    "finding.explained": "a person said what it is",
    "finding.applied_absent": "applied here and not on the statement",
    "finding.not_expected": "nothing can be told of it yet",
    "finding.unpaid": "not paid here and not credited",
    "finding.doubt_applied": "in doubt here, and credited",
    "finding.doubt_absent": "in doubt here, and proved not to be credited",
    "finding.doubt_undecided": "in doubt here, and a line keeps it from being decided",
    "finding.reversed": "a credit that was taken back",
    "reversal.other_line": (
        "the other line of a credit that was taken back; its money is counted with the first"
    ),
    "finding.unreadable": "a line that cannot be read",
}
