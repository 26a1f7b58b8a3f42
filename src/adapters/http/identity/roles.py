"""Those of the roles that routes let in; who may do what is said by `adapters.http.access`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cashback_core.people.roles import Role

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
