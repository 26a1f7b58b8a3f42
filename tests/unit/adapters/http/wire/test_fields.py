"""A body and the filters of a list are values: they read, and are their own schema."""

from __future__ import annotations

import pytest

from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, Choice, Reason, Truth
from adapters.http.wire.filters import Filters, TruthFilter, WholeFilter
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.refusals import InvalidQueryError, InvalidRequestError

BODY = Body("A thing.", kind=Choice(("a", "b")), reason=Reason(must=False), dry=Truth(about="No."))
FILTERS = Filters(open=TruthFilter(about="Only those."), size=WholeFilter(about="So large."))
THINGS = Ordering(
    resource="things", columns={"id": Kind.UUID}, key=Kind.UUID, default="id", fixed=True
)


def faults(document: object) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as raised:
        BODY.read(document)
    return {fault.pointer: fault.code for fault in raised.value.violations}


def test_a_body_is_read_and_null_counts_as_left_out() -> None:
    read = {"kind": "a", "reason": "", "dry": False}
    assert BODY.read({"kind": "a"}) == read
    assert BODY.read({"kind": "a", "reason": None, "dry": None}) == read


def test_a_body_tells_every_fault_at_its_own_place() -> None:
    assert faults({"more/less": 1, "and": 2, "kind": None, "dry": 0}) == {
        "/more~1less": "unknown_field",
        "/and": "unknown_field",
        "/kind": "wrong_type",
        "/dry": "not_boolean",
    }
    assert faults({}) == {"/kind": "required"}
    assert faults([]) == {"": "wrong_type"}


def test_a_body_is_its_schema() -> None:
    schema = BODY.schema()
    assert list(schema["properties"]) == ["kind", "reason", "dry"]
    assert schema["required"] == ["kind"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["reason"]["type"] == ["string", "null"]


def test_filters_read_a_query_and_are_its_parameters() -> None:
    query = QueryReader(b"open=true&size=7", THINGS, *FILTERS.names)
    assert FILTERS.values(query) == {"open": True, "size": 7}
    named = [(one["name"], one["schema"]["type"]) for one in FILTERS.parameters()]
    assert named == [("open", "boolean"), ("size", "integer")]


def test_filters_note_every_fault() -> None:
    query = QueryReader(b"open=1&size=0&sort=id", THINGS, *FILTERS.names)
    assert FILTERS.values(query) == {"open": None, "size": None}
    with pytest.raises(InvalidQueryError) as raised:
        query.slice()
    assert {fault.pointer: fault.code for fault in raised.value.violations} == {
        "/sort": "unknown_parameter",
        "/open": "no_such_choice",
        "/size": "whole_number",
    }
