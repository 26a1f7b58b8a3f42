"""References to the components of the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.http.wire.fields import Schema


def reference(kind: str, name: str) -> Schema:
    """To one component; `kind` is schemas, responses, parameters, examples or headers."""
    return {"$ref": f"#/components/{kind}/{name}"}


def described_in(name: str, told: Schema, schema: Schema) -> Schema:
    """The same object, what of its fields another one, `told`, describes being left to that."""
    described = {field: of for field, of in told["properties"].items() if "description" in of}
    properties = {
        field: {key: value for key, value in of.items() if key != "description"}
        if described.get(field) == of
        else of
        for field, of in schema["properties"].items()
    }
    about = f"{schema['description']} What is not described here is in {name}."
    return {**schema, "description": about, "properties": properties}


def extending(name: str, base: Schema, schema: Schema) -> Schema:
    """The same object as all of `base` and what it has beside that."""
    own = {
        field: of for field, of in schema["properties"].items() if field not in base["properties"]
    }
    needed = [field for field in schema["required"] if field in own]
    return {
        "description": schema["description"],
        "allOf": [
            reference("schemas", name),
            {"type": "object", "properties": own, "required": needed},
        ],
    }


def references(kind: str, names: Iterable[str]) -> dict[str, Schema]:
    """To several, by their names."""
    return {name: reference(kind, name) for name in names}
