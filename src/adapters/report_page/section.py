"""A section of the page: one answer's figures, drawn and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from adapters.report_page.charts import Series, bars, legend, over_time
from adapters.report_page.markup import Markup, tag, text
from adapters.report_page.tables import Tables
from cashback_core.figures.figures import Dimension, Measures
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adapters.report_page.notation import Notation
    from cashback_core.figures.figures import Figures, FiguresQuestion
    from cashback_core.words.locales import Language

_OVER_TIME: Final = (Dimension.DAY, Dimension.MONTH, Dimension.HOUR)
_BARS: Final = 12
"""As many names are drawn; the rest is one bar."""
_HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Draws figures in one language."""

    language: Language
    notation: Notation

    def __call__(self, figures: Figures) -> Markup:
        """Heading, chart and table; one sentence where nothing was counted."""
        by = figures.question.by
        heading = self._heading(by)
        parts = [tag("h2", text(heading))]
        if not figures.rows:
            parts.append(tag("p", text(self._say("nothing")), class_="note"))
            return tag("section", *parts)
        in_time = next((one for one in _OVER_TIME if one in by), None)
        if in_time is not None:
            parts.append(self._over_time(heading, figures, in_time))
        elif by:
            parts.append(self._bars(heading, figures))
        tables = Tables(language=self.language, notation=self.notation)
        rows = [(self._names(by, row.keys), row.measures) for row in figures.rows]
        headings = [self._say(f"dimension.{one}") for one in by]
        parts.append(tables.figures(headings, rows, figures.total))
        return tag("section", *parts)

    def name(self, dimension: Dimension, key: str) -> str:
        """A key as a reader knows it."""
        if not key:
            return self._say("not_told")
        if dimension is Dimension.STATUS:
            return self._say(f"status.{key}")
        if dimension is Dimension.DAY:
            return self.notation.day(date.fromisoformat(key))
        return f"{key}:00" if dimension is Dimension.HOUR else key

    def _over_time(self, heading: str, figures: Figures, dimension: Dimension) -> Markup:
        place = figures.question.by.index(dimension)
        sums: dict[str, Measures] = {}
        for row in figures.rows:
            key = row.keys[place]
            sums[key] = sums.get(key, Measures()) + row.measures
        # What nothing happened in has its place, too.
        keys = sorted({*sums, *_every(dimension, figures.question)})
        found = [sums.get(key, Measures()) for key in keys]
        series = self._series(found)
        chart = over_time(
            [self._short(dimension, key) for key in keys],
            series,
            told=self.notation.money,
            axis=self.notation.reais,
            summary=self._say("chart").format(what=heading),
        )
        return tag("figure", tag("figcaption", legend(series, places=len(keys))), chart)

    def _bars(self, heading: str, figures: Figures) -> Markup:
        rows = sorted(figures.rows, key=lambda row: -row.measures.accrued_centavos)
        drawn = rows if len(rows) <= _BARS else rows[: _BARS - 1]
        labels = [" \u00b7 ".join(self._names(figures.question.by, row.keys)) for row in drawn]
        found = [row.measures for row in drawn]
        rest = rows[len(drawn) :]
        if rest:
            labels.append(self._say("others").format(count=self.notation.count(len(rest))))
            found.append(sum((row.measures for row in rest), Measures()))
        series = self._series(found)
        summary = self._say("chart").format(what=heading)
        chart = bars(labels, series, told=self.notation.money, summary=summary)
        return tag("figure", tag("figcaption", legend(series, places=len(labels))), chart)

    def _series(self, found: Sequence[Measures]) -> tuple[Series, Series]:
        accrued = [one.accrued_centavos for one in found]
        paid = [one.paid_centavos for one in found]
        return (
            Series(name=self._say("accrued"), look="first", values=accrued),
            Series(name=self._say("paid"), look="second", values=paid),
        )

    def _heading(self, by: Sequence[Dimension]) -> str:
        if not by:
            return self._say("by.none")
        words = self._say(f"by.{by[0]}")
        for one in by[1:]:
            further = self._say(f"by.{one}")
            words = self._say("and").format(first=words, second=further[0].lower() + further[1:])
        return words

    def _names(self, by: Sequence[Dimension], keys: Sequence[str]) -> list[str]:
        return [self.name(one, key) for one, key in zip(by, keys, strict=True)]

    def _short(self, dimension: Dimension, key: str) -> str:
        """Below a column: a day without its year."""
        if dimension is Dimension.DAY and key:
            return self.notation.short_day(date.fromisoformat(key))
        return key or self._say("not_told")

    def _say(self, name: str) -> str:
        return phrase(self.language, f"report.{name}")


def _every(dimension: Dimension, question: FiguresQuestion) -> Iterable[str]:
    """Every key over time that the range has."""
    if dimension is Dimension.HOUR:
        return [f"{hour:02}" for hour in range(_HOURS)]
    count = (question.through - question.since).days + 1
    days = [(question.since + timedelta(days=ahead)).isoformat() for ahead in range(count)]
    return days if dimension is Dimension.DAY else [day[:7] for day in days]
