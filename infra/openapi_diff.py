"""What differs between two OpenAPI documents, for whoever calls the service.

    infra/openapi_diff.py BEFORE.json AFTER.json [--texts]

References are followed first, what extends an object has all of its fields, and a `default` answer
is each status that its examples have: where something stands in the document is no difference.
Objects are compared once, whoever takes or answers them; one whose name is gone is compared with
the likest of the same fields. What is equally different at several operations is told once;
descriptions and examples only with --texts. The exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS: Final = frozenset({"description", "summary", "example", "examples", "title"})
"""What nobody's program depends on."""

PROBLEM: Final = "application/problem+json"
METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})
WIDTH: Final = 160

Tree = dict[str, Any]


def differences(before: Tree, after: Tree, *, texts: bool = False) -> Iterator[str]:
    """A line for each, sorted by the operation; empty when callers see no difference."""
    before, after = _extended(before), _extended(after)
    renamed = _renamed(_objects(before), _objects(after))
    old = _Side(before, renamed, texts=texts)
    new = _Side(after, {}, texts=texts)
    for kind, one, other in (
        ("", old.operations(), new.operations()), ("schema ", old.objects(), new.objects())
    ):  # fmt: skip
        yield from (f"- {kind}{key}" for key in sorted(one.keys() - other.keys()))
        yield from (f"+ {kind}{key}" for key in sorted(other.keys() - one.keys()))
        alike: dict[str, list[str]] = {}
        for key in sorted(one.keys() & other.keys()):
            for line in _changes("", one[key], other[key]):
                alike.setdefault(line, []).append(key)
        for line, keys in alike.items():
            yield f"~ {kind}{_where(keys)}: {line}"
    yield from (f"~ schema {name} is named {other}" for name, other in renamed.items())


def _extended(document: Tree) -> Tree:
    """The document, each object that extends another one having all of its fields."""
    components = document["components"]
    schemas = whole_schemas(components["schemas"])
    return {**document, "components": {**components, "schemas": schemas}}


