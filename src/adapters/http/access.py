"""Who may do what: one table, by method and path as the OpenAPI document has them.

What administered resources, lists and acts say of themselves, and a row for everything else. A
route without a row is closed to everybody; a test compares the table with the document and the
router, so that none is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.administration.stores import LISTINGS, RESOURCES
from adapters.http.finance.figures_query import REPRICE
from adapters.http.identity.roles import (
    ADMINISTRATORS,
    ADMINS,
    ANYBODY,
    MEMBERS,
    PLATFORM,
    PUBLIC,
    READERS,
    SELLERS,
)
from adapters.http.sales.actions import ACTIONS

if TYPE_CHECKING:
    from adapters.http.identity.roles import Access

ACCESS: Final[Access] = {
    ("post", "/api/cashbacks"): SELLERS,
    ("post", "/api/cashback"): SELLERS,
    ("post", "/api/cashbacks/batch"): SELLERS,
    ("post", "/api/cashbacks/quote"): MEMBERS,
    ("post", "/api/cashbacks/{id}/confirm"): SELLERS,
    ("get", "/api/cashbacks"): MEMBERS,
    ("get", "/api/cashbacks/{id}"): MEMBERS,
    ("get", "/api/changes"): MEMBERS,
    ("get", "/api/cashbacks/open"): READERS,
    ("get", "/api/cashbacks/equals"): READERS,
    ("get", "/api/incidents"): READERS | PLATFORM,
    ("get", "/api/product-types/{type}/rates"): MEMBERS,
    ("post", "/api/product-types/{type}/rates"): ADMINS,
    ("delete", "/api/product-types/{type}/rates/{version}"): ADMINS,
    ("post", "/api/products/{id}/types"): ADMINS,
    ("delete", "/api/products/{id}/types/{version}"): ADMINS,
    ("get", "/api/customers/{id}/report"): READERS,
    ("get", "/api/customers/{id}/summary"): READERS,
    ("get", "/api/figures"): READERS,
    ("get", "/api/balances"): READERS,
    **REPRICE.access(),
    ("post", "/api/token"): PUBLIC,
    ("post", "/api/token/refresh"): PUBLIC,
    ("post", "/api/token/verify"): PUBLIC,
    ("post", "/api/token/revoke"): PUBLIC,
    ("get", "/.well-known/jwks.json"): PUBLIC,
    ("get", "/api/users/me"): ANYBODY,
    ("put", "/api/users/me/password"): ANYBODY,
    ("post", "/api/users/me/sign-out"): ANYBODY,
    ("post", "/api/users/{username}/sign-out"): ADMINISTRATORS,
    ("get", "/api/stops/{id}"): READERS | PLATFORM,
    ("post", "/api/stops/{id}/lift"): ADMINISTRATORS,
    ("put", "/api/users/{username}/password"): ADMINISTRATORS,
    ("post", "/api/clients/{id}/secrets"): ADMINISTRATORS,
    ("delete", "/api/clients/{id}/secrets/{number}"): ADMINISTRATORS,
    ("post", "/api/webhooks/{id}/secrets"): ADMINS,
    ("post", "/api/webhooks/{id}/test"): ADMINS,
    ("post", "/api/webhooks/{id}/resend"): ADMINS,
    ("get", "/health/live"): PUBLIC,
    ("get", "/health/ready"): PUBLIC,
    ("post", "/api/stops"): ADMINISTRATORS,
    **{
        at: roles for one in (*RESOURCES, *LISTINGS, *ACTIONS) for at, roles in one.access().items()
    },
}
