"""What whole sales earn, by column: many lines at once over Arrow data, equal to `calculate`.

    import polars as pl
    from cashback_core.columns import Each, SaleColumns

    columns = SaleColumns(programme, rules=rules)
    cashbacks = columns.lazily(pl.scan_parquet("lines.parquet"), each=Each.SALE)
    cashbacks.sink_parquet("cashbacks.parquet")  # larger than memory, if need be

A row is a line of a sale with what its sale tells beside it (`layout`); the lines of a sale stand
together. `rounding` has the arithmetic, `factors` and `allotment` what `calculate` does with one
sale, `batches` the cutting of a stream into whole sales. What passes 64 bits is computed by
`calculate` itself, and counted (`by_calculate`).

Needs polars: `pip install "cashback-core[columns]"`. Nothing else in `cashback_core` imports it.
"""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("polars") is None:
    raise ImportError("cashback_core.columns needs polars: pip install 'cashback-core[columns]'")

from cashback_core.columns.batches import BATCH_LINES
from cashback_core.columns.layout import (
    LINE_COLUMNS,
    SALE_COLUMNS,
    ColumnsRefused,
    Each,
    SaleFault,
)
from cashback_core.columns.rounding import line_amounts, line_cashbacks, rounded
from cashback_core.columns.sale_columns import Calculated, SaleColumns

__all__ = [
    "BATCH_LINES",
    "LINE_COLUMNS",
    "SALE_COLUMNS",
    "Calculated",
    "ColumnsRefused",
    "Each",
    "SaleColumns",
    "SaleFault",
    "line_amounts",
    "line_cashbacks",
    "rounded",
]
