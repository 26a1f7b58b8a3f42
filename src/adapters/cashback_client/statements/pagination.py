"""From one page to the next: on the provider's own origin, never in a circle, not for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

from adapters.cashback_client.statements.invalid_statement import InvalidStatementError

if TYPE_CHECKING:
    from adapters.cashback_client.statements.heads import PageHead

MAX_PAGES: Final = 10_000

_ADDRESSES: Final = ("/", "?", "http://", "https://")


class PageTrail:
    """The addresses that were asked for one statement."""

    def __init__(self, first: httpx.URL) -> None:
        self._first = first
        self._asked = {_place(first)}

    def after(self, url: httpx.URL, page: PageHead) -> httpx.URL | None:
        """Where the next page is, None after the last one.

        Raises InvalidStatementError for no way that is gone. `next` is an address, relative to the
        page's own, or a cursor: the first page's address is asked again with `cursor` added.
        """
        if page.next is None:
            if page.more is not None:
                raise InvalidStatementError(f"{page.more} tells of it, and no next leads there")
            return None
        try:
            if page.next.startswith(_ADDRESSES):
                found = url.join(page.next).copy_with(fragment=None)
            else:
                found = self._first.copy_set_param("cursor", page.next)
        except (httpx.InvalidURL, ValueError):
            raise InvalidStatementError("next is no address") from None
        self._check(found)
        self._asked.add(_place(found))
        return found

    def _check(self, found: httpx.URL) -> None:
        if _origin(found) != _origin(self._first) or found.userinfo:
            raise InvalidStatementError("next leads to another origin")
        if _place(found) in self._asked:
            raise InvalidStatementError("next leads back to a page that was read")
        if len(self._asked) >= MAX_PAGES:
            raise InvalidStatementError(f"there are more than {MAX_PAGES} pages")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def _place(found: httpx.URL) -> tuple[object, ...]:
    """An address without its spelling: %3A is a colon, and 443 goes without saying."""
    return *_origin(found), found.path, tuple(found.params.multi_items())
