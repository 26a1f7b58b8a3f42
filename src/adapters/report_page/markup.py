"""Pieces of HTML and SVG: texts are escaped here, and nowhere else is a mark made of one."""

from __future__ import annotations

from html import escape
from typing import Final, NewType

UNBROKEN: Final = "\u00a0"
"""A space at which no line is broken."""

Markup = NewType("Markup", str)
"""What may stand in a document as it is."""


def text(words: str) -> Markup:
    """A text, with what could be a mark escaped, and what a document may not hold left out."""
    shown = (c if c.isprintable() or c == UNBROKEN else "\ufffd" for c in words)
    return Markup(escape("".join(shown)))


def tag(name: str, *inner: Markup, **attributes: str | float | None) -> Markup:
    """An element. Attributes of None are left out; `class_` is `class`, `_` is `-`."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{told}>{''.join(inner)}</{name}>")


def joined(*parts: Markup) -> Markup:
    """One after the other."""
    return Markup("".join(parts))


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
