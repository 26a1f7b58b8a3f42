"""The roles, and those of them that routes let in; who may do what is `adapters.http.access`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


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


Roles = frozenset[Role]
Access = Mapping[tuple[str, str], Roles]
"""Whom each route lets in, by method and path as the OpenAPI document has them."""

PUBLIC: Final[Roles] = frozenset()
"""No token is asked for."""

NOBODY: Final[Roles] = frozenset()
"""Who may use a route that has no row."""

SELLERS: Final = frozenset({Role.ERP, Role.OPERATOR, Role.ADMIN})
MEMBERS: Final = frozenset({Role.ERP, Role.ANALYST, Role.OPERATOR, Role.ADMIN})
READERS: Final = frozenset({Role.ANALYST, Role.OPERATOR, Role.ADMIN})
OPERATORS: Final = frozenset({Role.OPERATOR, Role.ADMIN})
ADMINS: Final = frozenset({Role.ADMIN})
ADMINISTRATORS: Final = frozenset({Role.ADMIN, Role.PLATFORM})
PLATFORM: Final = frozenset({Role.PLATFORM})
ANYBODY: Final = frozenset(Role)
