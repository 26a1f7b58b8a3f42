"""What a day on three sides adds up to: in rows and centavos, all classes, any parts of it."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, Final, Self

from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.three_sides import Compared, ErpClass


@dataclass(slots=True)
class SideTotals:
    """All three sides of one class, in rows and centavos.

    What a line does not tell, or nobody can read, counts 0 centavos. Of the provider's side
    reversals are negative.
    """

    lines: int = 0
    line_centavos: int = 0
    line_cashback_centavos: int = 0
    records: int = 0
    record_centavos: int = 0
    record_cashback_centavos: int = 0
    credits: int = 0
    credit_centavos: int = 0

    def add(self, other: SideTotals) -> None:
        """Count another part of the same class."""
        for each in _TOTALLED:
            setattr(self, each, getattr(self, each) + getattr(other, each))

    def less(self, other: SideTotals) -> SideTotals:
        """What is left without a part."""
        return SideTotals(
            **{each: getattr(self, each) - getattr(other, each) for each in _TOTALLED}
        )

    @classmethod
    def of(cls, compared: Compared) -> Self:
        """What one finding counts."""
        line, record = compared.line, compared.record
        made = cls()
        if line is not None:
            made.lines = 1
            made.line_centavos = line.total_centavos or 0
            made.line_cashback_centavos = line.cashback_centavos or 0
        if record is not None:
            made.records = 1
            made.record_centavos = record.total_centavos
            made.record_cashback_centavos = record.cashback_centavos
            if record.provider is not None:
                made.credits = record.provider.lines
                made.credit_centavos = record.provider.centavos
        return made


_TOTALLED: Final = tuple(each.name for each in fields(SideTotals))

CellKey = tuple[ErpClass, FindingClass | None]
"""A class of the ERP's side and one of the provider's; None: that side tells nothing of it."""


@dataclass(slots=True)
class ThreeTotals:
    """What all findings add up to: the ERP's class by the provider's."""

    cells: dict[CellKey, SideTotals] = field(default_factory=dict[CellKey, SideTotals])

    def add(self, compared: Compared) -> None:
        """Count one finding."""
        record = compared.record
        provider = None if record is None or record.provider is None else record.provider.cls
        self.add_to((compared.cls, provider), SideTotals.of(compared))

    def add_to(self, key: CellKey, counted: SideTotals) -> None:
        """Count what was counted already."""
        self.cells.setdefault(key, SideTotals()).add(counted)

    def add_all(self, other: ThreeTotals) -> None:
        """Count another part."""
        for key, counted in other.cells.items():
            self.add_to(key, counted)

    def by_class(self) -> Mapping[ErpClass, SideTotals]:
        """The ERP's side alone, every class."""
        return {cls: _sum(self.cells, partial(_of_erp, cls)) for cls in ErpClass}

    def by_provider(self) -> Mapping[FindingClass | None, SideTotals]:
        """The provider's side, those that have anything."""
        found = dict.fromkeys(key[1] for key in self.cells)
        return {cls: _sum(self.cells, partial(_of_provider, cls)) for cls in found}

    def whole(self) -> SideTotals:
        """All of it."""
        return _sum(self.cells, lambda _: True)


def _of_erp(cls: ErpClass, key: CellKey) -> bool:
    return key[0] is cls


def _of_provider(cls: FindingClass | None, key: CellKey) -> bool:
    return key[1] is cls


def _sum(cells: Mapping[CellKey, SideTotals], wanted: Callable[[CellKey], bool]) -> SideTotals:
    total = SideTotals()
    for key, counted in cells.items():
        if wanted(key):
            total.add(counted)
    return total


def cells_of(totals: ThreeTotals) -> list[dict[str, str | int | None]]:
    """The cells as JSON keeps them, in their order."""
    order = [*ErpClass]
    cells = sorted(
        totals.cells.items(), key=lambda cell: (order.index(cell[0][0]), cell[0][1] or "")
    )
    return [
        {"erp": erp, "provider": provider, **{each: getattr(sums, each) for each in _TOTALLED}}
        for (erp, provider), sums in cells
    ]


def totals_of_cells(cells: Iterable[Mapping[str, Any]]) -> ThreeTotals:
    """What `cells_of` wrote."""
    totals = ThreeTotals()
    for cell in cells:
        provider = None if cell["provider"] is None else FindingClass(cell["provider"])
        sums = SideTotals(**{each: int(cell[each]) for each in _TOTALLED})
        totals.add_to((ErpClass(cell["erp"]), provider), sums)
    return totals


def totals_of(found: Iterable[Compared]) -> ThreeTotals:
    """What these findings add up to."""
    totals = ThreeTotals()
    for one in found:
        totals.add(one)
    return totals
