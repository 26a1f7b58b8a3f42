"""Signatures of webhooks, by the library of Standard Webhooks: receivers check them by the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from standardwebhooks import Webhook

from cashback_core.webhooks.endpoints import secret_text
from cashback_core.webhooks.sending import Sign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cashback_core.webhooks.sending import Lease


@dataclass(frozen=True, slots=True)
class Signatures(Sign):
    """Signs by each of an endpoint's secrets, which `derive` makes of the key that all share."""

    derive: Callable[[str], bytes]

    def __call__(
        self, lease: Lease, message_id: str, at: datetime, body: bytes, /
    ) -> Sequence[tuple[str, str]]:
        """The three headers: `at` is in UTC, and told in whole seconds."""
        text = body.decode("utf-8")
        signed = [
            Webhook(secret_text(self.derive, lease.webhook_id, secret_id)).sign(
                message_id, at, text
            )
            for secret_id in lease.secrets
        ]
        return (
            ("webhook-id", message_id),
            ("webhook-timestamp", str(int(at.timestamp()))),
            ("webhook-signature", " ".join(signed)),
        )
