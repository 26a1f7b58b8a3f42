"""The operations and schemas of administered resources and of acts, out of their declarations."""

from __future__ import annotations

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
from adapters.http.openapi.references import described_in

if TYPE_CHECKING:
    from adapters.http.resources.action import Action
    from adapters.http.resources.resource import AddressKey, Listing, Resource
    from adapters.http.wire.fields import Schema

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
_VERSIONED: Final = ("precondition_required", "precondition_failed")
CHANGE: Final = (*WRITE, "not_found", *_VERSIONED)
_PATCH: Final = (
    "A JSON merge patch (RFC 7396): what is left out stays, null is the default. The result is"
    " checked as a whole."
)


CREATED: Final = ("Location", "ETag")
ANSWERED: Final = ("ETag",)

At = tuple[str, str]
"""Method and path."""


def operations_of(resource: Resource[Any, Any, Any, Any, Any]) -> dict[At, Operation]:
    """Its six operations, by method and path."""
    says, name, one = resource.says, resource.name, resource.one
    key = address_parameter(resource.key)
    shape = resource.answer.shape.__name__
    made = shape if resource.made is None else resource.made.shape.__name__
    as_it_is = {200: Success(schema=shape, description="As it is now.", headers=ANSWERED)}
    return {
        ("post", resource.path): Operation(
            id=f"create{name}",
            tag=says.tag,
            summary=f"Add {says.one}{says.added}",
            description=says.created,
            body=f"{name}Input",
            example=resource.examples.new,
            successes={201: Success(schema=made, description="Added.", headers=CREATED)},
            problems=(*WRITE, "already_exists", *says.create_problems),
        ),
        ("get", resource.path): operation_of(resource.listing),
        ("get", one): reading(f"read{name}", says.tag, says.one, shape, key),
        ("put", one): Operation(
            id=f"replace{name}",
            tag=says.tag,
            summary=f"Replace {says.one}",
            description="What is left out goes back to its default." + says.changed,
            parameters=(key, IF_MATCH),
            body=f"{name}State",
            example=resource.examples.state,
            successes=as_it_is,
            problems=(*CHANGE, *says.change_problems),
        ),
        ("patch", one): Operation(
            id=f"patch{name}",
            tag=says.tag,
            summary=f"Change some of {says.one}",
            description=_PATCH + says.changed,
            parameters=(key, IF_MATCH),
            body=f"{name}Patch",
            example=resource.examples.patch,
            successes=as_it_is,
            problems=(*CHANGE, *says.change_problems),
            merge_patch=True,
        ),
        ("delete", one): Operation(
            id=f"delete{name}",
            tag=says.tag,
            summary=f"Delete {says.one}",
            description=says.deleted,
            parameters=(key, IF_MATCH),
            successes={204: Success(description="It is gone.")},
            problems=(*EVERY, "not_found", *_VERSIONED, *says.delete_problems),
        ),
    }


def operation_of(listing: Listing[Any, Any]) -> Operation:
    """The operation of a list."""
    sort = parameter(
        "sort",
        "query",
        "The order; `-` for descending.",
        {"enum": list(listing.orders.sorts), "default": listing.orders.default},
    )
    where = () if listing.key is None else (address_parameter(listing.key),)
    return Operation(
        id=listing.id,
        tag=listing.tag,
        summary=f"List {listing.many}{listing.more}",
        parameters=(*where, *listing.filters.parameters(), sort, LIMIT, CURSOR),
        successes={200: Success(schema=_page_name(listing), description="A page.")},
        problems=(*EVERY, "invalid_query", *listing.problems),
    )


def reading(id_: str, tag: str, what: str, shape: str, *where: Schema) -> Operation:
    """The GET of one; `what` is "a merchant", `where` the parameters of its path."""
    return Operation(
        id=id_,
        tag=tag,
        summary=f"Read {what}",
        parameters=(*where, IF_NONE_MATCH),
        successes={
            200: Success(schema=shape, description="As it is now.", headers=ANSWERED),
            304: Success(description="You have it already.", headers=ANSWERED),
        },
        problems=(*EVERY, "not_found"),
    )


def operation_of_action(action: Action[Any]) -> Operation:
    """The operation of an act."""
    key = action.key
    return Operation(
        id=action.id,
        tag=action.tag,
        summary=action.summary,
        description=action.description,
        parameters=() if key is None else (address_parameter(key),),
        body=action.body_name,
        example=action.example,
        successes={200: Success(schema=action.answer.__name__, description=action.done)},
        problems=(*WRITE, *(() if key is None else ("not_found",)), *action.problems),
    )


def address_parameter(key: AddressKey[Any]) -> Schema:
    """The parameter of a path."""
    return parameter(key.name, "path", key.about, key.schema())


def bodies_of(resource: Resource[Any, Any, Any, Any, Any]) -> dict[str, Schema]:
    """The schemas of its bodies, by name: what they have in common is described in the first."""
    name, new = f"{resource.name}Input", resource.new.schema()
    return {
        name: new,
        f"{resource.name}State": described_in(name, new, resource.state.schema()),
        f"{resource.name}Patch": described_in(name, new, resource.state.patch_schema()),
    }


def page_of(listing: Listing[Any, Any]) -> dict[str, Schema]:
    """The schema of its pages, by name."""
    many = listing.many[0].upper() + listing.many[1:]
    shape = f"#/components/schemas/{listing.answer.shape.__name__}"
    return {
        _page_name(listing): {
            "description": f"{many}, and the cursor of the next page, null at the end.",
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": {"$ref": shape}},
                "next_cursor": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            },
            "required": ["items", "next_cursor"],
        }
    }


def _page_name(listing: Listing[Any, Any]) -> str:
    return f"{listing.answer.shape.__name__}Page"
