from __future__ import annotations

from adapters.cashback_client.transport import _Exchange
from cashback_core.delivery.evidence import Phase

GOOD = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"


def exchange_at(*times_s: float) -> _Exchange:
    clock = iter(times_s)
    return _Exchange(lambda: next(clock))


def test_an_answer_that_was_whole_when_the_deadline_struck_is_whole() -> None:
    exchange = exchange_at(100.0, 101.0, 110.0)
    exchange.sent()
    exchange.answer.feed(GOOD)
    exchange.ended("deadline")
    evidence = exchange.evidence()
    assert evidence.phase is Phase.STATUS_SEEN
    assert (evidence.status_code, evidence.body, evidence.reason) == (201, b"{}", "")


def test_times_count_from_the_beginning_of_the_call() -> None:
    exchange = exchange_at(100.0, 101.0, 103.0, 106.0)
    exchange.connected()
    exchange.sent()
    exchange.ended("deadline")
    evidence = exchange.evidence()
    assert (evidence.connected_s, evidence.sent_s, evidence.ended_s) == (1.0, 3.0, 6.0)
    assert (evidence.phase, evidence.reason) == (Phase.SENT, "deadline")


def test_before_anything_was_written_nothing_was_sent() -> None:
    exchange = exchange_at(100.0, 101.0, 102.0)
    exchange.connected()
    exchange.ended("deadline")
    evidence = exchange.evidence()
    assert evidence.phase is Phase.NOTHING_SENT
    assert evidence.sent_s is None
