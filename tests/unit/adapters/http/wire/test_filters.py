"""What a filter's schema refuses is refused, an empty text included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from adapters.http.finance.cases import CASE_FILTERS, DIFFERENCE_FILTERS
from adapters.http.finance.figures_query import BALANCE_FILTERS, FIGURES_FILTERS
from adapters.http.finance.file_queries import DAY_FILE, STATEMENT_FILE
from adapters.http.finance.reconciliations import RUN_FILTERS
from adapters.http.sales.lists import EQUAL_FILTERS, INCIDENT_FILTERS, OPEN_FILTERS
from adapters.http.sales.searching import CASHBACK_FILTERS
from adapters.http.wire.cursors import Kind
from adapters.http.wire.queries import Ordering, QueryReader

if TYPE_CHECKING:
    from adapters.http.wire.filters import Filter, Filters

ALL: Final[tuple[Filters[Any], ...]] = (
    FIGURES_FILTERS, BALANCE_FILTERS, DAY_FILE, STATEMENT_FILE, RUN_FILTERS, CASE_FILTERS,
    DIFFERENCE_FILTERS, CASHBACK_FILTERS, OPEN_FILTERS, EQUAL_FILTERS, INCIDENT_FILTERS,
)  # fmt: skip
TEXTS: Final = {
    f"{name} {number}": (name, one)
    for number, filters in enumerate(ALL)
    for name, one in filters.filters.items()
    if one.schema().get("type") == "string"
}
"""Those that are texts; numbers and truths are read from texts, and lists are of named schemas."""
FORMATS: Final = FormatChecker(["uuid", "date"])
WHOLE: Final = Ordering(resource="any", columns={}, key=Kind.UUID, default="", whole=True)
ZONE: Final = ZoneInfo("America/Sao_Paulo")


def is_refused(name: str, one: Filter[Any], text: str) -> bool:
    query = QueryReader(urlencode({name: text}).encode(), WHOLE, name)
    one.read(query, name, ZONE)
    return query.is_faulty


@pytest.mark.parametrize("which", TEXTS)
def test_what_the_document_refuses_is_refused(which: str) -> None:
    name, one = TEXTS[which]
    schema: Any = Draft202012Validator(one.schema(), format_checker=FORMATS)

    @settings(max_examples=10)
    @given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
    @example("")
    @example(" ")
    @example("2026-02-30")
    def holds(text: str) -> None:
        assert schema.is_valid(text) or is_refused(name, one, text)

    holds()


@pytest.mark.parametrize("name", ["store", "client", "by"])
def test_figures_of_what_told_nothing_are_asked_for_by_an_empty_text(name: str) -> None:
    one = FIGURES_FILTERS.filters[name]
    assert one.schema()["minLength"] == 0
    assert not is_refused(name, one, "")
