"""What finance and the worker ask of files, runs, differences, cases and the provider's ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from cashback_core.figures.figures import FiguresQuestion
from cashback_core.operators.case_store import EVERY_UNRESOLVED, DifferenceFilter
from volume.house import MERCHANT, House

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date
    from uuid import UUID

PAGE: Final = 50
_FOR_EVER: Final = timedelta(days=36_500)


def _day(house: House) -> date:
    """One of some days ago, of which every past has as much."""
    return (house.newest_at - timedelta(days=5)).astimezone(ZoneInfo("America/Sao_Paulo")).date()


async def _files(house: House, merchant_id: int | None) -> list[UUID]:
    found = await house.files.files(merchant_id, limit=PAGE, after=None)
    return [file.id for file in found.items]


async def _problems(house: House) -> int:
    (first, *_) = await _files(house, MERCHANT)
    return len(await house.files.problems(MERCHANT, first, limit=PAGE, after=0))


async def _statement_lines(house: House) -> int:
    (first, *_) = await _files(house, None)
    return len(await house.files.statement_lines(first, limit=PAGE, after=0))


async def _runs(house: House, day: date | None) -> int:
    return len(await house.three_sides.runs(MERCHANT, day=day, limit=PAGE, after=None))


async def _differences(house: House, **wanted: Any) -> int:
    asked = DifferenceFilter(**wanted)
    found = await house.cases.differences(MERCHANT, asked, limit=PAGE, after=None)
    return len(found.items)


async def _cases(house: House) -> int:
    found = await house.cases.cases(MERCHANT, EVERY_UNRESOLVED, limit=PAGE, after=None)
    return len(found.items)


async def _figures(house: House) -> int:
    asked = FiguresQuestion(since=_day(house), through=_day(house))
    return len((await house.figures.figures(MERCHANT, asked)).rows)


FOUND_READS: Final[dict[str, Callable[[House], Awaitable[Any]]]] = {
    "files: days": lambda house: _files(house, MERCHANT),
    "files: statements": lambda house: _files(house, None),
    "file: which counts": lambda house: house.files.counting_on(MERCHANT, _day(house)),
    "file: unreadable lines": _problems,
    "file: a statement's lines": _statement_lines,
    "runs": lambda house: _runs(house, None),
    "runs: a day": lambda house: _runs(house, _day(house)),
    "differences": _differences,
    "differences: a day": lambda house: _differences(house, day=_day(house), standing_only=False),
    "cases": _cases,
    "cases: who has them": lambda house: house.cases.loads(MERCHANT, EVERY_UNRESOLVED),
    "provider's ledger": lambda house: house.ledger.state(MERCHANT),
    "figures: a day": _figures,
}

FOUND_WRITES: Final[dict[str, Callable[[House], Awaitable[Any]]]] = {
    "retention: files": lambda house: house.files.clear(older_than=_FOR_EVER, limit=100),
    "retention: what was found": lambda house: house.past.clear(older_than=_FOR_EVER, limit=100),
}
"""So long is nothing kept that anything would go."""
