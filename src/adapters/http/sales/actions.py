"""The acts on sales, and on what is known of them, that are declared as values."""

from __future__ import annotations

from typing import Final

from adapters.http.sales.incident_routes import EXPLAIN
from adapters.http.sales.operator_acts import ACTS
from adapters.http.sales.privacy_routes import ERASE
from adapters.http.sales.resend_many import RESEND_MANY

ACTIONS: Final = (*ACTS, EXPLAIN, RESEND_MANY, ERASE)
"""What the table of access and the OpenAPI document have of them comes from here."""
