"""The closed days of a run: what another party would be sent, verified, held to the database."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from chaos.system import WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from chaos.system import System

_LOOK_S: Final = 0.2
_PATIENCE_S: Final = 25.0
_ACCOUNT: Final = "account"

_BEHIND: Final = """
    select count(*) from (select merchant_id from merchants union all select null) as o
    where coalesce((
        select max(c.ends_at) from closes as c
        where c.merchant_id is not distinct from o.merchant_id
    ), '-infinity') < %s
"""
_LAST: Final = """
    with last as (
        select distinct on (c.merchant_id) c.* from closes as c
        order by c.merchant_id, c.number desc
    )
"""
# What has happened and ended when the last day was cut, by the events and nothing else.
_OWED: Final = f"""
    {_LAST}, come as (
        select distinct on (e.merchant_id, e.cashback_id) e.merchant_id, e.cashback_id, e.to_status
        from last as l
        join events as e on e.merchant_id = l.merchant_id
            and e.at < l.ends_at and e.position < l.below
        order by e.merchant_id, e.cashback_id, e.sequence desc
    )
    select m.slug, coalesce(sum(c.cashback_centavos), 0)::bigint
    from last as l
    join merchants as m on m.merchant_id = l.merchant_id
    left join come as x on x.merchant_id = l.merchant_id
        and x.to_status in ('pending', 'sending', 'in_doubt', 'held', 'rejected')
    left join cashbacks as c on c.merchant_id = x.merchant_id and c.cashback_id = x.cashback_id
    group by m.slug
"""  # noqa: S608 (made of literals)
_EVENTS: Final = f"""
    {_LAST}
    select e.cashback_id::text, e.sequence from last as l
    join events as e on e.merchant_id = l.merchant_id
        and e.at < l.ends_at and e.position < l.below
"""  # noqa: S608 (made of literals)
_THERE: Final = f"""
    {_LAST}
    select coalesce(m.slug, '{_ACCOUNT}'), f.class,
        sum(f.entered_centavos - f.departed_centavos)::bigint
    from last as l
    left join merchants as m on m.merchant_id = l.merchant_id
    join provider_tellings as t on t.at < l.ends_at and t.position < l.below
    join provider_telling_flows as f on f.telling_id = t.telling_id
        and f.merchant_id is not distinct from l.merchant_id
    group by 1, 2
    having sum(f.entered_centavos - f.departed_centavos) <> 0
"""  # noqa: S608 (made of literals)
_LATE: Final = "select coalesce(sum(late), 0)::bigint from closes"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDays:
    """What was exported, what `python -m cashback_core.verify` says of it, and the database.

    Amounts in centavos. `behind` counts the chains that are not closed up to the run's end.
    """

    behind: int
    verdict: int
    said: str
    closes: tuple[Mapping[str, Any], ...]
    lines: Counter[tuple[str, int]]
    events: Counter[tuple[str, int]]
    owed: Mapping[str, int]
    there: Mapping[tuple[str, str], int]
    late: int
    stood: int = 0
    """Over how many ends of days a transaction stood still."""

    @property
    def last(self) -> Mapping[str, Mapping[str, Any]]:
        """The last close of each chain."""
        return {close["owner"] or _ACCOUNT: close for close in self.closes}


def read_closed_days(system: System, since: datetime) -> ClosedDays:
    """Wait until all days that began before an instant are closed, and read what there is.

    The workers are killed then, so that all that is read is of one state.
    """
    dsn, environ = system.dsn, system.environ
    until = time.monotonic() + _PATIENCE_S
    while (behind := _behind(dsn, since)) and time.monotonic() < until:
        time.sleep(_LOOK_S)
    for name in WORKERS:
        system.kill(name)
    sent = system.folder / "sent"
    _run(environ, "cashback_gateway", "closes", "export", str(sent))
    verified = _run(environ, "cashback_core.verify", str(sent), check=False)
    lines = Counter(
        (line["cashback"], line["sequence"])
        for file in sent.glob("lines-*.jsonl")
        for line in map(json.loads, file.read_text("utf-8").splitlines()[1:])
    )
    closes = tuple(
        json.loads(line)["close"]
        for file in sorted(sent.glob("closes-*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    )
    with psycopg.connect(dsn) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        rows = connection.execute(_EVENTS).fetchall()
        owed: dict[str, int] = dict(connection.execute(_OWED).fetchall())
        there = {(owner, cls): net for owner, cls, net in connection.execute(_THERE)}
        late = connection.execute(_LATE).fetchone()
    assert late is not None
    return ClosedDays(
        behind=behind,
        verdict=verified.returncode,
        said=verified.stdout.decode(),
        closes=closes,
        lines=lines,
        events=Counter((id_, sequence) for id_, sequence in rows),
        owed=owed,
        there=there,
        late=late[0],
    )


def wrong_days(days: ClosedDays) -> Iterator[str]:
    """19: a closed day never changes, days add up, and whoever has the closes can tell."""
    if days.behind:
        yield f"19: {days.behind} chains are not closed"
    if days.verdict != 0:
        told = [line for line in days.said.splitlines() if "FIRST BAD LINK" in line]
        yield f"19: what was exported does not hold ({days.verdict}): {told or days.said[-500:]}"
    if days.late:
        yield f"19: {days.late} events are of a day that was closed without them"
    if days.lines != days.events:
        twice, lost = days.lines - days.events, days.events - days.lines
        yield f"19: {twice.total()} events are in two days, {lost.total()} in none"
    for owner, close in days.last.items():
        if close["owner"] is not None:
            told = close["liability"]["closing"]["centavos"]
            if told != days.owed.get(owner):
                yield f"19: {owner} owes {days.owed.get(owner)}, and its last close says {told}"
    provider = {
        (owner, row["class"]): row["closing"]["centavos"]
        for owner, close in days.last.items()
        for row in close["provider"]
        if row["closing"]["centavos"]
    }
    if provider != days.there:
        yield f"19: the provider's ledger comes to {days.there}, by the days to {provider}"


def _behind(dsn: str, since: datetime) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(_BEHIND, [since]).fetchone()
    assert row is not None
    return int(row[0])


def _run(
    environ: Mapping[str, str], module: str, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=dict(environ),
        capture_output=True,
        check=False,
        timeout=120,
    )
    if check and done.returncode != 0:
        raise RuntimeError(f"{module} {arguments}: {done.stderr.decode()[-2000:]}")
    return done
