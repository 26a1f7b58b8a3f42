"""What an address names: an id, a version, a name; any other text is not found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from litestar.exceptions import NotFoundException

if TYPE_CHECKING:
    from litestar import Request

_UUID: Final = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE | re.ASCII
)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)


def parse_uuid(text: str) -> UUID | None:
    """The UUID that a text writes in groups, in letters of either case; None for any other."""
    return UUID(text) if _UUID.match(text) is not None else None


def path_value(request: Request[Any, Any, Any], name: str, form: re.Pattern[str]) -> str:
    """A part of the address. Raises NotFoundException for what is not of the form."""
    text: str = request.scope["path_params"][name]
    if form.match(text) is None:
        raise NotFoundException
    return text


def path_uuid(request: Request[Any, Any, Any], name: str = "id") -> UUID:
    """The id in an address. Raises NotFoundException."""
    return UUID(path_value(request, name, _UUID))


def path_version(request: Request[Any, Any, Any], name: str = "version") -> int:
    """The number in an address, such as a rate's version. Raises NotFoundException."""
    return int(path_value(request, name, _VERSION))
