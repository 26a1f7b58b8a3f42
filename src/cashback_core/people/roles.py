"""What somebody is there for."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is there for; everybody but the platform's administrator has one merchant."""

    ERP = "erp"
    """A shop's system: submits sales, reads those that its group submitted."""

    ANALYST = "analyst"
    """Reads all of the merchant's business: sales and what waits, incidents, customers, catalogue
    and terms. Not who gets in and what they changed: people, API clients, the audit trail."""

    OPERATOR = "operator"
    """Reads, resends, cancels, resolves."""

    ADMIN = "admin"
    """Everything of the merchant: users, API clients, rates."""

    PLATFORM = "platform"
    """Merchants and their people; of their sales what a statement tells and nothing explains."""
