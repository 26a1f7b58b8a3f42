"""What several operations have alike stands once, among the document's components."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from adapters.http.openapi.references import reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.http.wire.fields import Schema


class Shared:
    """Of one kind of component: those that are told more than once.

    `told` has each as often as it is told, with its name and the path that it is told of.
    """

    __slots__ = ("_kind", "_names", "components")

    def __init__(self, kind: str, told: Iterable[tuple[str, str, Schema]]) -> None:
        all_told = [(name, path, one, msgspec.json.encode(one)) for name, path, one in told]
        times = Counter(text for *_, text in all_told)
        self._kind = kind
        self.components: dict[str, Schema] = {}
        self._names: dict[bytes, str] = {}
        for name, path, one, text in all_told:
            if times[text] > 1 and text not in self._names:
                self._names[text] = free = self._free_name(name, path)
                self.components[free] = one

    def _free_name(self, name: str, path: str) -> str:
        """Its own; if another has it already, with the collection that it is of."""
        return name if name not in self.components else f"{name}_of_{path.split('/')[2]}"

    def told(self, one: Schema) -> Schema:
        """What an operation tells of it."""
        name = self._names.get(msgspec.json.encode(one))
        return one if name is None else reference(self._kind, name)
