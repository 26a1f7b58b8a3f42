"""A batch falls apart into exactly the sales that came, whatever else is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.http.sales.batch_body import BatchSale, read_batch
from adapters.http.wire.body import MAX_BODY_BYTES, BodyTooLargeError, NotJsonError, decode_json
from adapters.http.wire.headers import BadIdempotencyKeyError
from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.intake.batch import MAX_SALES
from cashback_core.sales.reading.plain import whole
from contract.json_texts import bodies, verdict
from fakes.api import SALE

ONE = json.dumps(SALE).encode()


def values() -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["a", "sales", "é", "}", "]"]), inner, max_size=3)
        ),
        max_leaves=8,
    )


def written(value: object, plain: bool) -> bytes:  # noqa: FBT001 (drawn)
    return json.dumps(value, ensure_ascii=plain).encode()


def blanks() -> st.SearchStrategy[bytes]:
    return st.text(" \t\r\n", max_size=3).map(str.encode)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_each_sale_is_the_bytes_that_came(data: st.DataObject) -> None:
    raws = data.draw(
        st.lists(
            st.builds(written, values(), st.booleans()),
            min_size=1,
            max_size=5,
        )
    )
    blank = [data.draw(blanks()) for _ in range(6)]
    name = data.draw(st.sampled_from([b"sales", b"\\u0073ales", b"sa\\u006Ces", b"sa\\u006ces"]))
    between = blank[0] + b"," + blank[1]
    listed = b"[" + blank[2] + between.join(raws) + blank[2] + b"]"
    body = (
        blank[3] + b"{" + blank[4] + b'"' + name + b'"' + blank[5] + b":" + listed + b"}" + blank[0]
    )
    assert [sale.raw for sale in read_batch(body)] == raws
    assert decode_json(body) == {"sales": [decode_json(raw) for raw in raws]}


@settings(max_examples=250, deadline=None)
@given(st.lists(bodies(), min_size=1, max_size=3))
def test_nothing_that_is_not_json_reaches_a_sale(raws: list[bytes]) -> None:
    """Odd and damaged bytes: told of the whole or of the one, never taken for another sale."""
    try:
        found = read_batch(b'{"sales":[' + b",".join(raws) + b"]}")
    except (NotJsonError, InvalidRequestError):
        assert any(verdict(raw) != "json" for raw in raws)
        return
    if all(verdict(raw) == "json" for raw in raws):
        assert [sale.raw for sale in found] == [raw.strip(b" \t\r\n") for raw in raws]
    for sale in found:
        assert (sale.fault is None) <= (verdict(sale.raw) in {"json", "deep"})


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"{}", "required", "/sales"),
        (b'{"sales":{}}', "wrong_type", "/sales"),
        (b'{"sales":null}', "wrong_type", "/sales"),
        (b"[]", "wrong_type", ""),
        (b'{"sales":[{}],"more":1}', "unknown_field", "/more"),
        (b'{"more":1,"sales":[{}]}', "unknown_field", "/more"),
        (b'{"sales":[]}', "sales_count", "/sales"),
        (b'{"sales":[' + b",".join([b"{}"] * (MAX_SALES + 1)) + b"]}", "sales_count", "/sales"),
    ],
)
def test_what_is_json_and_no_batch_is_told(body: bytes, code: str, pointer: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_batch(body)
    assert [(v.code, v.pointer) for v in refused.value.violations] == [(code, pointer)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json_empty"),
        (b'{"sales":[{}],"sales":[{}]}', "json_repeated_key"),
        (b'{"sales":[{}]}}', "json_syntax"),
        (b'{"sales":[{},]}', "json_syntax"),
        (b'{"sales":[{}]', "json_syntax"),
        (b'{"sales":[{"a":{"b":1,"b":1},"c":"y"z"},{}]}', "json_repeated_key"),
        (b'{"sales":[{"a":"x},{}]}', "json_syntax"),
        (b'{"sales":[{]}', "json_syntax"),
        (b'{"sales":[{},,{}]}', "json_syntax"),
        (b'{"sales":[{}' + b'"' + b'\\"' * 1_000_000, "json_syntax"),
        (b'\xef\xbb\xbf{"sales":[{}]}', "json_byte_order_mark"),
        (b'{"sales":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "json_too_deep"),
    ],
)
def test_what_is_no_json_is_told_of_the_whole(body: bytes, code: str) -> None:
    with pytest.raises(NotJsonError) as refused:
        read_batch(body)
    assert refused.value.code == code


def batch_of(*raws: bytes) -> list[BatchSale]:
    return read_batch(b'{"sales":[' + b",".join(raws) + b"]}")


@pytest.mark.parametrize(
    ("poisoned", "code"),
    [
        (b'{"a":1,"a":2}', "json_repeated_key"),
        (rb'{"a":"\ud800"}', "json_lone_surrogate"),
        (b'{"a":NaN}', "json_constant"),
        ('{"a":"JOS\N{LATIN CAPITAL LETTER E WITH ACUTE}"}'.encode("latin-1"), "json_not_utf8"),
    ],
)
def test_a_fault_of_one_sale_is_its_own(poisoned: bytes, code: str) -> None:
    before, faulty, after = batch_of(ONE, poisoned, ONE)
    assert before == after
    assert (before.raw, whole(before.document)) == (ONE, decode_json(ONE))
    assert (before.key, before.fault) == (None, None)
    assert isinstance(faulty.fault, NotJsonError)
    assert (faulty.raw, faulty.fault.code) == (poisoned, code)


def test_a_sale_is_no_longer_than_by_itself() -> None:
    long = json.dumps({**SALE, "metadata": {"x": "y" * MAX_BODY_BYTES}}).encode()
    before, faulty, after = batch_of(ONE, long, ONE)
    assert before.fault is after.fault is None
    assert isinstance(faulty.fault, BodyTooLargeError)


@pytest.mark.parametrize(
    ("told", "key"),
    [('"k-1"', "k-1"), ("null", None), ('"' + 255 * "~" + '"', 255 * "~"), (r'"\""', '"')],
)
def test_the_key_stands_beside_the_sale(told: str, key: str | None) -> None:
    raw = ONE[:-1] + b',"idempotency_key":' + told.encode() + b"}"
    (sale,) = batch_of(raw)
    assert (sale.raw, whole(sale.document)) == (raw, decode_json(ONE))
    assert (sale.key, sale.fault) == (key, None)


@pytest.mark.parametrize("told", ['""', '"a,b"', '"a b"', '"é"', "7", "[]", '"' + 256 * "k" + '"'])
def test_what_is_no_key_is_told(told: str) -> None:
    (sale,) = batch_of(ONE[:-1] + b',"idempotency_key":' + told.encode() + b"}")
    assert isinstance(sale.fault, BadIdempotencyKeyError)
    assert sale.document is None
