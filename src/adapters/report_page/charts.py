"""Charts as SVG: columns over time, bars by name. Two series differ by pattern, not by colour alone.

Colours are the page's (its classes), so that a chart is legible in the light, in the dark and on
paper. Values are centavos, none below zero is drawn. What a bar says exactly is its title.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.report_page.markup import Markup, joined, tag, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH: Final = 760
"""Of every chart, in units of its own; it is as wide as its place."""

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
_MAX_NAME_CHARS: Final = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one kind; `look` is a class of the page: `first` (filled) or `second` (hatched)."""

    name: str
    look: str
    values: Sequence[int]


def columns(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    told: Callable[[int], str],
    axis: Callable[[int], str],
    summary: str,
) -> Markup:
    """Columns side by side for each label, over an axis that begins at zero."""
    step, top = _scale(max((v for one in series for v in one.values), default=0))
    room = _HEIGHT - _TOP - _BOTTOM

    def y(value: int) -> float:
        return _TOP + room * (1 - max(0, value) / top)

    ticks = [_tick(y(value), axis(value)) for value in range(0, top + 1, step)]
    each = (WIDTH - _LEFT) / max(1, len(labels))
    width = each * (0.8 if len(labels) <= _LABELS * 3 else 1) / max(1, len(series))
    bars: list[Markup] = []
    for place, label in enumerate(labels):
        start = _LEFT + each * place + (each - width * len(series)) / 2
        for number, one in enumerate(series):
            value = one.values[place]
            title = tag("title", text(f"{label}: {one.name} {told(value)}"))
            left, height = start + width * number, y(0) - y(value)
            if height > 0:
                bars.append(
                    tag(
                        "rect",
                        title,
                        class_=one.look,
                        x=left,
                        y=y(value),
                        width=width,
                        height=height,
                    )
                )
    every = -(-len(labels) // _LABELS) or 1
    below = [
        tag(
            "text",
            text(label),
            x=_LEFT + each * (place + 0.5),
            y=_HEIGHT - 8,
            text_anchor="middle",
        )
        for place, label in enumerate(labels)
        if place % every == 0
    ]
    return _svg(_HEIGHT, summary, *ticks, *bars, *below)


def bars(
    labels: Sequence[str], series: Sequence[Series], *, told: Callable[[int], str], summary: str
) -> Markup:
    """Bars below one another, with the name on the left and the value behind each."""
    most = max((v for one in series for v in one.values), default=0) or 1
    each = _BAR * len(series) + 9
    room = WIDTH - _NAME - _VALUE
    drawn: list[Markup] = []
    for place, label in enumerate(labels):
        top = each * place + 4
        drawn.append(
            tag(
                "text",
                tag("title", text(label)),
                text(_short(label)),
                x=_NAME - 8,
                y=top + (each - 9) / 2 + 4,
                text_anchor="end",
            )
        )
        for number, one in enumerate(series):
            value = one.values[place]
            length, y = room * max(0, value) / most, top + _BAR * number
            title = tag("title", text(f"{label}: {one.name} {told(value)}"))
            if length > 0:
                drawn.append(
                    tag("rect", title, class_=one.look, x=_NAME, y=y, width=length, height=_BAR - 2)
                )
            drawn.append(
                tag("text", text(told(value)), class_="value", x=_NAME + length + 6, y=y + 10.5)
            )
    return _svg(each * len(labels) + 4, summary, *drawn)


def legend(series: Sequence[Series]) -> Markup:
    """What the patterns mean, as a line of HTML."""
    swatch = 12
    return joined(
        *(
            tag(
                "span",
                tag(
                    "svg",
                    tag("rect", class_=one.look, x=0.5, y=0.5, width=swatch - 1, height=swatch - 1),
                    width=swatch,
                    height=swatch,
                    viewBox=f"0 0 {swatch} {swatch}",
                    aria_hidden="true",
                ),
                text(one.name),
                class_="key",
            )
            for one in series
        )
    )


def patterns() -> Markup:
    """The hatching that every chart of the page refers to; it takes no room."""
    lines = tag("path", d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", class_="hatching")
    ground = tag("rect", width=6, height=6, class_="ground")
    pattern = tag(
        "pattern", ground, lines, id="hatch", width=6, height=6, patternUnits="userSpaceOnUse"
    )
    return tag("svg", tag("defs", pattern), width=0, height=0, aria_hidden="true", class_="defs")


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
    return tag(
        "svg",
        tag("title", text(summary)),
        *inner,
        viewBox=f"0 0 {WIDTH} {height:g}",
        role="img",
        class_="chart",
    )
