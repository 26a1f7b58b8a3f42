"""How the text of an option or argument becomes its value, or why it cannot."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from cyclopts import Token


def read_by(read: Callable[[str], object], help: str = "", **more: Any) -> Parameter:  # noqa: A002
    """A parameter whose text a function reads; its ValueError says why it cannot."""

    def convert(_: type, tokens: Sequence[Token]) -> object:
        token = tokens[0]
        try:
            return read(token.value)
        except ValueError as error:
            if token.keyword is not None:  # the library names it
                raise
            raise ValueError(f"{token.value!r}: {error}") from error

    return Parameter(converter=convert, n_tokens=1, help=help, **more)


def read_text(text: str) -> str:
    """A text to look for. Raises ValueError."""
    if not text.strip():
        raise ValueError("an empty text")
    return text


def read_day(text: str) -> date:
    """A day such as 2026-01-31. Raises ValueError."""
    from cashback_core.values import days  # not for whoever asks for help

    day = days.read_day(text)
    if day is None:
        raise ValueError("no day such as 2026-01-31")
    return day


def read_path(text: str) -> Path:
    """A file or folder: an empty text would be the present one. Raises ValueError."""
    return Path(read_text(text))


def whole(text: str, lowest: int = 0, highest: int = 999_999_999) -> int:
    """A whole number in a range."""
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not lowest <= int(text) <= highest:
        raise ValueError(f"not a whole number, {lowest} to {highest}")
    return int(text)


def whole_from(lowest: int, highest: int, help: str = "") -> Parameter:  # noqa: A002
    """A parameter that is a whole number."""
    return read_by(partial(whole, lowest=lowest, highest=highest), help)


def matching(pattern: re.Pattern[str], wanted: str, help: str = "") -> Parameter:  # noqa: A002
    """A parameter that has a form."""

    def read(text: str) -> str:
        if pattern.match(text) is None:
            raise ValueError(f"expected {wanted}")
        return text

    return read_by(read, help)
