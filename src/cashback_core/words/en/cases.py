"""Who looks after what, and what of a list of resolutions is not done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "case_resolved": Heading(
        "Already resolved",
        "Nothing was done: it is resolved, or stands no more. A note can be added to it.",
    ),
    "case_assigned": Heading(
        "Somebody else has it", "Nothing was done: to take it from them, send take_over true."
    ),
    "plan_changed": Heading(
        "Not what was shown",
        (
            "Nothing was done: the list would do something else by now. Have it shown again before"
            " you act."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "assigned_to_another": Text("It is assigned to {name}.", "true, to take it from them"),
    "assigned_or_nobody": Text(
        "A case is given to somebody, or to nobody.", "assigned_to, or nobody true"
    ),
    "plan_now": Text("The list would move {count} by now.", "the token of what is shown by now"),
    "list_count": Text(
        "A list has between {lowest} and {highest} lines.", "{lowest} to {highest} lines"
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "resolution.line_fields": "only id, sale_id, store, status and evidence are told, as texts",
    "resolution.line_name": "neither an id alone, nor a sale_id (with its store) alone",
    "resolution.line_status": "the status is neither applied nor rejected",
    "resolution.line_evidence": "the evidence has not 1 to 400 printable characters",
    "resolution.line_document": "the evidence holds a CPF, and it is kept for ever",
    "resolution.line_cut": "the last line has no line end, and may be cut: end it if it is whole",
    "resolution.unknown": "no cashback here is called so",
    "resolution.several": "several merchants have a sale of that number",
    "resolution.contradicted": "another line says otherwise of the same cashback",
    "resolution.not_from_here": "its present status does not go with it",
    "resolution.not_credited_there": "no incident of a statement says that it is credited",
    "resolution.moved_since": "it has moved since it was looked at: look again",
}
