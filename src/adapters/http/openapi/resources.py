"""What the operations of administered resources have in common: versions, pages, answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.http.openapi.parts import (
    ANY,
    BODY,
    CURSOR,
    LIMIT,
    TOKEN,
    Operation,
    Success,
    parameter,
)

if TYPE_CHECKING:
    from adapters.http.openapi.schemas import Schema
    from adapters.http.wire.queries import Ordering

IF_MATCH: Final = parameter(
    "If-Match",
    "header",
    "The ETag of the version that is meant, or `*` for whichever there is; needed.",
    {"type": "string"},
    example="*",
)
IF_NONE_MATCH: Final = parameter(
    "If-None-Match", "header", "The ETag that you have: unchanged answers 304.", {"type": "string"}
)
EVERY: Final = (*ANY, *TOKEN, "forbidden", "unavailable")
WRITE: Final = (*EVERY, *BODY, "invalid_request")
CHANGE: Final = (*WRITE, "not_found", "precondition_required", "precondition_failed")
_PATCH: Final = (
    "A JSON merge patch (RFC 7396): fields that are left out stay, null takes an optional one back"
    " to its default. The result is checked as a whole."
)


def pages(ordering: Ordering, *filters: Schema) -> tuple[Schema, ...]:
    """The parameters of a list."""
    orders = [sign + name for name in ordering.columns for sign in ("", "-")]
    sort = parameter(
        "sort",
        "query",
        "The order; `-` for descending. A cursor is good for the order and the filters that it was"
        " given out for.",
        {"enum": orders, "default": ordering.default},
    )
    return (*filters, sort, LIMIT, CURSOR)


def listed(
    id_: str, tag: str, what: str, schema: str, parameters: tuple[Schema, ...], *problems: str
) -> Operation:
    """A GET of a collection."""
    return Operation(
        id=id_,
        tag=tag,
        summary=f"List {what}",
        parameters=parameters,
        successes={200: Success(schema=schema, description="A page.")},
        problems=(*EVERY, "invalid_query", *problems),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A sort of resource as its operations tell of it: `what` is "a merchant", `where` its path."""

    tag: str
    what: str
    schema: str
    where: tuple[Schema, ...]

    def read(self, id_: str) -> Operation:
        """Its GET."""
        return Operation(
            id=id_,
            tag=self.tag,
            summary=f"Read {self.what}",
            parameters=(*self.where, IF_NONE_MATCH),
            successes={
                200: Success(schema=self.schema, description="As it is now.", headers=("ETag",)),
                304: Success(description="You have it already.", headers=("ETag",)),
            },
            problems=(*EVERY, "not_found"),
        )

    def changed(
        self, id_: str, *, body: str, example: Any, problems: tuple[str, ...] = (), more: str = ""
    ) -> Operation:
        """Its PUT, or its PATCH when `body` is a patch's; `more` follows its description."""
        is_patch = body.endswith("Patch")
        return Operation(
            id=id_,
            tag=self.tag,
            summary=f"{'Change some of' if is_patch else 'Replace'} {self.what}",
            description=(_PATCH if is_patch else "What is left out goes back to its default.")
            + more,
            parameters=(*self.where, IF_MATCH),
            body=body,
            example=example,
            successes={
                200: Success(schema=self.schema, description="As it is now.", headers=("ETag",))
            },
            problems=(*CHANGE, *problems),
            merge_patch=is_patch,
        )

    def deleted(self, id_: str, description: str, *, problems: tuple[str, ...] = ()) -> Operation:
        """Its DELETE."""
        return Operation(
            id=id_,
            tag=self.tag,
            summary=f"Delete {self.what}",
            description=description,
            parameters=(*self.where, IF_MATCH),
            successes={204: Success(description="It is gone.")},
            problems=(
                *EVERY,
                "not_found",
                "precondition_required",
                "precondition_failed",
                *problems,
            ),
        )
