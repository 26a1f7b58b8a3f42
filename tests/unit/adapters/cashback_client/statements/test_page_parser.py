from __future__ import annotations

import json
import zlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cashback_client.statements.decompression import PIECE_BYTES, Pieces
from adapters.cashback_client.statements.invalid_statement import InvalidStatementError
from adapters.cashback_client.statements.page_parser import PageParser
from cashback_core.reconciliation.statement_values import Fields, Odd

WANTED = frozenset({"document", "cashback"})
HEAD = frozenset({"from", "count", "meta.next"})


def parsed(*pieces: bytes) -> tuple[list[Fields | None], Fields]:
    parser = PageParser(row_fields=WANTED, head_fields=HEAD)
    rows = [row for piece in pieces for row in parser.feed(piece)]
    parser.close()
    return rows, parser.head


def test_rows_and_head_come_in_any_order_with_the_wanted_fields_alone() -> None:
    page = b"""{"count":1.40,"other":{"document":[1]},"rows":[
        {"document":"a","x":{"cashback":[{}]},"cashback":1.4},{},null,7,["a"],
        {"document":{"a":1},"cashback":"1","cashback":"2"}],
        "meta":{"next":"n","deep":{"next":1}},"from":"f","from":null}"""
    rows, head = parsed(page)
    assert rows == [
        {"document": "a", "cashback": Decimal("1.4")},
        {},
        None,
        None,
        None,
        {"document": Odd.NESTED, "cashback": Odd.TWICE},
    ]
    assert head == {"count": Decimal("1.40"), "meta.next": "n", "from": Odd.TWICE}


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (b"", "cut off"),
        (b"{", "cut off"),
        (b'{"rows":[{"document":"a"', "cut off"),
        (b"[]", "not an object"),
        (b'"rows"', "not an object"),
        (b"null", "not an object"),
        (b"{}", "no array of rows"),
        (b'{"rows":null}', "rows are not an array"),
        (b'{"rows":{}}', "rows are not an array"),
        (b'{"rows":[],"rows":[]}', "rows are given twice"),
        (b'{"rows":[]} x', "not JSON"),
        (b'{"rows":[]}{}', "not JSON"),
        (b'{"rows":[{"cashback":NaN}]}', "not JSON"),
        (b'{"rows":[{"cashback":Infinity}]}', "not JSON"),
        (b'{"rows":[{"document":"\xff"}]}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"rows":[{"cashback":1' + b"1" * 5_000 + b"}]}", "beyond any amount"),
        (b'{"rows":[{"cashback":1e999999999999999999999}]}', "beyond any amount"),
        (b'{"rows":[{"document":"' + b"a" * 70_000 + b'"}]}', "more than 32768 bytes"),
        (b" " * 70_000, "more than 32768 bytes"),
        (b'{"x":' + b"[" * 70, "nested more than 64 deep"),
        (b'{"rows":[' + b'{"x":' * 70, "nested more than 64 deep"),
    ],
)
def test_what_is_no_statement_is_refused(page: bytes, why: str) -> None:
    pieces = [page[start : start + PIECE_BYTES] for start in range(0, len(page), PIECE_BYTES)]
    with pytest.raises(InvalidStatementError, match=why):
        parsed(*pieces)


def test_the_rows_before_a_fault_are_handed_over_first() -> None:
    parser = PageParser(row_fields=WANTED, head_fields=HEAD)
    rows = parser.feed(b'{"rows":[{"document":"a"},{"document":"b"},NaN')
    assert [next(rows), next(rows)] == [{"document": "a"}, {"document": "b"}]
    with pytest.raises(InvalidStatementError, match="not JSON"):
        next(rows)


SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text()
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
PAGES = st.fixed_dictionaries(
    {"rows": st.lists(st.dictionaries(st.sampled_from(["document", "x"]), ANYTHING) | ANYTHING)},
    optional={"count": ANYTHING, "meta": ANYTHING, "other": ANYTHING},
)


@given(page=PAGES, ascii_only=st.booleans(), sizes=st.lists(st.integers(1, 7), min_size=1))
def test_any_cut_into_pieces_reads_the_same(
    page: dict[str, Any], *, ascii_only: bool, sizes: list[int]
) -> None:
    text = json.dumps(page, ensure_ascii=ascii_only)
    data = text.encode("utf-8", "surrogatepass")
    pieces: list[bytes] = []
    start = 0
    while start < len(data):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[start : start + size])
        start += size
    whole, head = parsed(data)
    assert parsed(*pieces) == (whole, head)
    assert len(whole) == len(page["rows"])
    for row, told in zip(whole, page["rows"], strict=True):
        assert (row is not None) == isinstance(told, dict)


def inflated(encoding: str, *raws: bytes) -> bytes:
    pieces = Pieces(encoding)
    out = [piece for raw in raws for piece in pieces.feed(raw)]
    pieces.close()
    assert all(len(piece) <= PIECE_BYTES for piece in out)
    return b"".join(out)


@given(st.binary(max_size=50_000), st.integers(1, 5_000))
def test_every_encoding_becomes_what_it_was(data: bytes, size: int) -> None:
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    spelled = {
        "": data,
        "identity": data,
        "gzip": zlib.compress(data, wbits=31) + zlib.compress(data, wbits=31),
        "deflate": zlib.compress(data),
        "Deflate ": bare.compress(data) + bare.flush(),
    }
    for encoding, body in spelled.items():
        raws = [body[start : start + size] for start in range(0, len(body), size)]
        assert inflated(encoding, *raws) == (data * 2 if encoding == "gzip" else data)


@pytest.mark.parametrize(
    ("encoding", "raws"),
    [
        ("br", ()),
        ("gzip, gzip", ()),
        ("gzip", (b"no gzip at all",)),
        ("gzip", (zlib.compress(b"a" * 1_000, wbits=31)[:-9],)),
        ("deflate", (zlib.compress(b"a" * 1_000)[:-4],)),
        ("gzip", (zlib.compress(b"a", wbits=31) + b"garbage",)),
    ],
)
def test_what_cannot_be_inflated_is_refused(encoding: str, raws: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidStatementError):
        inflated(encoding, *raws)
