"""What operators are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

RISK: Final = (
    "Nobody here can tell whether this was paid: sending it again may pay the customer a second"
    " time, cancelling it may call unpaid what was paid. Look for it in the provider's statement"
    " first."
)
"""What somebody accepts who resends, or cancels, what may be paid."""

PROBLEMS: Final[Mapping[str, Heading]] = {
    "risk_not_accepted": Heading(
        "Risk not accepted",
        (
            f"{RISK} "
            "Nothing was done; to take the risk, send accept_risk true: it is recorded with your"
            " name."
        ),
    ),
    "act_not_allowed": Heading(
        "Not in this status", "The cashback's present status does not go with this act."
    ),
    "not_credited_there": Heading(
        "Not credited there",
        (
            "Nothing was done: what is held or rejected is marked as applied only while an incident"
            " of the provider's statement says that it is credited."
        ),
    ),
    "own_mark": Heading(
        "Your own mark",
        "Nothing was done: a mark is taken back by another operator than the one who made it.",
    ),
    "no_mark": Heading(
        "No operator's mark", "Nothing was done: no operator brought it to this status."
    ),
    "count_changed": Heading(
        "Count changed",
        "Nothing was done: the filter means another number now. Look again before you act.",
    ),
    "too_many_at_once": Heading(
        "Too many at once", "Nothing was done: narrow the filter, by instants for example."
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "status_now": Text("The cashback has another status.", "one of: {names}"),
    "risk": Text(
        (
            "{in_doubt} may be paid twice: in doubt, perhaps a line of the statement, or called"
            " rejected by an operator alone."
        ),
        "true, by whoever takes that risk",
    ),
    "count_now": Text("The filter means another number now.", "{count}"),
    "too_many": Text("One act moves no more than that.", "at most {highest}"),
    "reason_format": Text("The reason is no plain text.", "1 to {highest} printable characters"),
    "reason_document": Text(
        "The reason holds a CPF, and it is kept for ever.",
        "the same without it; the id or the statement's line says whose it is",
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "risk": RISK,
}
