"""One thing that is wrong with a request outside the sale itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.http.problems.texts import FAULTS, JSON_REASONS, OTHER_JSON_REASON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.words.messages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where, which (`code` out of `problem_texts.FAULTS`), and what came, if it may be shown."""

    pointer: str
    code: str
    received: str | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def detail(self, language: Language) -> str:
        """What is wrong, as a sentence."""
        return FAULTS[self.code][language].detail.format_map(self._told_in(language))

    def expected(self, language: Language) -> str:
        """What would have been right."""
        return FAULTS[self.code][language].expected.format_map(self._told_in(language))

    def _told_in(self, language: Language) -> Mapping[str, str]:
        reason = self.values.get("reason")
        if reason is None:
            return self.values
        told = JSON_REASONS.get(reason, OTHER_JSON_REASON)
        return {**self.values, "reason": told[language]}


class InvalidQueryError(ValueError):
    """Query parameters that cannot be understood; `faults` has every one."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(f"{fault.pointer}: {fault.code}" for fault in faults))
        self.faults = faults
