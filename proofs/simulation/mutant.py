"""One broken decision, planted for a while."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Generator


class NothingToBreakError(LookupError):
    """What a mutant replaces is not there any more: it breaks nothing, so nothing can catch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A broken decision: `owner.name` is replaced while it is planted."""

    what: str
    owner: Any
    name: str
    value: Any

    @contextlib.contextmanager
    def planted(self) -> Generator[None]:
        """Break the production code for a while; nothing of it stays, whatever happens meanwhile.

        Raises NothingToBreakError, and then nothing is planted.
        """
        standing = cast("dict[str, object]", vars(self.owner))
        if self.name not in standing:  # what is inherited is not broken there, either
            raise NothingToBreakError(f"{self.what}: {self.owner} has no {self.name} of its own")
        kept = standing[self.name]  # as it stands there
        setattr(self.owner, self.name, self.value)
        try:
            yield
        finally:
            setattr(self.owner, self.name, kept)
