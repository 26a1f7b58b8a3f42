"""Whose something is: a merchant's administrators speak of their own, the platform's name one."""

from __future__ import annotations

from typing import Final

from adapters.http.wire.fields import TextField, pattern
from adapters.http.wire.filters import TextFilter
from cashback_core.administration.merchants import SLUG

MERCHANT_FILTER: Final = TextFilter(about="Only of the merchant of this slug.")


def merchant_named(about: str, *, must: bool = True) -> TextField:
    """The slug of the merchant that something new is of."""
    says = {"pattern": pattern(SLUG), "description": about}
    return TextField(form=SLUG, code="no_such_merchant", must=must, says=says)
