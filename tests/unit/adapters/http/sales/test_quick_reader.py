"""The bytes of a sale are read alike in the quick way and in the ordinary one, or refused alike."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from adapters.http.sales.quick_reader import KeyedSale, read_keyed_sale, read_sale
from adapters.http.wire.body import NotJsonError, decode_json
from cashback_core.sales.reading.plain import PlainSale, whole
from cashback_core.testing.strategies import DEMO
from contract.json_texts import FILLINGS, SPOILT_BYTES
from contract.plain_documents import became_of, told, written

if TYPE_CHECKING:
    from collections.abc import Callable

SALE: Final[dict[str, Any]] = {
    "sold_at": "2026-06-03 08:59:00",
    "customer": {"document": "529.982.247-25", "name": "JOSÉ DA SILVA"},
    "total": "19.80",
    "products": [
        {"type": "A", "value": "9.90", "qty": 1},
        {"type": "B", "value": 10, "qty": "1", "discount": "0.10"},
    ],
    "sale_id": "1042",
}
CORPUS: Final = Path(__file__).parents[4] / "integration" / "corpus"
_MEMBER: Final = re.compile(rb'"\w+"\s*:\s*(?:"[^"]*"|[0-9]+)')


def read_as(read: Callable[[bytes], object], body: bytes) -> tuple[Any, ...]:
    """What a body says, or how it is refused."""
    try:
        document = read(body)
    except NotJsonError as error:
        return error.code, error.received, error.values
    return whole(document), became_of(document, DEMO)


def assert_both_ways_agree(body: bytes) -> None:
    assert read_as(read_sale, body) == read_as(decode_json, body)


def _is_quick(body: bytes) -> bool:
    try:
        return isinstance(read_sale(body), PlainSale)
    except NotJsonError:
        return False


@settings(max_examples=120)
@given(told(DEMO).flatmap(written))
def test_every_document_is_read_alike(body: bytes) -> None:
    event("quick" if _is_quick(body) else "ordinary")
    assert_both_ways_agree(body)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The bytes of a plain sale with a damage or two, of a text's kind or of the bytes'."""
    body = draw(written(SALE))
    for _ in range(draw(st.integers(1, 2))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 6)))
        filling = draw(st.sampled_from([b"", body[start:end] * 2, *_FILLINGS]))
        body = body[:start] + filling + body[end:]
    return body


_FILLINGS: Final = [
    *(text.encode() for text in FILLINGS),
    *SPOILT_BYTES,
    *(b'"', b"\\", b'\\"', b"\\u0061", b"1", b"0", b"-", b".5", b'"",', b'"a":1,', b"null", b'"x"'),
]


@settings(max_examples=400)
@given(damaged())
def test_whatever_is_damaged_is_read_alike_or_refused_alike(body: bytes) -> None:
    assert_both_ways_agree(body)


@settings(max_examples=100)
@given(st.data())
def test_a_field_that_comes_twice_is_refused_wherever_it_stands(data: st.DataObject) -> None:
    body = data.draw(written(SALE))
    members = list(_MEMBER.finditer(body))
    member = data.draw(st.sampled_from(members))
    again = data.draw(
        st.sampled_from(
            [
                member[0],
                member[0].split(b":")[0] + b":7",
                member[0].split(b":")[0] + b' :"52998224725"',
            ]
        )
    )
    at = data.draw(st.sampled_from([member.start(), member.end()]))
    twice = (again + b",") if at == member.start() else (b"," + again)
    body = body[:at] + twice + body[at:]
    assert not _is_quick(body)
    assert read_as(read_sale, body)[0] == "json_repeated_key"


@pytest.mark.parametrize(
    "twice",
    ['"products":[]', '"customer":{"document":"52998224725","name":"ANA"}', '"sale_id":null'],
)
def test_what_comes_twice_and_holds_others_is_refused(twice: str) -> None:
    body = json.dumps(SALE, separators=(",", ":"))
    for spoilt in (f"{{{twice},{body[1:]}", f"{body[:-1]},{twice}}}"):
        assert read_as(read_sale, spoilt.encode())[0] == "json_repeated_key"


