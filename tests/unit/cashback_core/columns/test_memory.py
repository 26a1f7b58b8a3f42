"""A stream of sales takes as much memory as its batches do, however long it is."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl
import pytest

import cashback_core

SRC: Final = Path(cashback_core.__file__).parents[1]
ROWS: Final = 500_000
_PROGRAM: Final = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
import polars as pl
from cashback_core import Programme, Rate
from cashback_core.columns import SaleColumns

path, times = sys.argv[1], int(sys.argv[2])
rate = Rate(type="A", rate_bp=500, version=1, starts_at=datetime(2020, 1, 1, tzinfo=UTC))
most = 0

def look(batch):
    global most
    told = Path("/proc/self/status").read_text()
    most = max(most, int(re.search(r"RssAnon:\\s+([0-9]+)", told)[1]))

lines = pl.scan_parquet([path] * times)
answer = SaleColumns(Programme((rate,))).lazily(lines, batch_lines=50_000, on_batch=look)
answer.sink_parquet(path + ".out")
print(most // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory is taken")
def test_memory_does_not_grow_with_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    pl.select(
        sale=pl.int_range(ROWS) // 4,
        sold_at=pl.lit(datetime(2026, 6, 3, tzinfo=UTC)),
        type=pl.lit("A"),
        amount_centavos=pl.int_range(ROWS) % 4 * 1_000,
        total_centavos=pl.lit(6_000),
    ).write_parquet(path, row_group_size=50_000)
    short_mib, long_mib = (
        int(
            subprocess.run(
                [sys.executable, "-c", _PROGRAM, str(path), str(times)],
                capture_output=True,
                text=True,
                check=True,
                env={"PYTHONPATH": str(SRC)},
            ).stdout
        )
        for times in (2, 10)
    )
    answer_mib = 10 * ROWS * 14 * 8 / 2**20
    assert long_mib - short_mib < answer_mib / 4, "118 and 158 MiB of 534 were measured"
