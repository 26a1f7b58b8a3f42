"""References to the components of the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.http.wire.fields import Schema


def reference(kind: str, name: str) -> Schema:
    """To one component; `kind` is schemas, responses, parameters, examples or headers."""
    return {"$ref": f"#/components/{kind}/{name}"}


def references(kind: str, names: Iterable[str]) -> dict[str, Schema]:
    """To several, by their names."""
    return {name: reference(kind, name) for name in names}
