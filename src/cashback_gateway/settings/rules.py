"""What a setting must be beside another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`holds` sees the setting's value, where one is given, and that of `other`.

    `broken` follows the setting's name in a refusal, and may name {value}, {shown} (its repr as
    a text), {other} and {beside}, the other's value. `meaning` ends the setting's own.
    """

    other: str
    holds: Callable[[Any, Any], bool]
    broken: str
    meaning: str = ""


def at_most(other: str) -> Rule:
    """Not above the other number."""
    return Rule(
        other=other,
        holds=lambda value, beside: bool(value <= beside),
        broken="is {value:.10g}; expected at most {other}, which is {beside:.10g}",
        meaning=f"At most `{other}`.",
    )


def below(other: str) -> Rule:
    """Less than the other number."""
    return Rule(
        other=other,
        holds=lambda value, beside: bool(value < beside),
        broken="is {value:.10g}; expected less than {other}, which is {beside:.10g}",
        meaning=f"Less than `{other}`.",
    )


def only_with(other: str) -> Rule:
    """Of no use without the other one."""
    return Rule(
        other=other,
        holds=lambda _, beside: bool(beside),
        broken="is given; expected {other} with it",
        meaning=f"Only with `{other}`.",
    )
