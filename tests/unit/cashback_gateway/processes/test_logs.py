from __future__ import annotations

import json
import logging
import sys
from uuid import UUID

import pytest

from cashback_core.traces import TRACE, TRAIL, Trail, new_trace
from cashback_gateway.processes.logs import JsonFormatter, TextFormatter

CPF = "52998224725"


def record(message: str, *values: object, failed: bool = False) -> logging.LogRecord:
    error = None
    if failed:
        try:
            int(f"of {CPF}")
        except ValueError:
            error = sys.exc_info()
    return logging.LogRecord("adapters.x", logging.WARNING, __file__, 1, message, values, error)


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter("%(message)s")])
def test_no_document_is_written_neither_of_a_message_nor_of_an_error(
    formatter: logging.Formatter,
) -> None:
    line = formatter.format(record("customer %s", CPF, failed=True))
    assert CPF not in line
    assert "ValueError" in line
    assert line.count("***.982.247-**") >= 2  # of the message and of the error


def test_a_record_is_one_object_on_one_line_even_with_a_traceback() -> None:
    line = JsonFormatter().format(record("two\nlines", failed=True))
    assert "\n" not in line
    told = json.loads(line)
    assert set(told) == {"at", "level", "logger", "message", "error"}
    assert (told["level"], told["logger"]) == ("WARNING", "adapters.x")
    assert told["message"] == "two\nlines"
    assert told["at"].endswith("Z")
    assert "Traceback" in told["error"]


def test_the_ids_of_what_is_under_way_are_told_as_they_are() -> None:
    # Eleven digits within an id are no document, whatever their check digits say.
    id_ = UUID(f"01a206ad-d214-74e1-b424-1{CPF}")
    trace = new_trace()
    trail = Trail(request_id="erp-1", merchant_id=1, cashback_id=id_)
    tokens = (TRAIL.set(trail), TRACE.set(trace))
    try:
        told = json.loads(JsonFormatter().format(record("sent")))
    finally:
        TRAIL.reset(tokens[0])
        TRACE.reset(tokens[1])
    assert told["cashback_id"] == str(id_)
    assert (told["request_id"], told["merchant_id"]) == ("erp-1", 1)
    assert (told["trace_id"], told["span_id"]) == (trace.trace_id, trace.span_id)
