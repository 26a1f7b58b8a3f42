"""How often a log-in may fail before the next one has to wait: leaky buckets in SQL.

A bucket is an instant, until which past failures fill it. Each failure moves it `every_s` further;
`burst` of them at once are let through. So the wait is bounded, ends by itself, and nobody is ever
locked out: least of all by others, whose failures never bar a name from an address where it has not
failed itself.
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


PEOPLE: Final[Mapping[str, Bucket]] = {
    # Somebody who guesses at one account from one place, or cannot remember; this alone bars.
    "pair": Bucket(burst=5, every_s=60),
    # The same, while one of the next two is full.
    "pause": Bucket(burst=1, every_s=60),
    # Somebody who tries many accounts; a whole shop may share an address.
    "address": Bucket(burst=20, every_s=10),
    # Many who guess at one account. No single address can fill it: "pair" stops it before.
    "account": Bucket(burst=30, every_s=60),
}
SECRETS: Final[Mapping[str, Bucket]] = {
    "secret": Bucket(burst=20, every_s=10),
    "secret_address": Bucket(burst=100, every_s=5),
}
"""Of wrong ones alone: there is nothing to guess at 256 bits, so it is noise that is counted."""

PURGE: Final = 50
"""Past buckets that one failure clears away, so that there are never more than are at work."""

_WAITS: Final = """
    select b.kind,
        extract(epoch from f.until_at - clock_timestamp()) - (b.burst - 1) * b.every_s as wait_s
    from unnest(
        %(kinds)s::text[], %(keys)s::bytea[], %(bursts)s::float8[], %(everies)s::float8[]
    ) as b (kind, key, burst, every_s)
    join login_failures as f on f.kind = b.kind and f.key = b.key
"""

VISIT: Final = f"""
    select found.user_id, username, merchant_id, password_hash,
        greatest(0, pair_s, case when others_s > 0 then pause_s end)::float8 as wait_s
    from (
        select max(wait_s) filter (where kind = 'pair') as pair_s,
            max(wait_s) filter (where kind = 'pause') as pause_s,
            max(wait_s) filter (where kind in ('address', 'account')) as others_s
        from ({_WAITS}) as waits
    ) as waited
    left join (
        select user_id, username, merchant_id, password_hash from users as u
        where username = %(username)s and disabled_at is null and deleted_at is null
            and not exists (
                select from merchants as m
                where m.merchant_id = u.merchant_id and m.disabled_at is not null
            )
    ) as found on true
"""  # noqa: S608 (made of literals)

WAIT: Final = f"select greatest(0, max(wait_s))::float8 from ({_WAITS}) as waits"  # noqa: S608 (made of literals)

# A bucket is never fuller than full, however many fail at the same moment: who has to wait, waits
# `every_s` at most.
NOTE: Final = """
    with past as (
        select kind, key from login_failures where until_at < now()
        order by until_at limit %(purge)s for update skip locked
    ), cleared as (
        delete from login_failures as f using past as p where f.kind = p.kind and f.key = p.key
            and (f.kind, f.key) not in (
                select k, y from unnest(%(kinds)s::text[], %(keys)s::bytea[]) as mine (k, y)
            )
    ), mine as (
        select kind, key, make_interval(secs => every_s) as every, burst
        from unnest(
            %(kinds)s::text[], %(keys)s::bytea[], %(bursts)s::float8[], %(everies)s::float8[]
        ) as mine (kind, key, burst, every_s)
    )
    insert into login_failures as f (kind, key, until_at)
    select kind, key, now() + every from mine
    -- In one order, so that two failures never wait for each other.
    order by kind, key
    on conflict (kind, key) do update set until_at = least(
        greatest(f.until_at, now()) + (excluded.until_at - now()),
        now() + (select burst * every from mine where mine.kind = f.kind)
    )
"""


def digest(text: str) -> bytes:
    """What is kept of an address, a token's id or a secret."""
    return hashlib.sha256(text.encode()).digest()


def of_person(username: str, address: str) -> dict[str, object]:
    """The parameters for the buckets that a person's log-in stands in."""
    pair = digest(f"{username} {address}")
    keys = {"pair": pair, "pause": pair, "address": digest(address), "account": digest(username)}
    return _parameters(PEOPLE, keys)


def of_client(client_id: str, address: str) -> dict[str, object]:
    """The parameters for the buckets that a wrong secret is counted in."""
    return _parameters(SECRETS, {"secret": digest(client_id), "secret_address": digest(address)})


def _parameters(buckets: Mapping[str, Bucket], keys: Mapping[str, bytes]) -> dict[str, object]:
    return {
        "kinds": list(keys),
        "keys": list(keys.values()),
        "bursts": [float(buckets[kind].burst) for kind in keys],
        "everies": [buckets[kind].every_s for kind in keys],
    }
