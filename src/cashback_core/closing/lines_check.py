"""A day's lines held to its close: every figure is made anew of them, and so is the hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import NotCanonical
from cashback_core.closing.day import DoesNotAddUp
from cashback_core.closing.day_under_way import DayUnderWay
from cashback_core.closing.lines import MAX_LINE_BYTES, read_head, read_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cashback_core.closing.close import Close
    from cashback_core.closing.day import Day
    from cashback_core.closing.lines import DayLine

_FIGURES: Final = ("liability", "statuses", "types", "stores", "late", "lines")


class OtherLines(ValueError):  # noqa: N818 (named by what is wrong)
    """These are not the lines that the close was made of: `code`, as `lines.<code>`, and where."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code, values)
        self.code = code
        self.values: Mapping[str, str] = values


def check_lines(
    read: Callable[[int], bytes], close: Close, seen: Callable[[DayLine], None] | None = None
) -> None:
    """Read a file of lines by `read` (a binary file's `readline`), in constant memory.

    `seen` is told every line. Raises OtherLines where the close was not made of them.
    """
    told, span = close.of_merchant, close.span
    if told is None:
        raise OtherLines("of_the_account")
    number = 1
    try:
        head = read_head(read(MAX_LINE_BYTES + 1))
        if (head.owner, head.number, head.day) != (close.owner, close.number, span.day):
            raise OtherLines("of_another_day")
        day = DayUnderWay(head, begins_at=span.begins_at, ends_at=span.ends_at)
        while data := read(MAX_LINE_BYTES + 1):
            number += 1
            line = read_line(data)
            day.take(line, data)
            if seen is not None:
                seen(line)
    except NotCanonical as error:
        raise OtherLines("form", line=str(number)) from error
    except DoesNotAddUp as error:
        raise OtherLines("line", line=str(number)) from error
    _compare(day, told)


def _compare(day: DayUnderWay, told: Day) -> None:
    opening = {row.status: row.opening for row in told.statuses if row.opening}
    try:
        made = day.done(opening)
    except ValueError as error:
        raise OtherLines("beyond") from error
    other = [name for name in _FIGURES if getattr(made, name) != getattr(told, name)]
    if other == ["lines"] and made.lines.count == told.lines.count:
        raise OtherLines("hash")
    if other:
        raise OtherLines("figures", figures=", ".join(other))
