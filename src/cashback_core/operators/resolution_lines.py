"""One line of a list of what became of cashbacks: what it may tell, and why one cannot be read."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cashback_core.operators.acts import Act, ActKind
from cashback_core.operators.operator_store import CashbackName
from cashback_core.sales.sale import is_sale_id
from cashback_core.values.ids import parse_uuid
from cashback_core.values.reasons import ReasonFault, is_plain_text, refuse_reason, why_no_reason

MAX_EVIDENCE_CHARS: Final = 400
"""The rest of a reason is the file's name and the line's number."""

MAX_FILE_CHARS: Final = 64
MAX_STORE_CHARS: Final = 32
FIELDS: Final = ("id", "sale_id", "store", "status", "evidence")
"""What a line may tell."""

RESOLUTIONS: Final[Mapping[str, ActKind]] = {
    "applied": ActKind.MARK_APPLIED,
    "rejected": ActKind.MARK_REJECTED,
}


class LineFault(StrEnum):
    """Why a line cannot be read."""

    FIELDS = "line_fields"
    """A field that none has, or one twice, or what is no text."""
    NAME = "line_name"
    """Not exactly one of an id and a number, or neither can be one."""
    STATUS = "line_status"
    """Neither applied nor rejected."""
    EVIDENCE = "line_evidence"
    """Not 1 to MAX_EVIDENCE_CHARS printable characters."""
    CUT = "line_cut"
    """The file ends in the middle of it, as far as anybody can tell."""
    DOCUMENT = "line_document"
    """A CPF is in the evidence, which is kept for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionLine:
    """What a line says: `kind` is MARK_APPLIED or MARK_REJECTED."""

    line: int
    name: CashbackName
    kind: ActKind
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadResolution:
    """A line that cannot be read, and why."""

    line: int
    fault: LineFault


def read_resolution(line: int, told: Mapping[str, object]) -> ResolutionLine | UnreadResolution:
    """What a line says, by FIELDS; what is None or empty is left out.

    A number of a store's own is told with the `store`.
    """
    given = {name: value for name, value in told.items() if value is not None and value != ""}
    if not given.keys() <= set(FIELDS) or not all(isinstance(v, str) for v in given.values()):
        return UnreadResolution(line=line, fault=LineFault.FIELDS)
    text = {name: str(value) for name, value in given.items()}
    name = _name(text.get("id"), text.get("sale_id"), text.get("store"))
    if name is None:
        return UnreadResolution(line=line, fault=LineFault.NAME)
    kind = RESOLUTIONS.get(text.get("status", ""))
    if kind is None:
        return UnreadResolution(line=line, fault=LineFault.STATUS)
    evidence = text.get("evidence", "")
    if not is_plain_text(evidence, MAX_EVIDENCE_CHARS):
        return UnreadResolution(line=line, fault=LineFault.EVIDENCE)
    if why_no_reason(evidence) is ReasonFault.DOCUMENT:
        return UnreadResolution(line=line, fault=LineFault.DOCUMENT)
    return ResolutionLine(line=line, name=name, kind=kind, evidence=evidence)


def _name(id_: str | None, sale_id: str | None, store: str | None) -> CashbackName | None:
    if id_ is not None:
        if sale_id is not None or store is not None:
            return None
        told = parse_uuid(id_)
        return None if told is None else CashbackName(id=told)
    if not is_sale_id(sale_id):
        return None
    if store is not None and not (is_sale_id(store) and len(store) <= MAX_STORE_CHARS):
        return None
    return CashbackName(sale_id=sale_id, store=store)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionList:
    """The lines of a list; `file` is its name, kept with every move for ever."""

    file: str
    lines: tuple[ResolutionLine | UnreadResolution, ...]

    def __post_init__(self) -> None:
        if not is_plain_text(self.file, MAX_FILE_CHARS):
            raise ValueError(f"a file's name has 1 to {MAX_FILE_CHARS} printable characters")
        refuse_reason(self.file)

    def act(self, one: ResolutionLine, by: str) -> Act:
        """The act that a line asks for, as this operator's."""
        reason = f"{self.file}, line {one.line}: {one.evidence}"
        return Act(kind=one.kind, by=by, reason=reason)
