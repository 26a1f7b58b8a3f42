from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.traces import TraceContext, new_trace, read_traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def hexadecimal(length: int) -> st.SearchStrategy[str]:
    digits = st.text("0123456789abcdef", min_size=length, max_size=length)
    return digits.filter(lambda text: set(text) != {"0"})


contexts = st.builds(
    TraceContext, trace_id=hexadecimal(32), span_id=hexadecimal(16), sampled=st.booleans()
)


@given(contexts)
def test_what_is_told_is_read_as_it_was(trace: TraceContext) -> None:
    assert read_traceparent(trace.traceparent().encode()) == trace


@given(st.binary(max_size=80))
def test_any_bytes_are_a_span_or_none(value: bytes) -> None:
    found = read_traceparent(value)
    assert found is None or found.traceparent()[3:52].encode() in value


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f"ff-{TRACE}-{SPAN}-01",
        f"01-{TRACE}-{SPAN}-01more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
    ],
)
def test_a_header_that_is_none_is_no_span(value: str) -> None:
    assert read_traceparent(value.encode()) is None


def test_a_later_version_may_say_more_than_we_read() -> None:
    expected = TraceContext(trace_id=TRACE, span_id=SPAN, sampled=True)
    assert read_traceparent(f"01-{TRACE}-{SPAN}-01-more".encode()) == expected
    assert read_traceparent(f"01-{TRACE}-{SPAN}-03".encode()) == expected
    assert read_traceparent(f"00-{TRACE}-{SPAN}-02".encode()) == replace(expected, sampled=False)


def test_a_child_is_another_span_of_the_same_trace() -> None:
    first = new_trace(sampled=True)
    child = first.child()
    assert re.fullmatch("[0-9a-f]{32}", first.trace_id)
    assert (child.trace_id, child.sampled) == (first.trace_id, True)
    assert child.span_id != first.span_id
    assert new_trace().trace_id != first.trace_id
