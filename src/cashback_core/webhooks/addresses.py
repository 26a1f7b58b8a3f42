"""Which addresses a webhook may be sent to: none of a private network, whatever a name says.

An endpoint's address is a stranger's word: what it leads to is judged by the IP address that is
about to be connected to, never by the name. The ranges are those of IANA's registries of special
purpose addresses (RFC 6890 and what came since).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, Self
from urllib.parse import urlsplit

MAX_URL_CHARS: Final = 2_000
URL_FORM: Final = re.compile(r"https?://[!-~]{1,1992}\Z", re.ASCII)

_PORTS: Final = {"http": 80, "https": 443}

Network = IPv4Network | IPv6Network

_NEVER: Final = tuple(
    map(
        ipaddress.ip_network,
        ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8"),
    )
)
"""What is no host at all: this network, multicast, reserved and broadcast."""

_NOT_PUBLIC: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24",
            # Of what is global unicast (2000::/3): Teredo and its like, documentation, 6to4.
            "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
        ),
    )
)  # fmt: skip
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""Its last four bytes are the IPv4 address that is meant (RFC 6052)."""

ANY_PRIVATE: Final[tuple[Network, ...]] = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
            "::1/128", "fc00::/7",
        ),
    )
)  # fmt: skip
"""What a setting of `true` allows: no link-local address, where clouds keep their credentials."""

LOOPBACK: Final[tuple[Network, ...]] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

_METADATA: Final = tuple(
    map(
        ipaddress.ip_address,
        ("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"),
    )
)
"""Where clouds tell credentials to whoever asks (Alibaba, Azure, AWS, Google), outside link-local
addresses; Azure's is of a public range. Allowed to who names the very address alone."""

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z", re.ASCII)
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\Z", re.ASCII)
"""What systems read as an IPv4 address, in whatever way it is written: its last part is a number
(the host parser of https://url.spec.whatwg.org goes by that, too)."""


class UrlRefused(ValueError):  # noqa: N818 (named by what is wrong)
    """An address that no webhook is sent to; `fault` is a fault's code that says why."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDestination:
    """Where an endpoint is: `target` is path and query, `host` a name or an address."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What the Host header tells: the port, too, where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """From http(s)://host[:port][/path][?query]. Raises UrlRefused."""
        # Looked at before urlsplit, which silently drops tabs and line ends.
        if len(url) > MAX_URL_CHARS or URL_FORM.match(url) is None:
            raise UrlRefused("bad_webhook_url")
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname
            fits = host is not None and _is_host(host, parts.netloc) and "\\" not in url
        except ValueError as error:
            raise UrlRefused("bad_webhook_url") from error
        if not fits or host is None or "@" in parts.netloc or "#" in url:
            raise UrlRefused("bad_webhook_url")
        if port is None:
            port = _PORTS[parts.scheme]
        if port == 0:
            raise UrlRefused("bad_webhook_url")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(scheme=parts.scheme, host=host, port=port, target=target)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """What of addresses and schemes is allowed; by default public ones by https alone."""

    allowed: tuple[Network, ...] = ()
    """Networks that are allowed although they are not public."""
    plain_http: bool = False

    def allows(self, address: str) -> bool:
        """Whether a connection may be made to this IP address; never for what is none."""
        try:
            ip = _meant(ipaddress.ip_address(address))
        except ValueError:
            return False
        if any(ip in network for network in _NEVER if network.version == ip.version):
            return False
        own = [network for network in self.allowed if network.version == ip.version]
        if ip in _METADATA:  # public or not
            return any(network.num_addresses == 1 and ip in network for network in own)
        return is_public(ip) or any(ip in network for network in own)

    def check(self, url: str) -> WebhookDestination:
        """Where a URL leads, as far as can be told without resolving it. Raises UrlRefused."""
        destination = WebhookDestination.parse(url)
        if destination.scheme != "https" and not self.plain_http:
            raise UrlRefused("webhook_needs_https")
        if _is_address(destination.host) and not self.allows(destination.host):
            raise UrlRefused("webhook_to_private_network")
        return destination


PUBLIC_ALONE: Final = AddressPolicy()


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address is a host's of the internet; what stands for an IPv4 one is judged so."""
    ip = _meant(ip)
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_V6:
        return False
    special = (*_NEVER, *_NOT_PUBLIC)
    return ip not in _METADATA and not any(
        ip in network for network in special if network.version == ip.version
    )


def _meant(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where a network takes it so."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


def _is_host(host: str, netloc: str) -> bool:
    """Whether it is a name, or an address in the one way that all read alike."""
    if netloc.startswith("["):
        return "%" not in host and _is_address(host)
    return _HOST.match(host) is not None and (_NUMBER.match(host) is None or _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
