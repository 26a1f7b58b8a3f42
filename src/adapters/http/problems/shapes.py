"""The shape of a problem."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from adapters.http.wire.shapes import Shape

Recorded = Annotated[Any, Meta(extra_json_schema={"$ref": "#/components/schemas/RecordedSale"})]
"""The sale that a problem is about, in the shape that sales have."""


class ProblemError(Shape, frozen=True, kw_only=True):
    """One thing that is wrong: where, what came, and what would have been right."""

    pointer: Annotated[
        str,
        Meta(description="JSON pointer into the body; of a query, / and the parameter's name."),
    ]
    code: str
    detail: str
    received: str | None
    expected: str | None


class Problem(Shape, frozen=True, kw_only=True):
    """RFC 9457 problem details. `code` and `errors[].code` are stable, texts may improve."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemError]
    instance: str | UnsetType = UNSET
    roles: (
        Annotated[list[str], Meta(description="With `forbidden`: the roles that may.")] | UnsetType
    ) = UNSET
    record: Recorded | UnsetType = UNSET
