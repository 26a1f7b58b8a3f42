"""One thing that is wrong with a request outside the sale itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.http.problems.texts import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.messages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where, which (`code` out of `problem_texts.FAULTS`), and what came, if it may be shown."""

    pointer: str
    code: str
    received: str | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def detail(self, language: Language) -> str:
        """What is wrong, as a sentence."""
        return FAULTS[self.code][language].detail.format_map(self.values)

    def expected(self, language: Language) -> str:
        """What would have been right."""
        return FAULTS[self.code][language].expected.format_map(self.values)


class InvalidQueryError(ValueError):
    """Query parameters that cannot be understood; `faults` has every one."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(f"{fault.pointer}: {fault.code}" for fault in faults))
        self.faults = faults
