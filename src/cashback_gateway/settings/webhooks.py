"""The settings of webhooks."""

from __future__ import annotations

from cashback_core.webhooks.addresses import AddressPolicy, Network
from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, setting


@concern
class WebhookSettings:
    """Webhooks: where they may be sent to. The same for the API and for workers."""

    private_networks: tuple[Network, ...] = setting(
        "CASHBACK_WEBHOOK_PRIVATE_NETWORKS", kinds.NETWORKS, default=()
    )
    """Networks that webhooks may be sent to although they are not public; `true` is every private
    one and loopback, but no address where a cloud tells credentials: never link-local ones, and
    Alibaba's 100.100.100.200, Azure's 168.63.129.16, fd00:ec2::254 and fd20:ce::254 only where
    they are named themselves. `run` allows this machine.
    """
    plain_http: bool = setting("CASHBACK_WEBHOOK_PLAIN_HTTP", kinds.BOOLEAN, default=False)
    """Whether they may be sent over `http`, unencrypted; `run` allows it."""

    @property
    def addresses(self) -> AddressPolicy:
        """What is allowed."""
        return AddressPolicy(allowed=self.private_networks, plain_http=self.plain_http)
