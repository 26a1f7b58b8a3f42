"""Brakes: what makes a cashback wait for a person, whatever the provider would do with it.

Ceilings hold what is too much, stops hold back a product type or a whole merchant. Decisions only:
the store reads what stands, inside the transaction that accepts, and stores what comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StopFilter:
    """Which stops are wanted; None wants all."""

    merchant: str | None = None
    standing: bool | None = None
