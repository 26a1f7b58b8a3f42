"""Who looks after what, what it is about, and what of a list of resolutions is not done."""

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
            "Nothing was done: by now it would do something else. Have it shown again before"
            " you act."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "assigned_to_another": Text("It is assigned to {name}.", "true, to take it from them"),
    "assigned_or_nobody": Text(
        "A case is given to somebody, or to nobody.", "assigned_to, or nobody true"
    ),
    "plan_now": Text(
        "By now it would move {count}, or they have moved since.",
        "the token of what is shown by now",
    ),
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
    "difference.equal": "told by the ERP as it is recorded here",
    "difference.differs": "told by the ERP otherwise than it is recorded here",
    "difference.not_arrived": "on the ERP's file and not here; it may still come",
    "difference.never_arrived": "on the ERP's file, not here, and too old to be taken any more",
    "difference.not_told": "recorded here, and not on the ERP's file of its day",
    "difference.told_twice": "one more line of a sale that has its own",
    "difference.unreadable": "a line of the ERP's file that cannot be read",
    "why.rate_version": "the ERP reckons by another version of a rate",
    "why.rounding": "the ERP rounds otherwise",
    "why.tolerance": "the ERP tells the sum, and what was paid counted here",
    "why.discount": "the ERP takes a discount off elsewhere, or not at all",
    "why.name": "the ERP tells another customer's name",
    "why.duplicate": "one sale stands twice: on the file, or here under two names",
    "why.document": "the ERP tells another customer's document",
    "why.total": "the ERP tells another total",
    "why.instant": "the ERP tells another instant",
    "why.store": "the ERP tells another store",
    "why.masked": "documents are masked in too many ways on the file to tell whose each line is",
    "why.unknown": "the ERP tells another cashback, and nothing known here leads to it",
    "case.kind.incident": "incident",
    "case.kind.difference": "difference",
    "case.state.open": "open",
    "case.state.assigned": "assigned",
    "case.state.resolved": "resolved",
    "case.event.opened": "opened",
    "case.event.assigned": "assigned",
    "case.event.given_back": "given back",
    "case.event.noted": "noted",
    "case.event.resolved": "resolved",
    "case.event.explained": "explained",
    "case.event.closed": "closed",
    "case.event.reopened": "reopened",
    "case.event.moved": "found to be another's",
}
