"""Why a request is not done: told with everything that is wrong, or as the outcome that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cashback_core.values.violations import Violation


class InvalidRequestError(ValueError):
    """Not the object that was asked for; `violations` has everything wrong with it."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("; ".join(f"{v.pointer}: {v.code}" for v in violations[:3]))
        self.violations = violations


class InvalidQueryError(ValueError):
    """Query parameters that cannot be understood; `violations` has every one."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(", ".join(f"{v.pointer}: {v.code}" for v in violations))
        self.violations = violations


class RefusedError(Exception):
    """Nothing was done; `outcome` is what a use case or a store answered instead.

    A handler raises it for every outcome that is no success: which problem that is, only the
    application's own table knows.
    """

    def __init__(self, outcome: object) -> None:
        super().__init__(repr(outcome))
        self.outcome = outcome
