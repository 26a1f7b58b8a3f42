from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters.cashback_client.statements import pagination
from adapters.cashback_client.statements.heads import PageHead, read_head, total
from adapters.cashback_client.statements.invalid_statement import InvalidStatementError
from adapters.cashback_client.statements.pagination import PageTrail
from cashback_core.reconciliation.statement_values import Odd

if TYPE_CHECKING:
    from cashback_core.reconciliation.statement_values import Fields


def head(fields: Fields, link: str = "") -> PageHead:
    return read_head(fields, link=link, lines=0, centavos=0)


def test_a_window_that_ends_earlier_is_complete_no_further() -> None:
    told: Fields = {"complete_through": "2026-01-03T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    assert head(told).through == datetime(2026, 1, 2, tzinfo=UTC)
    assert head({"to": "2026-01-02T00:00:00Z"}).through is None


def test_what_cannot_be_read_of_the_head_is_a_defect_and_what_is_missing_is_none() -> None:
    told: Fields = {"from": 7, "complete_through": Odd.TWICE, "count": "-1", "sum": "1,40"}
    assert head(told).defects == (
        "complete_through: given twice",
        "from: not an instant",
        "count: not a count",
        "sum: not an amount",
    )
    assert head({"from": None}).defects == ()


@pytest.mark.parametrize(
    ("fields", "link", "sign"),
    [
        ({"has_more": True}, "", "has_more"),
        ({"hasMore": "true"}, "", "hasMore"),
        ({"next_cursor": "abc"}, "", "next_cursor"),
        ({"page": 1, "pages": 3}, "", "pages"),
        ({"total_pages": "2"}, "", "total_pages"),
        ({"meta.page": "1", "meta.pages": 2}, "", "meta.pages"),
        ({"links.next": "/x"}, "", "links.next"),
        ({"pagination.next_page": 2}, "", "pagination.next_page"),
        ({}, '</statement?page=2>; rel="next"', "the Link header"),
        ({"page": Odd.NESTED, "pages": 2}, "", "pages"),
        ({"has_more": False, "next_cursor": None, "page": 3, "pages": 3}, "", None),
        ({"next_cursor": ""}, '</statement>; rel="prev"', None),
        ({"links.next": None}, "", None),
    ],
)
def test_every_sign_of_a_further_page_is_seen(fields: Fields, link: str, sign: str | None) -> None:
    assert head(fields, link).more == sign


@pytest.mark.parametrize("value", [True, Odd.NESTED, Odd.TWICE, "a\nb", "x" * 3_000])
def test_a_next_that_leads_nowhere_is_a_defect(value: Any) -> None:
    told = head({"next": value})
    assert told.next is None
    assert told.defects


@pytest.mark.parametrize(
    ("declared", "own", "together"),
    [
        ([3], [3], 3),
        ([4], [3], 4),
        ([None], [3], None),
        ([2, 1], [2, 1], 3),  # each page its own
        ([3, 3], [2, 1], 3),  # the whole on every page
        ([3, None], [2, 1], 3),  # the whole once
        ([2, 2], [2, 2], 4),
        ([2, 3], [2, 1], 5),
        ([2, None, 3], [2, 1, 1], None),
        ([0, 0], [0, 0], 0),
    ],
)
def test_control_totals_of_pages(
    declared: list[int | None], own: list[int], together: int | None
) -> None:
    assert total(declared, own) == together


FIRST = httpx.URL("https://provider.example/base/statement?from=2026-01-01T00:00:00Z")


def page(following: str | None) -> PageHead:
    return head({"next": following})


@pytest.mark.parametrize(
    ("leads", "to"),
    [
        ("2", f"{FIRST}&cursor=2"),
        ("a b&c", f"{FIRST}&cursor=a+b%26c"),
        ("?page=2", "https://provider.example/base/statement?page=2"),
        ("/statement?page=2#x", "https://provider.example/statement?page=2"),
        ("https://provider.example:443/s", "https://provider.example/s"),
    ],
)
def test_next_is_an_address_or_a_cursor(leads: str, to: str) -> None:
    found = PageTrail(FIRST).after(FIRST, page(leads))
    assert found is not None
    assert pagination._place(found) == pagination._place(httpx.URL(to))
    assert "#" not in str(found)


@pytest.mark.parametrize(
    "leads",
    [
        "http://provider.example/s", "https://elsewhere.example/s", "//elsewhere.example/s",
        "https://provider.example:8443/s", "https://user:word@provider.example/s",
        "https://provider.example@elsewhere.example/", "?from=2026-01-01T00%3A00:00Z",
         "/base/statement?from=2026-01-01T00:00:00Z",
        "http://[", "https://provider.example:99999999/",
    ],
)  # fmt: skip
def test_no_other_origin_and_no_circle_is_followed(leads: str) -> None:
    with pytest.raises(InvalidStatementError):
        PageTrail(FIRST).after(FIRST, page(leads))


def test_pages_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "MAX_PAGES", 3)
    trail = PageTrail(FIRST)
    assert trail.after(FIRST, page("1"))
    assert trail.after(FIRST, page("2"))
    with pytest.raises(InvalidStatementError, match="more than 3 pages"):
        trail.after(FIRST, page("3"))
    assert PageTrail(FIRST).after(FIRST, page(None)) is None
