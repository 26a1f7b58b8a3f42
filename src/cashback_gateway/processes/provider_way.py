"""The one way to the provider, made of the settings: for payments, statements and `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.cashback_client.tunnel import parse_proxy
from adapters.cashback_client.way import Way, tls_context

if TYPE_CHECKING:
    from cashback_gateway.settings.provider import WaySettings


def provider_way(settings: WaySettings) -> Way:
    """Raises OSError where a file that was good when the settings were read is so no more."""
    proxy = None
    if settings.proxy_url is not None:
        proxy = parse_proxy(settings.proxy_url, credentials=settings.proxy_credentials)
    tls = tls_context(
        authorities=settings.ca_file, certificate=settings.certificate_file, key=settings.key_file
    )
    return Way(tls=tls, proxy=proxy)
