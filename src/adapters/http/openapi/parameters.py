"""Parameters that several operations take stand once, among the document's components."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from adapters.http.openapi.references import reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.http.wire.fields import Schema


class SharedParameters:
    """Those that are told more than once; `told` has the path of each, as often as it is taken."""

    __slots__ = ("_names", "components")

    def __init__(self, told: Iterable[tuple[str, Schema]]) -> None:
        taken = [(path, one, msgspec.json.encode(one)) for path, one in told]
        times = Counter(text for _, _, text in taken)
        self.components: dict[str, Schema] = {}
        self._names: dict[bytes, str] = {}
        for path, one, text in taken:
            if times[text] > 1 and text not in self._names:
                self._names[text] = name = self._free_name(one["name"], path)
                self.components[name] = one

    def _free_name(self, name: str, path: str) -> str:
        """Its own; if another has it already, with the collection that it is of."""
        return name if name not in self.components else f"{name}_of_{path.split('/')[2]}"

    def told(self, one: Schema) -> Schema:
        """What an operation tells of it."""
        name = self._names.get(msgspec.json.encode(one))
        return one if name is None else reference("parameters", name)
