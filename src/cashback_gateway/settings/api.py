"""The settings of the API."""

from __future__ import annotations

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, setting
from cashback_gateway.settings.rules import at_most


@concern
class ApiSettings:
    """The API: where it listens, how long it waits, who may ask how often."""

    host: str = setting("CASHBACK_HOST", kinds.HOST, default="127.0.0.1")
    """The address the API listens on."""
    port: int = setting("CASHBACK_PORT", kinds.whole(1, 65_535), default=8000)
    """The port the API listens on; when it is not given and taken, `run` picks a free one."""
    wait_s: float = setting("CASHBACK_WAIT_S", kinds.seconds(0, 60), default=10.0)
    """How long a request without `Prefer` waits for the provider before it gets 202."""
    cors_origins: frozenset[str] = setting(
        "CASHBACK_CORS_ORIGINS", kinds.ORIGINS, default=frozenset[str]()
    )
    """Other sites whose pages may call the API from a browser; none by default."""
    rate_per_s: int = setting(
        "CASHBACK_RATE_PER_S",
        kinds.whole(0, 100_000),
        default=500,
        rule=at_most("CASHBACK_RATE_BURST"),
    )
    """How many requests a second one user or API client may make, over all processes; 0: no
    limit.
    """
    rate_burst: int = setting("CASHBACK_RATE_BURST", kinds.whole(2, 1_000_000), default=1000)
    """How many of them at once."""
    trusted_hops: int = setting("CASHBACK_TRUSTED_HOPS", kinds.whole(0, 10), default=0)
    """How many proxies of yours stand in front, each of which appends the address it was called
    from to `X-Forwarded-For`; 0: the header is not believed.
    """
    access_log: bool = setting("CASHBACK_ACCESS_LOG", kinds.BOOLEAN, default=False)
    """Whether the API writes a JSON line for each request to its standard output, without query
    strings and bodies.
    """