def whole_schemas(schemas: Tree) -> Tree:
    """Schemas by name; one that is `allOf` another one and fields of its own is all of these."""
    found: Tree = {}
    for name, schema in schemas.items():
        parts = [
            schemas[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
            for part in schema.get("allOf", [])
        ]
        if not parts:
            found[name] = schema
            continue
        found[name] = {
            **{key: value for key, value in schema.items() if key != "allOf"},
            "type": "object",
            "properties": {f: of for part in parts for f, of in part["properties"].items()},
            "required": [field for part in parts for field in part.get("required", [])],
        }
    return found


def _objects(document: Tree) -> Tree:
    schemas: Tree = document["components"]["schemas"]
    return {name: schema for name, schema in schemas.items() if "properties" in schema}


def _renamed(old: Tree, new: Tree) -> dict[str, str]:
    """Names that are gone, each with the new one of the same fields."""
    left = {name: schema for name, schema in new.items() if name not in old}
    found: dict[str, str] = {}
    for name in sorted(old.keys() - new.keys()):
        alike = [
            other
            for other, schema in left.items()
            if schema["properties"].keys() == old[name]["properties"].keys()
        ]
        if alike:
            found[name] = max(alike, key=partial(_likeness, old[name], new))
            del left[found[name]]
    return found


def _likeness(one: Tree, others: Tree, name: str) -> float:
    return SequenceMatcher(None, json.dumps(one), json.dumps(others[name])).ratio()


class _Side:
    """One document as it is compared: objects by their names, all else in its own place."""

    def __init__(self, document: Tree, renamed: dict[str, str], *, texts: bool) -> None:
        self.document = document
        self.renamed = renamed
        self.texts = texts

    def operations(self) -> dict[str, Tree]:
        """By method and path."""
        found: dict[str, Tree] = {}
        for path, item in self.document["paths"].items():
            for method in item.keys() & METHODS:
                operation: Tree = self._inlined(item[method])
                secured = operation.get("security", self.document.get("security", []))
                taken = [*self._inlined(item.get("parameters", [])), *operation["parameters"]]
                told = {
                    **operation,
                    "security": bool(secured),
                    "parameters": {f"{one['in']} {one['name']}": one for one in taken},
                    "responses": _answers(operation["responses"]),
                }
                found[f"{method.upper()} {path}"] = self._without_texts(told)
        return found

    def objects(self) -> dict[str, Tree]:
        """By the name that they have in the later document."""
        return {
            self.renamed.get(name, name): self._without_texts(self._inlined(schema))
            for name, schema in _objects(self.document).items()
        }

    def _without_texts(self, value: Any) -> Any:
        return value if self.texts else _plain(value)

    def _inlined(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._inlined(inner) for inner in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        found = cast("Tree", value)
        if isinstance(reference := found.get("$ref"), str):
            _, _, kind, name = reference.split("/")
            target: Tree = self.document["components"][kind][name]
            if "properties" in target:
                return {"object": self.renamed.get(name, name)}
            beside = {key: inner for key, inner in found.items() if key != "$ref"}
            return {**self._inlined(target), **self._inlined(beside)}
        return {key: self._inlined(inner) for key, inner in found.items()}


def _answers(responses: Tree) -> Tree:
    """By status, each problem with its codes; a default is spelt out by them."""
    found: Tree = {}
    for status, answer in responses.items():
        codes = cast("Tree", answer.get("content", {}).get(PROBLEM, {}).get("examples", {}))
        for code, example in codes.items():
            of = str(example["value"]["status"]) if status == "default" else status
            if status != "default" or of not in responses:
                told = found.setdefault(of, {**answer, "codes": []})
                told["codes"].append(code)
        if not codes:
            found[status] = answer
    for answer in found.values():
        # A client looks whether they are there; which status of a default has them is no promise.
        answer["headers"] = sorted(answer.get("headers", {}).keys() - {"Retry-After"})
    return found


def _plain(value: Any, *, named: bool = False) -> Any:
    """Without texts; the keys of `named` objects are names, and none of them a text."""
    if isinstance(value, list):
        return [_plain(inner) for inner in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    return {
        key: _plain(inner, named=key in {"properties", "content", "responses", "parameters"})
        for key, inner in cast("Tree", value).items()
        if named or key not in TEXTS
    }


def _changes(place: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        one, other = cast("Tree", old), cast("Tree", new)
        for key in sorted(one.keys() | other.keys()):
            inside = f"{place}/{key}"
            if key not in other:
                yield f"{inside} gone{_told(one[key])}"
            elif key not in one:
                yield f"{inside} new{_told(other[key])}"
            else:
                yield from _changes(inside, one[key], other[key])
    elif _is_plain_list(old) and _is_plain_list(new):
        one_list, other_list = cast("list[Any]", old), cast("list[Any]", new)
        gone = [one for one in one_list if one not in other_list]
        added = [one for one in other_list if one not in one_list]
        if gone or added:  # else only their order changed
            parts = (("gone", gone), ("new", added))
            yield f"{place} " + ", ".join(f"{word}{_told(found)}" for word, found in parts if found)
    else:
        yield f"{place}{_told(old)} →{_told(new)}"


def _is_plain_list(value: Any) -> bool:
    return isinstance(value, list) and not any(
        isinstance(one, dict | list) for one in cast("list[Any]", value)
    )


def _told(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return " " + (text if len(text) <= WIDTH else f"{text[:WIDTH]}…")


def _where(keys: list[str]) -> str:
    shown = ", ".join(keys[:3])
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"


def main(arguments: list[str]) -> int:
    """Print the differences; 1 if there are any."""
    parser = argparse.ArgumentParser(description=cast("str", __doc__).split("\n", 1)[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--texts", action="store_true", help="descriptions and examples, too")
    asked = parser.parse_args(arguments)
    before, after = (
        json.loads(path.read_text(encoding="utf-8")) for path in (asked.before, asked.after)
    )
    found = list(differences(before, after, texts=asked.texts))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
