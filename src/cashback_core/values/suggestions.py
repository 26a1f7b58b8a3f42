"""Which of the known names somebody may have meant, told briefly whatever they sent."""

from __future__ import annotations

from collections.abc import Iterable  # noqa: TC003 - users' tools read these annotations
from typing import Final

MAX_TOLD: Final = 10
"""Most names that are told of; of more, the first and an ellipsis."""

MAX_NEAR: Final = 3
MAX_COMPARED: Final = 200
"""Most names that are compared letter by letter; of more only other cases are found."""

MAX_MEANT: Final = 5
"""Of so many different unknown names it is told which are near: a sale may hold a thousand."""

_MAX_CHARS: Final = 64
_LIKENESS: Final = 0.6
_NONE: Final = "\N{EM DASH}"


class Nearest:
    """Tells of unknown names which known ones are nearest, or else which there are.

    Other cases and blanks around come first, then what differs in a few letters. A text has at most
    MAX_TOLD names, and a dash where there are none.
    """

    __slots__ = ("_known", "_told")

    def __init__(self, known: Iterable[str]) -> None:
        self._known = sorted(known)
        self._told: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """The names as one short text, the same for the same name."""
        if name not in self._told and len(self._told) >= MAX_MEANT:
            name = ""  # nearest to nothing: what there is
        if name not in self._told:
            names = _nearest(name, self._known) or self._known
            more = ", …" if len(names) > MAX_TOLD else ""
            self._told[name] = ", ".join(names[:MAX_TOLD]) + more or _NONE
        return self._told[name]


def _nearest(name: str, names: list[str]) -> list[str]:
    folded = _folded(name)
    same = [known for known in names if _folded(known) == folded]
    if same or len(names) > MAX_COMPARED or len(folded) > _MAX_CHARS:
        return same
    by_fold = {_folded(known): known for known in names}
    import difflib  # seldom needed, and slow to load

    near = difflib.get_close_matches(folded, by_fold, n=MAX_NEAR, cutoff=_LIKENESS)
    return [by_fold[fold] for fold in near]


def _folded(name: str) -> str:
    return name.strip().casefold()
