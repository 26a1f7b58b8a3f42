"""What a page declares of itself, and what the pages of a statement declare together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cashback_core.reconciliation.statement_values import (
    NotRead,
    count,
    earliest_instant,
    latest_instant,
    signed_centavos,
    single,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cashback_core.reconciliation.statement_values import Fields, Value

_T = TypeVar("_T")

_OUTERS: Final = ("", "pagination.", "paging.", "meta.", "links.", "_links.")
_MORE: Final = ("has_more", "hasMore", "more", "has_next", "hasNext")
_NEXTS: Final = (
    "next_page", "nextPage", "next_cursor", "nextCursor", "next_page_token", "nextPageToken",
)  # fmt: skip
_PAGES: Final = (("page", "pages"), ("page", "total_pages"), ("page", "totalPages"))

HEAD_FIELDS: Final = frozenset(
    {"from", "to", "complete_through", "count", "sum", "next"}
    | {
        outer + name
        for outer in _OUTERS
        for name in (*_MORE, *_NEXTS, *(name for pair in _PAGES for name in pair), "next")
    }
)
_LINK_NEXT: Final = re.compile(r'rel\s*=\s*"?[^",;]*\bnext\b', re.IGNORECASE)
MAX_NEXT: Final = 2_048
"""Characters of the text that leads to the next page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHead:
    """A page's declarations, beside what was counted on it.

    `next` leads to the next page; `more` is why there is one that nothing leads to.
    """

    since: datetime | None
    through: datetime | None
    declared_count: int | None
    declared_centavos: int | None
    next: str | None
    more: str | None
    defects: tuple[str, ...]
    lines: int
    centavos: int


def read_head(fields: Fields, *, link: str, lines: int, centavos: int) -> PageHead:
    """What the outer object says; `link` is the Link header, "" for none."""
    defects: list[str] = []

    def read(field: str, reader: Callable[[Value], _T]) -> _T | None:
        value = fields.get(field)
        try:
            return None if value is None else reader(single(value))
        except NotRead as error:
            defects.append(f"{field}: {error}")
            return None

    through, to = read("complete_through", earliest_instant), read("to", earliest_instant)
    leads = read("next", _leads)
    return PageHead(
        since=read("from", latest_instant),
        # What was made only for a window that ends earlier says nothing of what came after it.
        through=min(through, to) if through is not None and to is not None else through,
        declared_count=read("count", count),
        declared_centavos=read("sum", signed_centavos),
        next=leads,
        more=None if leads else _sign_of_more(fields, link),
        defects=tuple(defects),
        lines=lines,
        centavos=centavos,
    )


def total(declared: Sequence[int | None], own: Sequence[int]) -> int | None:
    """One control total over all pages, out of what each declares and what was read on it.

    Some providers give each page its own, others that of the whole, once or on every page: which
    it is, the lines tell. None where it stays open.
    """
    if list(declared) == list(own):
        return sum(own)
    told = [each for each in declared if each is not None]
    if len(set(told)) == 1:
        return told[0]
    return sum(told) if told and len(told) == len(declared) else None


def _leads(value: Value) -> str | None:
    """Where the next page is; None where it is said that there is none."""
    if value is False or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise NotRead("neither an address nor a cursor")
    text = str(value).strip() if not isinstance(value, int) or value < 10**18 else ""
    if not text or len(text) > MAX_NEXT or not text.isprintable():
        raise NotRead("neither an address nor a cursor")
    return text


def _sign_of_more(fields: Fields, link: str) -> str | None:
    """The field that tells of a further page which `next` does not lead to."""
    if _LINK_NEXT.search(link):
        return "the Link header"
    for outer in _OUTERS:
        for name in (*_MORE, *_NEXTS, *(["next"] if outer else [])):
            if fields.get(outer + name) not in {None, False, "", "false", "0"}:
                return outer + name
        for page, pages in _PAGES:
            if _is_before(fields.get(outer + page), fields.get(outer + pages)):
                return outer + pages
    return None


def _is_before(page: Value, pages: Value) -> bool:
    try:
        return pages is not None and (1 if page is None else count(page)) < count(pages)
    except (NotRead, TypeError):
        return True
