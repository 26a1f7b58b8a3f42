"""JSON merge patches (RFC 7396), applied to whole resources."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar, cast

from cashback_core.administration.resources import Conflict, Done, Missing, Refusal, Versions

MAX_TRIES: Final = 5
"""A patch of whichever version is there (`If-Match: *`) is merged anew so often."""


class Versioned(Protocol):
    """A resource that can be patched."""

    @property
    def version(self) -> int:
        """Raised by every change."""
        ...


R = TypeVar("R", bound=Versioned)
N = TypeVar("N")


def merge(target: object, patch: object) -> object:
    """What the patch makes of the target, which stays as it is: null takes a field away."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(cast("Mapping[str, object]", target)) if isinstance(target, Mapping) else {}
    for name, value in cast("Mapping[str, object]", patch).items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


@dataclass(frozen=True, slots=True, kw_only=True)
class Patching(Generic[R, N]):
    """How a sort of resource is patched.

    `read` finds it, `document` is what a PUT of it as it is would send, `check` reads a whole
    document (and raises with everything wrong with it), `replace` stores it if it still has one of
    the versions.
    """

    read: Callable[[], Awaitable[R | None]]
    document: Callable[[R], object]
    check: Callable[[object], N]
    replace: Callable[[Versions, N], Awaitable[Done[R] | Refusal]]

    async def __call__(self, patch: object, versions: Versions) -> Done[R] | Refusal:
        """Merge, check the whole, and store it only over the very version that was merged into."""
        for _ in range(MAX_TRIES):
            current = await self.read()
            if current is None:
                return Missing()
            if versions is not None and current.version not in versions:
                return Conflict()
            new = self.check(merge(self.document(current), patch))
            outcome = await self.replace(frozenset({current.version}), new)
            if versions is not None or not isinstance(outcome, Conflict):
                return outcome
        return Conflict()
