"""The routes of the OpenAPI document, and how a walk through them fills their addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from adapters.http.access import ACCESS
from cashback_core.people.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN_ID: Final = "01a206ad-d214-74e1-b424-16bd3a459632"
PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
CHANGING: Final = frozenset({"PUT", "PATCH", "DELETE"})
"""Methods that ask for the version that was read; `If-Match: *` takes whichever there is."""


def address(path: str, owned: Mapping[str, str]) -> str:
    """The address of what is owned, by its collection; of its parts, the first.

    KeyError for a collection that nobody thought of.
    """
    if (first := PARAMETER.search(path)) is None:
        return path
    collection = path.split("/")[2]
    return PARAMETER.sub("1", path.replace(first[0], owned[collection], 1))


def role_for(method: str, path: str) -> str:
    """A role that gets past the door of a route."""
    return "platform" if ACCESS[method.lower(), path] == frozenset({Role.PLATFORM}) else "admin"
