"""How often a log-in may fail before the next one has to wait: leaky buckets in SQL.

A bucket is an instant, until which past failures fill it. Each failure moves it `every_s` further;
`burst` of them at once are let through. So the wait is bounded, ends by itself, and nobody is ever
locked out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """`burst` failures at once, then one each `every_s`."""

    burst: int
    every_s: float


BUCKETS: Final[Mapping[str, Bucket]] = {
    # Somebody who guesses at one account from one place, or cannot remember.
    "pair": Bucket(burst=5, every_s=60),
    # Somebody who tries many accounts; a whole shop may share an address.
    "address": Bucket(burst=20, every_s=10),
    # Many who guess at one account. No single address can fill it: "pair" stops it before.
    "account": Bucket(burst=30, every_s=60),
}
PURGE: Final = 50
"""Past buckets that one failure clears away, so that there are never more than are at work."""

MAX_PLACES: Final = 20
PLACE_DAYS: Final = 90
"""How many addresses of a user count as their own, and for how long after they were used."""

# "account" and "address" do not bar whoever came in from this address lately; "pair" bars all.
VISIT: Final = """
    select found.user_id, username, merchant_id, password_hash, greatest(0, (
        select max(extract(epoch from f.until_at - clock_timestamp()) - (b.burst - 1) * b.every_s)
        from unnest(
            %(kinds)s::text[], %(keys)s::bytea[], %(bursts)s::float8[], %(everies)s::float8[]
        ) as b (kind, key, burst, every_s)
        join login_failures as f on f.kind = b.kind and f.key = b.key
        where b.kind = 'pair' or place.user_id is null
    ))::float8 as wait_s
    from (select 1) as one
    left join (
        select user_id, username, merchant_id, password_hash from users as u
        where username = %(username)s and disabled_at is null and deleted_at is null
            and not exists (
                select from merchants as m
                where m.merchant_id = u.merchant_id and m.disabled_at is not null
            )
    ) as found on true
    left join login_places as place on place.user_id = found.user_id
        and place.address_hash = %(address)s
        and place.last_at > now() - make_interval(days => %(place_days)s)
"""

NOTE: Final = """
    with past as (
        select kind, key from login_failures where until_at < now()
        order by until_at limit %(purge)s for update skip locked
    ), cleared as (
        delete from login_failures as f using past as p where f.kind = p.kind and f.key = p.key
            and (f.kind, f.key) not in (
                select k, y from unnest(%(kinds)s::text[], %(keys)s::bytea[]) as mine (k, y)
            )
    )
    insert into login_failures as f (kind, key, until_at)
    select kind, key, now() + make_interval(secs => every_s)
    from unnest(
        %(kinds)s::text[], %(keys)s::bytea[], %(everies)s::float8[]
    ) as mine (kind, key, every_s)
    -- In one order, so that two failures never wait for each other.
    order by kind, key
    on conflict (kind, key) do update set until_at =
        greatest(f.until_at, now()) + (excluded.until_at - now())
"""


def digest(text: str) -> bytes:
    """What is kept of an address, a token's id or a secret."""
    return hashlib.sha256(text.encode()).digest()


def buckets_of(username: str | None, address: str) -> dict[str, object]:
    """The parameters for the buckets that a log-in stands in."""
    keys = {"address": digest(address)}
    if username is not None:
        keys["account"] = digest(username)
        keys["pair"] = digest(f"{username} {address}")
    return {
        "kinds": list(keys),
        "keys": list(keys.values()),
        "bursts": [float(BUCKETS[kind].burst) for kind in keys],
        "everies": [BUCKETS[kind].every_s for kind in keys],
    }
