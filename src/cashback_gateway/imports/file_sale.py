"""A sale of a file, and where each of its fields stands there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final, cast

from adapters.files.lines import Fault
from cashback_core.sales.same_sale import is_idempotency_key
from cashback_core.values.violations import show
from cashback_gateway.imports.profile import PRODUCT

KEY: Final = "idempotency_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSale:
    """A sale of a file: where it stands, what it tells; with `faults` it is not to be taken.

    `lines` are those of its products, `columns` the columns of its fields.
    """

    line: int
    last_line: int
    lines: tuple[int, ...] = ()
    size: int = 0
    """About so many bytes."""
    document: object = field(default=None, repr=False)
    key: str | None = None
    columns: dict[str, str] = field(default_factory=dict[str, str])
    faults: tuple[Fault, ...] = ()

    @property
    def sale_id(self) -> str | None:
        """Its own number, if it tells one."""
        if not isinstance(self.document, dict):
            return None
        sale_id = cast("dict[str, object]", self.document).get("sale_id")
        return sale_id if isinstance(sale_id, str) else None

    @property
    def is_nameless(self) -> bool:
        """Whether it has neither number nor key of its own."""
        return self.key is None and self.sale_id is None

    @property
    def raw(self) -> bytes:
        """Its bytes: of the same sale always the same."""
        told = json.dumps(self.document, ensure_ascii=False, separators=(",", ":"), default=str)
        return told.encode("utf-8", errors="replace")

    def place_of(self, pointer: str) -> tuple[int, str | None]:
        """The line and the column of what a JSON pointer into the sale names."""
        parts = pointer.removeprefix("/").split("/")
        if parts[0] != "products":
            return self.line, self.columns.get(".".join(parts), pointer or None)
        number = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
        line = self.lines[number] if number < len(self.lines) else self.line
        return line, self.columns.get(f"{PRODUCT}{'.'.join(parts[2:])}", pointer)


def faults_of_key(key: object, *, line: int, column: str) -> tuple[Fault, ...]:
    """What is wrong with a sale's idempotency key."""
    if is_idempotency_key(key):
        return ()
    return (
        Fault(
            line=line,
            column=column,
            code="idempotency_key_format",
            reason="expected 1 to 255 visible ASCII characters, no comma",
            received=show(key),
        ),
    )