@pytest.mark.parametrize("text", ["", " ", "-0", "0x1", "1_0", "0.000", "1e1", "\uff11", "+1"])
@pytest.mark.parametrize("name", ["value", "qty", "discount", "total"])
def test_an_odd_number_is_read_alike_wherever_it_stands(name: str, text: str) -> None:
    """An empty discount of a line once went for none, and was paid for."""
    odd = SALE | {"products": [line | {name: text} for line in SALE["products"]]}
    assert_both_ways_agree(json.dumps(odd).encode())
    assert_both_ways_agree(json.dumps(SALE | {name: text}).encode())
    as_if_none = [{"type": "A", "value": "9.90", "qty": 1, name: text}]
    assert_both_ways_agree(json.dumps(SALE | {"total": "9.90", "products": as_if_none}).encode())


def test_the_shared_corpus_of_bad_inputs_is_read_alike() -> None:
    cases = [
        json.loads(line)
        for path in sorted(CORPUS.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    bodies = [
        step["body"].encode()
        for case in cases
        for step in [case, *case.get("steps", ())]
        if "body" in step
    ]
    assert len(bodies) > 100
    assert sum(map(_is_quick, bodies)) > 20
    for body in bodies:
        assert_both_ways_agree(body)


@pytest.mark.parametrize(
    ("name", "is_quick"),
    [
        (r"JOS\u00c9", True),
        (r"\u004aOSE", True),
        (r"JOS\u00C9 \ud83d\ude00", True),
        (r"JOS\u00c9 \"ZE\"", False),
        (r"JOSE \ud800", False),
        (r"JOSE \udc00\ud800", False),
        (r"JOSE \ud800\u0041", False),
        (r"JOSE \u12", False),
        (r"JOSE \x41", False),
        ("JOSE \t", False),
    ],
)
def test_a_text_with_escapes_is_read_alike(name: str, is_quick: bool) -> None:  # noqa: FBT001
    body = json.dumps(SALE).encode().replace(b"JOS\\u00c9 DA SILVA", name.encode())
    assert name.encode() in body
    assert _is_quick(body) == is_quick
    assert_both_ways_agree(body)


def test_a_field_whose_name_is_escaped_is_that_field() -> None:
    body = json.dumps(SALE).encode()
    assert_both_ways_agree(body.replace(b'"total"', rb'"\u0074otal"'))
    twice = body.replace(b'"total"', rb'"\u0074otal":"1.00","total"')
    assert read_as(read_sale, twice)[0] == "json_repeated_key"
    assert_both_ways_agree(twice)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sale_id": "1042"},
        {"discount": "0.10", "total": "19.70"},
        {"discount": 1, "total": 19},
        {"total": 20, "products": [{"type": "A", "value": 10, "qty": 2}]},
    ],
)
def test_what_most_sales_tell_is_quick(changes: dict[str, Any]) -> None:
    for ascii_only in (True, False):
        told_name = SALE["customer"] | ({"name": "JOSE"} if ascii_only else {})
        document = {**SALE, "customer": told_name, **changes}
        body = json.dumps(document, ensure_ascii=False).encode()
        assert _is_quick(body)
        assert_both_ways_agree(body)


@pytest.mark.parametrize(
    "body",
    [
        {**SALE, "discount": 0},
        {**SALE, "discount": None},
        {**SALE, "sale_id": None},
        {**SALE, "store": "1"},
        {**SALE, "customer": None},
        {**SALE, "total": 19.8},
        {**SALE, "total": True},
        {**SALE, "total": 10**30},
        {**SALE, "products": [{"sku": "1", "value": "1.00", "qty": 1}]},
        {**SALE, "idempotency_key": "1"},
        [SALE],
    ],
)
def test_anything_else_is_left_to_the_ordinary_way(body: object) -> None:
    text = json.dumps(body).encode()
    assert not isinstance(decode_json(text), PlainSale)
    assert read_as(read_sale, text) == read_as(decode_json, text)


def test_a_sale_of_a_batch_tells_its_key_and_the_sale_does_not() -> None:
    text = json.dumps({**SALE, "idempotency_key": "key-1"}, ensure_ascii=False).encode()
    sale = read_keyed_sale(text)
    assert isinstance(sale, KeyedSale)
    assert sale.idempotency_key == "key-1"
    assert whole(sale) == SALE
    assert whole(read_keyed_sale(json.dumps(SALE, ensure_ascii=False).encode())) == SALE
    for other in ('"idempotency_key":null,', '"idempotency_key":"","idempotency_key":"a",'):
        spoilt = b"{" + other.encode() + text[1:]
        with pytest.raises(NotJsonError):
            read_keyed_sale(spoilt)
