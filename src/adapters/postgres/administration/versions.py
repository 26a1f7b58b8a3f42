"""What a locked row's version says to a change of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.administration.resources import Conflict, Missing

if TYPE_CHECKING:
    from cashback_core.administration.resources import Versions


def refuse_version(version: int | None, versions: Versions) -> Missing | Conflict | None:
    """Why a row of this version (None: there is no row) is not changed; None if it may be."""
    if version is None:
        return Missing()
    if versions is not None and version not in versions:
        return Conflict()
    return None
