"""A file of sales computed by column: how far it came is told, and a broken run leaves nothing."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

from cashback_core import Programme, Rate, SaleRules
from cashback_core.sales.terms import Terms
from cashback_gateway.commands import columns
from cashback_gateway.commands.columns import FileTally
from cashback_gateway.commands.refusals import ActRefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from cashback_core.columns import Calculated

SALES = 400_000
"""More than a batch."""

RATE = Rate(type="A", rate_bp=500, version=1, starts_at=datetime(2020, 1, 1, tzinfo=UTC))
TERMS = Terms(merchant_id=1, rules=SaleRules(), programme=Programme((RATE,)))


class Terminal(io.StringIO):
    """Standard error of somebody who looks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lines.parquet"
    pl.select(
        sale=pl.int_range(SALES),
        sold_at=pl.lit(datetime(2026, 6, 3, tzinfo=UTC)),
        type=pl.lit("A"),
        amount_centavos=pl.lit(1_000),
        total_centavos=pl.lit(1_000),
    ).write_parquet(path)
    return path


@pytest.mark.parametrize("error", [io.StringIO, Terminal])
def test_it_tells_on_the_way_how_far_it_came(
    file: Path, monkeypatch: pytest.MonkeyPatch, error: type[io.StringIO]
) -> None:
    told = error()
    monkeypatch.setattr(sys, "stderr", told)
    monkeypatch.setattr(columns, "_TOLD_EVERY_S", 0.0)
    monkeypatch.setenv("COLUMNS", "200")
    to = file.with_name("earned.parquet")
    tally = columns._compute(TERMS, file, to, "line")
    assert tally.as_told() == {"lines": SALES, "sales": SALES, "faulty": 0, "by_calculate": 0}
    assert "lines of 400,000 sales, 0 with a fault" in told.getvalue()
    assert "100 %" in told.getvalue()
    assert pl.scan_parquet(to).select(pl.col("cashback_centavos").sum()).collect().item() == (
        SALES * 50
    )


def test_a_run_that_breaks_off_leaves_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: FileTally, __: Calculated) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(FileTally, "add", full)
    with pytest.raises(ActRefusedError, match="No space left on device"):
        columns._compute(TERMS, file, file.with_name("earned.csv"), "sale")
    assert [path.name for path in file.parent.iterdir()] == ["lines.parquet"]
    assert capsys.readouterr().err == ""
