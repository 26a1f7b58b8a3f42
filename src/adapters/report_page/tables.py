"""The tables of the page: rows of figures with their total, and small ones of few columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.report_page.markup import Markup, joined, tag, text
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.report_page.notation import Notation
    from cashback_core.figures.figures import Measures
    from cashback_core.words.locales import Language

MAX_ROWS: Final = 1_000
"""As many rows has a table at most; the CSV has all."""

_COLUMNS: Final = ("sales", "sold", "accrued", "paid", "cancelled", "adjusted", "rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Tables in one language."""

    language: Language
    notation: Notation

    def figures(
        self,
        headings: Sequence[str],
        rows: Sequence[tuple[Sequence[str], Measures]],
        total: Measures,
    ) -> Markup:
        """A row for each key, with what was counted; the total at its end."""
        width = max(1, len(headings))
        head = [*map(_name_heading, headings or ("",))]
        head += [_heading(phrase(self.language, f"report.{name}")) for name in _COLUMNS]
        body = [
            tag("tr", *map(_name, keys or ("",)), *map(_value, self._measured(measures)))
            for keys, measures in rows[:MAX_ROWS]
        ]
        whole = tag("th", text(self._say("whole")), scope="row", colspan=width, class_="name")
        foot = tag("tr", whole, *map(_value, self._measured(total)))
        left = len(rows) - MAX_ROWS
        more = (
            [tag("p", text(self._say("more_rows", self.notation.count(left))), class_="note")]
            if left > 0
            else []
        )
        return joined(_table(head, body, foot), *more)

    def small(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
        """A name, and what is told of it."""
        head = [_name_heading(headings[0]), *map(_heading, headings[1:])]
        body = [tag("tr", _name(row[0]), *map(_value, row[1:])) for row in rows]
        return _table(head, body, None)

    def _measured(self, measures: Measures) -> list[str]:
        written = self.notation
        return [
            written.count(measures.sales),
            written.amount(measures.total_centavos),
            written.amount(measures.accrued_centavos),
            written.amount(measures.paid_centavos),
            written.amount(measures.cancelled_centavos),
            written.amount(measures.adjusted_centavos),
            written.percent(measures.effective_rate),
        ]

    def _say(self, name: str, count: str = "") -> str:
        return phrase(self.language, f"report.{name}").format(count=count)


def _table(head: Sequence[Markup], body: Sequence[Markup], foot: Markup | None) -> Markup:
    parts = [tag("thead", tag("tr", *head)), tag("tbody", *body)]
    if foot is not None:
        parts.append(tag("tfoot", foot))
    return tag("div", tag("table", *parts), class_="scroll")


def _heading(words: str) -> Markup:
    return tag("th", text(words), scope="col")


def _name_heading(words: str) -> Markup:
    return tag("th", text(words), scope="col", class_="name")


def _name(words: str) -> Markup:
    return tag("td", text(words), class_="name")


def _value(words: str) -> Markup:
    return tag("td", text(words))
