"""The way to the provider: whom to believe that it is the provider, as whom, through which proxy.

Payments and statements go the same way, so what one of them trusts the other does.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.cashback_client.tunnel import Proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`tls` is for https alone; without a proxy the provider is called directly."""

    tls: ssl.SSLContext
    proxy: Proxy | None = None


def tls_context(
    *,
    authorities: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> ssl.SSLContext:
    """What verifies the provider, and shows it who we are.

    `authorities` (PEM) are trusted in place of the system's; `certificate` (PEM, with its chain) is
    ours, its key in a file of its own or beside it. Raises OSError, of which ssl.SSLError is one:
    also for a key that is encrypted, since nobody is there to be asked for its password.
    """
    context = ssl.create_default_context(cafile=None if authorities is None else str(authorities))
    context.set_alpn_protocols(["http/1.1"])
    if certificate is not None:
        # Without a password OpenSSL would ask for one at the terminal.
        context.load_cert_chain(certificate, key, password="")
    return context


@cache
def direct() -> Way:
    """No proxy, the system's authorities: read once, for it takes a tenth of a second."""
    return Way(tls=tls_context())
