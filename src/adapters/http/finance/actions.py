"""The acts on what finance looks at that are declared as values."""

from __future__ import annotations

from typing import Final

from adapters.http.finance.cases import CASE_ACTS
from adapters.http.finance.resolve_many import RESOLVE_MANY

FINANCE_ACTIONS: Final = (*(act for acts in CASE_ACTS.values() for act in acts), RESOLVE_MANY)
"""What the table of access and the OpenAPI document have of them comes from here."""
