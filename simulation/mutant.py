"""One broken decision, planted for a while."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A broken decision: `owner.name` is replaced while it is planted."""

    what: str
    owner: Any
    name: str
    value: Any

    @contextlib.contextmanager
    def planted(self) -> Generator[None]:
        """Break the production code for a while."""
        kept = cast("dict[str, object]", vars(self.owner))[self.name]  # as it stands there
        setattr(self.owner, self.name, self.value)
        try:
            yield
        finally:
            setattr(self.owner, self.name, kept)
