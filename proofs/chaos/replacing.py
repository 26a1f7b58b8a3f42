"""How a mutant takes the place of what is there."""

from __future__ import annotations


def replace(owner: object, name: str, planted: object) -> None:
    """Put a mutant in the place of what is there: a renamed target must not pass for caught."""
    if not hasattr(owner, name):
        raise LookupError(f"{owner} has no {name}: the mutant has nothing to replace")
    setattr(owner, name, planted)
