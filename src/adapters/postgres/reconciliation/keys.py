"""Keys of lines, plain or as an erasure left them: who knows the plain one finds either."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, TypeVar

from cashback_core.privacy.seals import is_sealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cashback_core.privacy.seals import Seal

T = TypeVar("T")
K = TypeVar("K")


class OfLines(Mapping[str, tuple[T, ...]]):
    """What is stored of lines by their keys; of one that is stored both ways all of it."""

    def __init__(self, stored: Mapping[str, tuple[T, ...]], seal: Seal | None) -> None:
        self._stored = stored
        # As on most days: nothing is sealed, and no line costs a hash more.
        self._seal = seal if any(map(is_sealed, stored)) else None

    def __getitem__(self, key: str) -> tuple[T, ...]:
        found = self._stored.get(key, ())
        if self._seal is not None:
            found = self._stored.get(self._seal(key), ()) + found
        if not found:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


class StoredKeys(AbstractSet[K]):
    """Keys of lines, and what else something is known by, that are stored."""

    def __init__(self, stored: Iterable[K], seal: Seal | None) -> None:
        self._stored = frozenset(stored)
        sealed = any(isinstance(key, str) and is_sealed(key) for key in self._stored)
        self._seal = seal if sealed else None

    def __contains__(self, key: object) -> bool:
        if key in self._stored:
            return True
        return self._seal is not None and isinstance(key, str) and self._seal(key) in self._stored

    def __iter__(self) -> Iterator[K]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def either_way(keys: Iterable[str], seal: Seal | None) -> list[str]:
    """Plain keys, and each as an erasure would have left it."""
    plain = list(keys)
    return plain if seal is None else [*plain, *map(seal, plain)]
