"""What an address names: an id, a version; any other text is not found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from litestar.exceptions import NotFoundException

if TYPE_CHECKING:
    from litestar import Request

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)


def read_uuid(request: Request[Any, Any, Any]) -> UUID:
    """The id in an address."""
    text: str = request.scope["path_params"]["id"]
    if _UUID.match(text) is None:
        raise NotFoundException
    return UUID(text)


def read_version(request: Request[Any, Any, Any]) -> int:
    """The version in an address, such as a rate's."""
    text: str = request.scope["path_params"]["version"]
    if _VERSION.match(text) is None:
        raise NotFoundException
    return int(text)
