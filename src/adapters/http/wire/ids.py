"""What an address names: an id, a version, a name; any other text is not found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from litestar.exceptions import NotFoundException

from cashback_core.values.ids import parse_uuid

if TYPE_CHECKING:
    from uuid import UUID

    from litestar import Request

_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)


def path_value(request: Request[Any, Any, Any], name: str, form: re.Pattern[str]) -> str:
    """A part of the address. Raises NotFoundException for what is not of the form."""
    text: str = request.scope["path_params"][name]
    if form.match(text) is None:
        raise NotFoundException
    return text


def path_uuid(request: Request[Any, Any, Any], name: str = "id") -> UUID:
    """The id in an address. Raises NotFoundException."""
    id_ = parse_uuid(request.scope["path_params"][name])
    if id_ is None:
        raise NotFoundException
    return id_


def path_version(request: Request[Any, Any, Any], name: str = "version") -> int:
    """The number in an address, such as a rate's version. Raises NotFoundException."""
    return int(path_value(request, name, _VERSION))
