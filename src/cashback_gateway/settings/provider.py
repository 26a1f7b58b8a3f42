"""The settings of the provider and of the way to it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, required, setting
from cashback_gateway.settings.rules import Rule, only_with

if TYPE_CHECKING:
    from pathlib import Path


@concern
class ProviderSettings:
    """The provider."""

    url: str = required("CASHBACK_PROVIDER_URL", kinds.PROVIDER_URL, blank="")
    """The provider's base address, before `/api/mock/Cashback`; `run` starts a sandbox."""
    authorization: str | None = setting(
        "CASHBACK_PROVIDER_AUTHORIZATION", kinds.HEADER_VALUE, default=None
    )
    """The `Authorization` header sent to the provider; absent: none is sent."""
    connections: int = setting("CASHBACK_PROVIDER_CONNECTIONS", kinds.whole(1, 1_000), default=64)
    """Most connections of one process to the provider, and so most calls at once: divided by its
    latency in seconds they are the most that a process pays a second (docs/sizing.md)."""
    idle_s: float = setting("CASHBACK_PROVIDER_IDLE_S", kinds.seconds(0, 60), default=2.0)
    """A connection to the provider idle for longer is never used again."""
    echoes_reference: bool = setting(
        "CASHBACK_PROVIDER_ECHOES_REFERENCE", kinds.BOOLEAN, default=False
    )
    """Whether the provider's statement repeats the reference that we send."""


def _is_pair(certificate: Path, key: Path | None) -> bool:
    try:
        # The password keeps OpenSSL from asking for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError):
        return False
    return True


@concern
class WaySettings:
    """The way to the provider: whom to believe that it is the provider, as whom, by which proxy."""

    ca_file: Path | None = setting(
        "CASHBACK_PROVIDER_CA_FILE", kinds.AUTHORITIES_FILE, default=None
    )
    """The authorities that the provider's certificate must be signed by, for payments and
    statements, in place of the system's.
    """
    certificate_file: Path | None = setting(
        "CASHBACK_PROVIDER_CERTIFICATE_FILE",
        kinds.READABLE_FILE,
        default=None,
        rule=Rule(
            other="CASHBACK_PROVIDER_KEY_FILE",
            holds=_is_pair,
            broken="is {shown}; expected a certificate (PEM) with its unencrypted key, there or in "
            "{other}",
        ),
    )
    """The certificate (PEM, with its chain) that tells the provider who we are; none by default."""
    key_file: Path | None = setting(
        "CASHBACK_PROVIDER_KEY_FILE",
        kinds.READABLE_FILE,
        default=None,
        rule=only_with("CASHBACK_PROVIDER_CERTIFICATE_FILE"),
    )
    """The key (PEM, not encrypted) of that certificate, unless it is in the same file."""
    proxy_url: str | None = setting("CASHBACK_PROVIDER_PROXY_URL", kinds.PROXY_URL, default=None)
    """The proxy that is asked to `CONNECT` to the provider, for payments and statements;
    absent: the provider is called directly.
    """
    proxy_credentials: str | None = setting(
        "CASHBACK_PROVIDER_PROXY_CREDENTIALS",
        kinds.CREDENTIALS,
        default=None,
        rule=only_with("CASHBACK_PROVIDER_PROXY_URL"),
    )
    """Who we are to that proxy (`Proxy-Authorization: Basic`); absent: nobody."""
