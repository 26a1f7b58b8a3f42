"""Whether what the database acknowledges survives a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DURABILITY: Final = ("fsync", "full_page_writes", "synchronous_commit")
UNSAFE: Final = frozenset({"off", "local"})
"""What none of these settings may be: an acknowledged commit could then be lost."""


def why_unsafe(settings: Mapping[str, str]) -> str | None:
    """Why acknowledged sales could be lost under these settings; None if they could not."""
    wrong = sorted(f"{n} is {v}" for n, v in settings.items() if n in DURABILITY and v in UNSAFE)
    return f"acknowledged sales could be lost: {', '.join(wrong)}" if wrong else None
