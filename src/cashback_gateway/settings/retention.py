"""The settings of how long personal data are kept."""

from __future__ import annotations

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, setting

_DAYS = kinds.whole(1, 36_500, of=" of days")


@concern
class RetentionSettings:
    """Retention: how long personal data are kept that nothing needs any more."""

    raw_days: int | None = setting("CASHBACK_KEEP_RAW_DAYS", _DAYS, default=None)
    """Requests and the provider's answers as they came are dropped this long after their
    cashback became final; absent: kept.
    """
    customer_days: int | None = setting("CASHBACK_KEEP_CUSTOMERS_DAYS", _DAYS, default=None)
    """A customer who bought nothing for this long, and has no open cashback, is erased; absent:
    kept.
    """
