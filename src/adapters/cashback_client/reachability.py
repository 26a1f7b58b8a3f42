"""Whether the provider can be reached, address by address; it is asked for nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.cashback_client.address import Address, InvalidProviderUrlError
from adapters.cashback_client.happy_eyeballs import connected, resolve
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.transport import EvidenceTransport, why_ended

if TYPE_CHECKING:
    from adapters.cashback_client.happy_eyeballs import Endpoint
    from adapters.cashback_client.way import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """`host` and `port` are the proxy's where there is one. `dead` are addresses, each with why.

    `fault` is why no connection could be made that a payment may be sent over, None when one could.
    """

    host: str
    port: int
    by_proxy: bool
    alive: tuple[str, ...] = ()
    dead: tuple[tuple[str, str], ...] = ()
    fault: str | None = None


def examine_reach(base_url: str, way: Way, *, within_s: float) -> Reach:
    """Connect to every address at once, then go the whole way, TLS included, and hang up."""
    return asyncio.run(_examine(base_url, way, within_s))


async def _examine(base_url: str, way: Way, within_s: float) -> Reach:
    try:
        address = Address.parse(base_url)
    except InvalidProviderUrlError as error:
        return Reach(host="its URL", port=0, by_proxy=False, fault=str(error))
    host, port = address.host, address.port
    if way.proxy is not None:
        host, port = way.proxy.host, way.proxy.port
    by_proxy = way.proxy is not None
    try:
        async with asyncio.timeout(within_s):
            places = await resolve(host, port)
    except OSError as error:
        return Reach(host=host, port=port, by_proxy=by_proxy, fault=why_ended(error))
    whys = await asyncio.gather(*[_why_dead(place, within_s) for place in places])
    dead = tuple((str(p), why) for p, why in zip(places, whys, strict=True) if why is not None)
    alive = tuple(str(p) for p, why in zip(places, whys, strict=True) if why is None)
    fault: str | None = "; ".join(f"{place}: {why}" for place, why in dead)
    if alive:
        transport = EvidenceTransport(base_url, limits=Limits(deadline_s=within_s), way=way)
        try:
            fault = await transport.why_out_of_reach()
        finally:
            await transport.aclose()
    return Reach(host=host, port=port, by_proxy=by_proxy, alive=alive, dead=dead, fault=fault)


async def _why_dead(place: Endpoint, within_s: float) -> str | None:
    try:
        async with asyncio.timeout(within_s):
            (await connected(place)).close()
    except TimeoutError:
        return f"takes no connection within {within_s:g} s"
    except OSError as error:
        return why_ended(error)
    return None
