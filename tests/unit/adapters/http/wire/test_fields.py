"""A body and the filters of a list are values: they read, and are their own schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, Choice, Instant, PlatformOnly, Reason, Truth, Whole
from adapters.http.wire.filters import Filters, TruthFilter, WholeFilter
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.refusals import InvalidQueryError, InvalidRequestError

BODY = Body(
    "A thing.",
    dict[str, Any],
    kind=Choice(("a", "b")),
    reason=Reason(must=False),
    dry=Truth(about="No."),
)
FILTERS = Filters(
    dict[str, Any], open=TruthFilter(about="Only those."), size=WholeFilter(about="So large.")
)
THINGS = Ordering(
    resource="things", columns={"id": Kind.UUID}, key=Kind.UUID, default="id", fixed=True
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.http.wire.objects import ObjectReader


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
    assert FILTERS.read(query) == {"open": True, "size": 7}
    named = [(one["name"], one["schema"]["type"]) for one in FILTERS.parameters()]
    assert named == [("open", "boolean"), ("size", "integer")]


def test_filters_note_every_fault() -> None:
    query = QueryReader(b"open=1&size=0&sort=id", THINGS, *FILTERS.names)
    assert FILTERS.read(query) == {"open": None, "size": None}
    with pytest.raises(InvalidQueryError) as raised:
        query.slice()
    assert {fault.pointer: fault.code for fault in raised.value.violations} == {
        "/sort": "unknown_parameter",
        "/open": "no_such_choice",
        "/size": "whole_number",
    }


def _odd(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    if values["size"] is not None and values["size"] % 2 == 0:
        reader.tell("size", "no_such_choice", names="1, 3")


def _sum(*, size: int | None, more: int | None) -> int:
    return (size or 0) + (more or 0)


def test_a_body_becomes_a_value_once_nothing_is_wrong_with_it() -> None:
    number = Whole(about="How many.", lowest=0, highest=9)
    body = Body("Numbers.", _sum, _odd, size=number, more=number)
    assert body.read({"size": 3, "more": 4}) == 7
    with pytest.raises(InvalidRequestError) as raised:
        body.read({"size": 4, "more": 10})
    assert {fault.pointer for fault in raised.value.violations} == {"/size", "/more"}


def test_what_the_platform_alone_sends_is_unknown_of_others_and_no_must_in_the_schema() -> None:
    owner = PlatformOnly(Choice(("a", "b")))
    body = Body("Owned.", dict[str, Any], owner=owner, reason=Reason())
    assert body.read({"reason": "so"}) == {"owner": None, "reason": "so"}
    assert body.read({"owner": "a", "reason": "so"}, by_platform=True)["owner"] == "a"
    for document, by_platform, code in (
        ({"owner": "a", "reason": "so"}, False, "unknown_field"),
        ({"reason": "so"}, True, "required"),
    ):
        with pytest.raises(InvalidRequestError) as raised:
            body.read(document, by_platform=by_platform)
        assert [fault.code for fault in raised.value.violations] == [code]
    assert body.schema()["required"] == ["reason"]


def test_a_body_with_instants_asks_whose_they_are() -> None:
    body = Body("Dated.", dict[str, Any], at=Instant(about="When."))
    assert (body.is_zoned, BODY.is_zoned) == (True, False)
    read = body.read({"at": "2026-01-02 00:00"}, ZoneInfo("America/Sao_Paulo"))
    assert read["at"] == datetime(2026, 1, 2, 3, tzinfo=UTC)


def test_of_a_patch_nothing_must_be_there() -> None:
    patch = BODY.patch_schema()
    assert (patch["required"], patch["properties"]) == ([], BODY.schema()["properties"])
