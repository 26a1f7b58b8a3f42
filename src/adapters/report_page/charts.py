"""Charts as SVG: columns or lines over time, bars by name.

Two series differ by form (filled and hollow, whole and broken), never by colour alone, and the
colours are the page's, by class: so a chart is legible in the light, in the dark, and printed in
black. Nothing is a pattern, which a PDF would hold as a picture. Values are centavos; what is below
zero is drawn as none. What a bar says exactly is its title.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.report_page.markup import Markup, joined, tag, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH: Final = 760
"""Of every chart, in units of its own; it is as wide as its place."""

MAX_COLUMNS: Final = 93
"""More than these, a quarter by day, are drawn as lines."""

_HEIGHT: Final = 230
_LEFT: Final = 76
_TOP: Final = 12
_BOTTOM: Final = 26
_LABELS: Final = 14
"""As many stand below columns; of more every second, third, ..."""
_TICKS: Final = 5
_BAR: Final = 15
_NAME: Final = 190
_VALUE: Final = 120
_MAX_NAME_CHARS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one kind; `look` is a class of the page, `first` or `second`."""

    name: str
    look: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """Where a value and a place in time are; the axis ends at `top`, and has a tick each `step`."""

    places: int
    step: int
    top: int

    @property
    def each(self) -> float:
        return (WIDTH - _LEFT) / max(1, self.places)

    def y(self, value: int) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - max(0, value) / self.top)

    def middle(self, place: int) -> float:
        return _LEFT + self.each * (place + 0.5)


def over_time(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    told: Callable[[int], str],
    axis: Callable[[int], str],
    summary: str,
) -> Markup:
    """Columns side by side for each label, or lines of many, over an axis that begins at zero."""
    step, top = _scale(max((v for one in series for v in one.values), default=0))
    plot = _Plot(places=len(labels), step=step, top=top)
    ticks = [_tick(plot.y(value), axis(value)) for value in range(0, top + 1, step)]
    if len(labels) > MAX_COLUMNS:
        drawn = [_line(plot, one) for one in series]
    else:
        drawn = _columns(plot, labels, series, told)
    every = -(-len(labels) // _LABELS) or 1
    below = [
        tag("text", text(label), x=plot.middle(place), y=_HEIGHT - 8, text_anchor="middle")
        for place, label in enumerate(labels)
        if place % every == 0
    ]
    return _svg(_HEIGHT, summary, *ticks, *drawn, *below)


def bars(
    labels: Sequence[str], series: Sequence[Series], *, told: Callable[[int], str], summary: str
) -> Markup:
    """Bars below one another, with the name on the left and the value behind each."""
    most = max((v for one in series for v in one.values), default=0) or 1
    each = _BAR * len(series) + 9
    drawn: list[Markup] = []
    for place, label in enumerate(labels):
        top = each * place + 4
        whole, y = tag("title", text(label)), top + (each - 9) / 2 + 4
        drawn.append(tag("text", whole, text(_short(label)), x=_NAME - 8, y=y, text_anchor="end"))
        for number, one in enumerate(series):
            value, words = one.values[place], told(one.values[place])
            length, y = (WIDTH - _NAME - _VALUE) * max(0, value) / most, top + _BAR * number
            title = tag("title", text(f"{label}: {one.name} {words}"))
            place_ = {"x": _NAME, "y": y, "width": length, "height": _BAR - 3}
            if length > 0:
                drawn.append(tag("rect", title, class_=one.look, **place_))
            drawn.append(tag("text", text(words), class_="value", x=_NAME + length + 6, y=y + 10))
    return _svg(each * len(labels) + 4, summary, *drawn)


def legend(series: Sequence[Series], *, places: int) -> Markup:
    """What the forms of a chart of so many places mean, as a line of HTML."""
    size = 12
    return joined(
        *(
            tag(
                "span",
                tag(
                    "svg",
                    tag("line", class_=f"line {one.look}", x1=0, x2=size * 2, y1=6, y2=6)
                    if places > MAX_COLUMNS
                    else tag("rect", class_=one.look, x=1, y=1, width=size - 2, height=size - 2),
                    width=size * 2 if places > MAX_COLUMNS else size,
                    height=size,
                    aria_hidden="true",
                ),
                text(one.name),
                class_="key",
            )
            for one in series
        )
    )


def _columns(
    plot: _Plot, labels: Sequence[str], series: Sequence[Series], told: Callable[[int], str]
) -> list[Markup]:
    width = plot.each * 0.8 / max(1, len(series))
    drawn: list[Markup] = []
    for place, label in enumerate(labels):
        start = plot.middle(place) - width * len(series) / 2
        for number, one in enumerate(series):
            value = one.values[place]
            top, height = plot.y(value), plot.y(0) - plot.y(value)
            title = tag("title", text(f"{label}: {one.name} {told(value)}"))
            place_ = {"x": start + width * number + 0.5, "y": top, "width": width - 1}
            if height > 0:
                drawn.append(tag("rect", title, class_=one.look, height=height, **place_))
    return drawn


def _line(plot: _Plot, one: Series) -> Markup:
    points = " ".join(
        f"{plot.middle(place):.1f},{plot.y(value):.1f}" for place, value in enumerate(one.values)
    )
    return tag("polyline", tag("title", text(one.name)), class_=f"line {one.look}", points=points)


def _scale(most: int) -> tuple[int, int]:
    """A step of 1, 2 or 5 times a power of ten, and the axis's end, a multiple of it."""
    step = 1
    while most > step * _TICKS:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step, step * max(1, -(-most // step))


def _tick(y: float, label: str) -> Markup:
    return joined(
        tag("line", class_="grid", x1=_LEFT, x2=WIDTH, y1=y, y2=y),
        tag("text", text(label), x=_LEFT - 8, y=y + 4, text_anchor="end"),
    )


def _short(name: str) -> str:
    return name if len(name) <= _MAX_NAME_CHARS else f"{name[: _MAX_NAME_CHARS - 1]}\u2026"


def _svg(height: float, summary: str, *inner: Markup) -> Markup:
    box = f"0 0 {WIDTH} {height:g}"
    title = tag("title", text(summary))
    return tag("svg", title, *inner, viewBox=box, role="img", class_="chart")
