"""Everything a process of the gateway is told from outside, by concern."""

# ruff: noqa: TC001 - the concerns are read off these annotations
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from cashback_gateway.settings.api import ApiSettings
from cashback_gateway.settings.closing import ClosingSettings
from cashback_gateway.settings.database import DatabaseSettings
from cashback_gateway.settings.declaration import Setting, declared_in
from cashback_gateway.settings.delivery import BreakerSettings, DeliverySettings
from cashback_gateway.settings.files import FileSettings
from cashback_gateway.settings.provider import ProviderSettings, WaySettings
from cashback_gateway.settings.reconciliation import MarginSettings, ReconciliationSettings
from cashback_gateway.settings.retention import RetentionSettings
from cashback_gateway.settings.telemetry import TelemetrySettings
from cashback_gateway.settings.tokens import TokenSettings
from cashback_gateway.settings.webhooks import WebhookSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One dataclass for each concern; docs/settings.md has them in this order."""

    database: DatabaseSettings
    api: ApiSettings
    tokens: TokenSettings
    provider: ProviderSettings
    way: WaySettings
    delivery: DeliverySettings
    breaker: BreakerSettings
    reconciliation: ReconciliationSettings
    margin: MarginSettings
    closing: ClosingSettings
    retention: RetentionSettings
    files: FileSettings
    webhooks: WebhookSettings
    telemetry: TelemetrySettings


CONCERNS: Final[dict[str, type[Any]]] = get_type_hints(Settings)
SETTINGS: Final[dict[str, Setting]] = {
    each.name: each for cls in CONCERNS.values() for each in declared_in(cls).values()
}
"""Every setting by its name."""

REQUIRED: Final = frozenset(each.name for each in SETTINGS.values() if each.required)
