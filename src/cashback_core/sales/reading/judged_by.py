"""What a document is judged by: the terms of today, or, if it repeats what was taken, by none."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.programme import Programme
from cashback_core.sales.rules import SaleRules


class JudgedBy(NamedTuple):
    """Without `now` a document is a repeat.

    Then any instant is taken, read by the zone of the rules; anybody may have bought, nothing is
    asked of programme and catalogue, and of amounts whatever some merchant may let pass is taken.
    """

    rules: SaleRules
    now: datetime | None
    programme: Programme | None
    catalogue: Catalogue
    idempotency_key: str | None

    @property
    def is_repeat(self) -> bool:
        """Whether it is only to be compared with what was taken."""
        return self.now is None
