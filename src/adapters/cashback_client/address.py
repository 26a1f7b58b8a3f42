"""Where the provider is: a base URL, checked once, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class InvalidProviderUrlError(ValueError):
    """The URL cannot be called; the message never repeats it, since it may hold a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A provider's base address. `path` has no trailing slash and may be empty."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """From http(s)://host[:port][/base]; raises InvalidProviderUrlError."""
        # Looked at before urlsplit, which silently drops tabs and line ends.
        if not all("!" <= c <= "~" for c in url):
            raise InvalidProviderUrlError("only visible ASCII characters (spell IDNs in punycode)")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as exc:
            raise InvalidProviderUrlError("no valid host and port") from exc
        if parts.scheme not in _DEFAULT_PORTS:
            raise InvalidProviderUrlError("neither http nor https")
        if "@" in parts.netloc:
            raise InvalidProviderUrlError("credentials belong in the authorization, not in the URL")
        if parts.query or parts.fragment:
            raise InvalidProviderUrlError("a base address has no query and no fragment")
        host = parts.hostname
        if not host or not _resolvable(host) or port == 0:
            raise InvalidProviderUrlError("no valid host and port")
        return cls(
            scheme=parts.scheme,
            host=host,
            port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
            path=parts.path.rstrip("/"),
        )

    @property
    def host_header(self) -> str:
        """The Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def _resolvable(host: str) -> bool:
    """Whether the name may be handed to the resolver, which raises UnicodeError for bad labels."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True
