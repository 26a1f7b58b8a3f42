"""What the metrics of a process read for themselves, beside what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.cashback_client.client import ProviderClient
    from adapters.http.serving.request_watch import RequestWatch
    from adapters.postgres.cashbacks.store import PostgresCashbackStore
    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.deliverer import DeliveriesUnderWay


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredParts:
    """Parts of a process; `requests` is None where it serves none."""

    database: Database
    store: PostgresCashbackStore
    provider: ProviderClient
    under_way: DeliveriesUnderWay
    requests: RequestWatch | None
    most_requests: int
