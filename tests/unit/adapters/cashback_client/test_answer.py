from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.cashback_client.answer import MAX_HEAD_BYTES, AnswerReader, status_of
from cashback_core.delivery.evidence import MAX_BODY_BYTES

GOOD = b'HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n{"id":"NaN"}'
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"

ANSWERS = [
    GOOD,
    INTERIM + GOOD,
    b"HTTP/1.1 100 Continue\r\n\r\n" + INTERIM + GOOD,
    CHUNKED,
    GOOD + GOOD,
    GOOD + b"HTTP/1.1 422 No\r\nContent-Length: 3\r\n\r\nbad",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.0 201 Created\r\n\r\nuntil the end",
    b"HTTP/1.1 201\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 201 Created\r\nbroken\r\n\r\n",
    b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\x00\x01",
    b"HTTP/1.1 201 Created\r\nRetry-After: 5\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
    b"HTTP/2 201\r\n\r\n",
    b"SSH-2.0-OpenSSH\r\n",
    b"",
]


def read(*pieces: bytes) -> AnswerReader:
    reader = AnswerReader()
    for piece in pieces:
        reader.feed(piece)
    reader.end()
    return reader


def facts(reader: AnswerReader) -> tuple[object, ...]:
    return (reader.status_code, reader.complete, reader.body, reader.reusable, bool(reader.fault))


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"HTTP/1.1 201 Created\r\n", 201),
        (b"HTTP/1.0 404 Not Found\r\n", 404),
        (b"HTTP/1.1 201\r\n", 201),
        (b"HTTP/1.1 201 \r\n", 201),
        (b"HTTP/1.1 201 Created\n", 201),
        (b"\r\nHTTP/1.1 201 Created\r\n", 201),
        (b"HTTP/1.1 999 Odd\r\n", 999),
        (b"HTTP/1.1 101 Switching Protocols\r\n", 101),
        (INTERIM + b"HTTP/1.1 201 Created\r\n", 201),
        (b"HTTP/1.1 201 Created", None),
        (b"HTTP/1.1 201 Created\r", None),
        (b"HTTP/1.1 2", None),
        (b"HTTP/1.1 2010 Created\r\n", None),
        (b"HTTP/1.1 20 Created\r\n", None),
        (b"HTTP/1.1 001 Created\r\n", None),
        (b"HTTP/1.1  201 Created\r\n", None),
        (b"HTTP/2 201 Created\r\n", None),
        (b"HTTP/1.2 201 Created\r\n", None),
        (b"http/1.1 201 Created\r\n", None),
        (b"xHTTP/1.1 201 Created\r\n", None),
        (b"<html>\r\nHTTP/1.1 201 Created\r\n", None),
        (INTERIM, None),
        (b"HTTP/1.1 100 Continue\r\nHTTP/1.1 201 Created\r\n", None),
    ],
)
def test_only_a_whole_final_status_line_has_a_status(head: bytes, code: int | None) -> None:
    assert status_of(head) == code


def test_a_good_answer_is_complete_and_leaves_the_connection_in_step() -> None:
    reader = AnswerReader()
    assert reader.feed(GOOD)
    assert facts(reader) == (201, True, b'{"id":"NaN"}', True, False)
    assert reader.header(b"content-length") == "12"
    assert reader.header(b"retry-after") is None


def test_headers_of_interim_answers_are_not_the_answers() -> None:
    reader = read(INTERIM + GOOD)
    assert reader.header(b"link") is None
    assert reader.status_code == 201


@pytest.mark.parametrize("answer", ANSWERS)
@given(data=st.data())
def test_the_pieces_in_which_an_answer_arrives_change_nothing(
    answer: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=12)))
    edges = [0, *cuts, len(answer)]
    pieces = [answer[a:b] for a, b in itertools.pairwise(edges) if a < b]
    assert facts(read(*pieces)) == facts(read(answer))


@given(answer=st.sampled_from(ANSWERS), tail=st.binary(max_size=40), length=st.integers(0, 120))
def test_once_seen_a_status_stays_whatever_follows(answer: bytes, tail: bytes, length: int) -> None:
    reader = AnswerReader()
    reader.feed(answer[:length])
    seen = reader.status_code
    reader.feed(tail)
    reader.lose("reset")
    if seen is not None:
        assert reader.status_code == seen


@given(st.lists(st.binary(max_size=60), max_size=8))
@example([b"HTTP/1.1 201 Created\r\n\r\n", b"x" * (MAX_BODY_BYTES + 1)])
def test_no_bytes_can_raise_or_outgrow_the_limits(pieces: list[bytes]) -> None:
    reader = read(*pieces)
    assert reader.complete or reader.fault
    assert len(reader.body) <= MAX_BODY_BYTES


@pytest.mark.parametrize("size", [MAX_BODY_BYTES - 1, MAX_BODY_BYTES, MAX_BODY_BYTES + 1])
def test_a_body_is_kept_up_to_its_limit(size: int) -> None:
    reader = read(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
    assert len(reader.body) == min(size, MAX_BODY_BYTES)
    assert reader.complete == (size <= MAX_BODY_BYTES)


@pytest.mark.parametrize("in_one_piece", [True, False])
def test_headers_beyond_their_limit_end_the_answer_and_keep_its_status(
    in_one_piece: bool,  # noqa: FBT001
) -> None:
    answer = b"HTTP/1.1 201 Created\r\nX: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n"
    pieces = [answer] if in_one_piece else [answer[:100], answer[100:-3], answer[-3:]]
    reader = read(*pieces)
    assert reader.status_code == 201
    assert reader.fault == f"headers over {MAX_HEAD_BYTES} bytes"
    assert not reader.reusable


@pytest.mark.parametrize(
    ("beginning", "fault"),
    [
        (b"", "gone"),
        (b"HTTP/1.1 201 Cre", "gone"),
        (b"HTTP/1.1 201 Created\r\nContent", "headers cut short: gone"),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nab", "body cut short: gone"),
        (b"HTTP/1.1 201 Created\r\n\r\nab", "body cut short: gone"),
    ],
)
def test_a_loss_is_told_by_how_far_the_answer_had_come(beginning: bytes, fault: str) -> None:
    reader = AnswerReader()
    reader.feed(beginning)
    reader.lose("gone")
    assert reader.fault == fault
    assert not reader.complete


def test_a_body_without_a_length_is_whole_only_at_an_orderly_end() -> None:
    assert read(b"HTTP/1.1 201 Created\r\n\r\nab").complete
    assert not read(b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nab").complete
    assert not read(CHUNKED[:-5]).complete
