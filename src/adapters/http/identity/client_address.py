"""Where a request comes from, as far as our own proxies can be believed."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litestar.types import Scope

IPV6_SITE_BITS = 64
"""Whoever has one IPv6 address has all of its network."""


def client_address(scope: Scope, *, trusted_hops: int) -> str:
    """The client's address: the peer's, or what that many proxies of ours say in a row.

    Each of ours appends the address that it was called from to `X-Forwarded-For`, so the last
    `trusted_hops` entries are theirs; what stands before them is anybody's invention. An entry that
    is no address, or is missing, leaves the one after it.
    """
    http: Any = scope
    peer = http["client"]
    address = _network(peer[0]) if peer else ""
    if trusted_hops == 0:
        return address
    values = [value for name, value in http["headers"] if name == b"x-forwarded-for"]
    entries = b",".join(values).decode("latin-1").split(",")
    for entry in entries[-trusted_hops:][::-1]:
        known = _network(entry.strip())
        if not known:
            break
        address = known
    return address


def _network(text: str) -> str:
    """The address as one text; of IPv6 its site; empty for what is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_SITE_BITS), strict=False))
