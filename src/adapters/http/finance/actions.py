"""The acts on what finance looks at that are declared as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.http.finance.case_acts import CASE_ACTS
from adapters.http.finance.resolve_many import RESOLVE_MANY

if TYPE_CHECKING:
    from adapters.http.resources.action import Action

FINANCE_ACTIONS: Final[tuple[Action[Any], ...]] = (
    *CASE_ACTS,
    RESOLVE_MANY,
)
"""What the table of access and the OpenAPI document have of them comes from here."""
