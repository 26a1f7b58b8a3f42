"""What was not done, and why, in one line for whoever asked.

Every command's help passes here: what a refusal is made of is imported by whoever has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.administration.resources import Refusal


class ActRefusedError(Exception):
    """The act was not done; the message says why, and what to do."""


class WrongUseError(Exception):
    """What was typed can never be right; the message says why. Nothing was done."""


def refused(refusal: Refusal, what: str) -> ActRefusedError:
    """Why a change to `what` came to nothing."""
    from cashback_core.administration.resources import Conflict, InUse, Invalid, Missing, Taken

    match refusal:
        case Missing():
            return ActRefusedError(f"there is no {what}")
        case Conflict():
            return ActRefusedError(f"{what} was changed at this moment: try again")
        case Taken(name=name):
            return ActRefusedError(f"the {name} of {what} is taken")
        case InUse(reason=fault, values=values) | Invalid(fault=fault, values=values):
            return ActRefusedError(f"{what}: {fault_words(fault, values)}")


def fault_words(code: str, values: Mapping[str, str]) -> str:
    """What is wrong and what would have been right, as the API says it in English."""
    from cashback_core.values.violations import Violation

    told = Violation(pointer="", code=code, values=values)
    return f"{told.detail()} Expected: {told.expected()}."
