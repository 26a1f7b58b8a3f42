"""Transactions that are under way when a day ends: the server's own processes stand still in them.

Their instant is before the end, and what they write comes after it: who closes must wait for them.
"""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Final

import psutil
import psycopg

if TYPE_CHECKING:
    from chaos.system import System

_STANDS_S: Final = 1.5
"""Longer than a day is over before a closer comes, and shorter than any deadline of ours."""
_EARLY_S: Final = 0.12
_LOOK_S: Final = 0.002

_ENDS: Final = """
    select extract(epoch from day_ends_at(m.merchant_id, day_of(m.merchant_id, clock_timestamp()))
        - clock_timestamp())::float8
    from merchants as m order by m.merchant_id limit 1
"""
_IN_TRANSACTION: Final = """
    select pid, xact_start from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend'
        and pid <> pg_backend_pid() and application_name like 'cashback%'
        and application_name <> 'cashback-closer'
        and (backend_xid is not null or (state = 'active' and query ilike '%accept%'))
    order by xact_start
"""


@dataclass(slots=True)
class SlowBackends:
    """Strikes at the end of each day until `stop`; `stood` is how often one stood still over it."""

    system: System
    stood: int = 0
    stop: Event = field(default_factory=Event)

    def run(self) -> None:
        """Until then; while the database is away there is nobody to strike."""
        while not self.stop.is_set():
            with (
                suppress(psycopg.Error),
                psycopg.connect(self.system.dsn, connect_timeout=2, autocommit=True) as connection,
            ):
                while not self.stop.is_set():
                    self._strike(connection)
            self.stop.wait(0.1)

    def _strike(self, connection: psycopg.Connection) -> None:
        row = connection.execute(_ENDS).fetchone()
        if row is None:
            self.stop.wait(_STANDS_S)
            return
        ends = time.monotonic() + row[0]
        if self.stop.wait(max(0.0, row[0] - _EARLY_S)):
            return
        while time.monotonic() < ends:
            for pid, _ in connection.execute(_IN_TRANSACTION).fetchall():
                if self._stands_still(connection, pid, ends):
                    return
            time.sleep(_LOOK_S)

    def _stands_still(self, connection: psycopg.Connection, pid: int, ends: float) -> bool:
        """Whether it stood still in its transaction; one that was over by then goes on."""
        with suppress(psutil.NoSuchProcess):
            backend = psutil.Process(pid)
            backend.send_signal(signal.SIGSTOP)
            try:
                if pid not in [one for one, _ in connection.execute(_IN_TRANSACTION)]:
                    return False
                self.stood += 1
                time.sleep(max(0.0, ends - time.monotonic()) + _STANDS_S)
                return True
            finally:
                backend.send_signal(signal.SIGCONT)
        return False
