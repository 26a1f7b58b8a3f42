"""How quick this machine is at this moment, in the same run: a loop of Python, one of PostgreSQL.

Both do what a sale does, on a small scale: the one reads and writes JSON, reckons and matches; the
other writes rows with an index, matches, and commits. Both go on while the service is measured, and
sleep after each piece of work, as whoever waits for the other does: work on cold caches costs two
to four times as much, and the more, the more the neighbours do. What is left of a ratio to them is
the code's own, not the processor's, its clock's or the neighbours'.
"""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Generator

    import psycopg

_SLEEP_S: Final = 0.002
_MONEY: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?\Z", re.ASCII)
_TEXT: Final = json.dumps(
    {
        "customer": {"document": "12345678909", "name": "Cliente de Teste"},
        "products": [{"type": "A", "value": "123.45", "qty": "2.5"}] * 3,
    }
)
_TABLE: Final = """
    create table if not exists calibration (id uuid primary key, told jsonb not null);
    create index if not exists calibration_by_type on calibration ((told ->> 'type'), id);
    truncate calibration
"""
_WRITE: Final = """
    insert into calibration
    select gen_random_uuid(), jsonb_build_object('type', 'A', 'value', i::numeric / 100, 'text', t)
    from generate_series(1, 5) as i, md5(i::text) as t
    where t ~ '^[0-9a-f]{32}$' and i::numeric * 1.5 > 0
"""


@dataclass(slots=True)
class Calibration:
    """Processor seconds that one piece of each loop took; whole when its context has ended."""

    python_s: float = 0.0
    postgres_s: float = 0.0


@contextmanager
def calibrating(session: psycopg.Connection[Any]) -> Generator[Calibration, None, None]:
    """Let both loops go on meanwhile, each in a thread; the session serves for nothing else."""
    session.execute(_TABLE.encode())
    ended = threading.Event()
    told = Calibration()
    with ThreadPoolExecutor(2) as threads:
        python = threads.submit(_python_piece_s, ended)
        postgres = threads.submit(_postgres_piece_s, ended, session)
        try:
            yield told
        finally:
            ended.set()
        told.python_s, told.postgres_s = python.result(), postgres.result()


def _python_piece_s(ended: threading.Event) -> float:
    begun_at, pieces, total = time.thread_time(), 0, Fraction(0)
    while not ended.wait(_SLEEP_S):
        pieces += 1
        told: dict[str, Any] = json.loads(_TEXT)
        for line in told["products"]:
            if _MONEY.match(line["value"]) is None:
                raise ValueError(line["value"])
            total += Fraction(int(line["value"].replace(".", "")), 100) * pieces
        json.dumps(told, separators=(",", ":")).encode()
    return (time.thread_time() - begun_at) / pieces


def _postgres_piece_s(ended: threading.Event, session: psycopg.Connection[Any]) -> float:
    pid, pieces = session.info.backend_pid, 0
    begun_at = _spent_s(pid)
    while not ended.wait(_SLEEP_S):
        pieces += 1
        session.execute(_WRITE, prepare=True)
    return (_spent_s(pid) - begun_at) / pieces


def _spent_s(pid: int) -> float:
    """To the nanosecond where the kernel tells it; a session tells of no other."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except OSError:
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
