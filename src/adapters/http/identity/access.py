"""Who may do what: one table, by method and path as the OpenAPI document has them.

A route without a line here is closed to everybody; a test compares the table with the document
and the router, so that none is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.people.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

Roles = frozenset[Role]

PUBLIC: Final[Roles] = frozenset()
"""No token is asked for."""

NOBODY: Final[Roles] = frozenset()
"""Who may use a route that has no line here."""

SELLERS: Final = frozenset({Role.ERP, Role.OPERATOR, Role.ADMIN})
MEMBERS: Final = frozenset({Role.ERP, Role.ANALYST, Role.OPERATOR, Role.ADMIN})
READERS: Final = frozenset({Role.ANALYST, Role.OPERATOR, Role.ADMIN})
OPERATORS: Final = frozenset({Role.OPERATOR, Role.ADMIN})
ADMINS: Final = frozenset({Role.ADMIN})
ADMINISTRATORS: Final = frozenset({Role.ADMIN, Role.PLATFORM})
PLATFORM: Final = frozenset({Role.PLATFORM})
ANYBODY: Final = frozenset(Role)

ACCESS: Final[Mapping[tuple[str, str], Roles]] = {
    ("post", "/api/cashbacks"): SELLERS,
    ("post", "/api/cashback"): SELLERS,
    ("post", "/api/cashbacks/quote"): MEMBERS,
    ("get", "/api/cashbacks"): MEMBERS,
    ("get", "/api/cashbacks/{id}"): MEMBERS,
    ("get", "/api/cashbacks/open"): READERS,
    ("get", "/api/cashbacks/equals"): READERS,
    ("post", "/api/cashbacks/resend"): OPERATORS,
    ("post", "/api/cashbacks/{id}/resend"): OPERATORS,
    ("post", "/api/cashbacks/{id}/cancel"): OPERATORS,
    ("post", "/api/cashbacks/{id}/resolve"): OPERATORS,
    ("post", "/api/cashbacks/{id}/take-back"): OPERATORS,
    ("get", "/api/incidents"): READERS | PLATFORM,
    ("post", "/api/incidents/{id}/explain"): PLATFORM,
    ("post", "/api/product-types"): ADMINS,
    ("get", "/api/product-types"): MEMBERS,
    ("get", "/api/product-types/{type}"): MEMBERS,
    ("put", "/api/product-types/{type}"): ADMINS,
    ("patch", "/api/product-types/{type}"): ADMINS,
    ("delete", "/api/product-types/{type}"): ADMINS,
    ("get", "/api/product-types/{type}/rates"): MEMBERS,
    ("post", "/api/product-types/{type}/rates"): ADMINS,
    ("delete", "/api/product-types/{type}/rates/{version}"): ADMINS,
    ("post", "/api/products"): ADMINS,
    ("get", "/api/products"): MEMBERS,
    ("get", "/api/products/{id}"): MEMBERS,
    ("put", "/api/products/{id}"): ADMINS,
    ("patch", "/api/products/{id}"): ADMINS,
    ("delete", "/api/products/{id}"): ADMINS,
    ("post", "/api/products/{id}/types"): ADMINS,
    ("delete", "/api/products/{id}/types/{version}"): ADMINS,
    ("post", "/api/customers"): OPERATORS,
    ("get", "/api/customers"): READERS,
    ("get", "/api/customers/{id}"): READERS,
    ("put", "/api/customers/{id}"): OPERATORS,
    ("patch", "/api/customers/{id}"): OPERATORS,
    ("delete", "/api/customers/{id}"): OPERATORS,
    ("get", "/api/customers/{id}/report"): READERS,
    ("post", "/api/customers/{id}/erase"): ADMINS,
    ("post", "/api/token"): PUBLIC,
    ("post", "/api/token/refresh"): PUBLIC,
    ("post", "/api/token/verify"): PUBLIC,
    ("post", "/api/token/revoke"): PUBLIC,
    ("get", "/.well-known/jwks.json"): PUBLIC,
    ("get", "/api/users/me"): ANYBODY,
    ("put", "/api/users/me/password"): ANYBODY,
    ("post", "/api/users/me/sign-out"): ANYBODY,
    ("post", "/api/users/{username}/sign-out"): ADMINISTRATORS,
    ("post", "/api/merchants"): PLATFORM,
    ("get", "/api/merchants"): READERS | PLATFORM,
    ("get", "/api/merchants/{slug}"): READERS | PLATFORM,
    ("put", "/api/merchants/{slug}"): ADMINISTRATORS,
    ("patch", "/api/merchants/{slug}"): ADMINISTRATORS,
    ("delete", "/api/merchants/{slug}"): PLATFORM,
    ("post", "/api/stops"): ADMINISTRATORS,
    ("get", "/api/stops"): READERS | PLATFORM,
    ("get", "/api/stops/{id}"): READERS | PLATFORM,
    ("post", "/api/stops/{id}/lift"): ADMINISTRATORS,
    ("post", "/api/users"): ADMINISTRATORS,
    ("get", "/api/users"): ADMINISTRATORS,
    ("get", "/api/users/{username}"): ADMINISTRATORS,
    ("put", "/api/users/{username}"): ADMINISTRATORS,
    ("patch", "/api/users/{username}"): ADMINISTRATORS,
    ("delete", "/api/users/{username}"): ADMINISTRATORS,
    ("put", "/api/users/{username}/password"): ADMINISTRATORS,
    ("post", "/api/clients"): ADMINISTRATORS,
    ("get", "/api/clients"): ADMINISTRATORS,
    ("get", "/api/clients/{id}"): ADMINISTRATORS,
    ("put", "/api/clients/{id}"): ADMINISTRATORS,
    ("patch", "/api/clients/{id}"): ADMINISTRATORS,
    ("delete", "/api/clients/{id}"): ADMINISTRATORS,
    ("post", "/api/clients/{id}/secrets"): ADMINISTRATORS,
    ("delete", "/api/clients/{id}/secrets/{number}"): ADMINISTRATORS,
    ("get", "/api/audit"): ADMINISTRATORS,
    ("get", "/health/live"): PUBLIC,
    ("get", "/health/ready"): PUBLIC,
}
