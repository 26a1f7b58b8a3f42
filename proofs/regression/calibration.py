"""How quick this machine is at this moment, in the same run: a loop of Python, one of PostgreSQL.

Both do what a sale does, on a small scale: the one reads and writes JSON, reckons and matches; the
other writes rows with an index, reads JSON and matches. What is left of a ratio to them is the
code's own, not the processor's, its clock's or the neighbours'.
"""

from __future__ import annotations

import json
import re
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

if TYPE_CHECKING:
    import psycopg

_ROUNDS: Final = 1_000
_ROWS: Final = 3_000
_MONEY: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?\Z", re.ASCII)
_TEXT: Final = json.dumps(
    {
        "customer": {"document": "12345678909", "name": "Cliente de Teste"},
        "products": [{"type": "A", "value": "123.45", "qty": "2.5"}] * 3,
    }
)
_TABLE: Final = """
    create unlogged table if not exists calibration (id integer primary key, told jsonb not null);
    truncate calibration
"""
_LOOP: Final = """
    insert into calibration
    select i, jsonb_build_object('type', 'A', 'value', i::numeric / 100, 'text', md5(i::text))
    from generate_series(1, %s) as i
"""
_READ: Final = """
    select count(*) from calibration
    where told ->> 'text' ~ '^[0-9a-f]{32}$' and (told ->> 'value')::numeric > 0
"""


def python_loop_s() -> float:
    """The processor seconds of one loop of Python here."""
    begun_at = time.process_time()
    total = Fraction(0)
    for number in range(_ROUNDS):
        told: dict[str, Any] = json.loads(_TEXT)
        for line in told["products"]:
            if _MONEY.match(line["value"]) is None:
                raise ValueError(line["value"])
            total += Fraction(int(line["value"].replace(".", "")), 100) * number
        json.dumps(told, separators=(",", ":")).encode()
    return time.process_time() - begun_at


def postgres_loop_s(connection: psycopg.Connection[Any]) -> float:
    """The processor seconds of one loop in that session's own process."""
    pid = connection.info.backend_pid
    connection.execute(_TABLE.encode())
    begun_at = _spent_s(pid)
    connection.execute(_LOOP, [_ROWS])
    connection.execute(_READ)
    return _spent_s(pid) - begun_at


def _spent_s(pid: int) -> float:
    """To the nanosecond where the kernel tells it; a session tells of no other."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except OSError:
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
