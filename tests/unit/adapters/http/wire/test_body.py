from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.wire.body import MAX_BODY_BYTES, NotJsonError, decode_json
from fakes.api import SALE, Api

if TYPE_CHECKING:
    from fakes.api import Answered

PATH = "/api/cashbacks"
BODY = json.dumps(SALE).encode()


def code_of(body: bytes) -> str:
    with pytest.raises(NotJsonError) as caught:
        decode_json(body)
    return caught.value.code


async def send(api: Api, body: bytes | list[bytes], **headers: str | None) -> Answered:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.call("POST", PATH, body=body, headers=named)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json_empty"),
        (b" \r\n\t", "json_empty"),
        (b"total=100.00", "json_syntax"),
        (b'{"a": 1,}', "json_syntax"),
        (b'{"a": 1} x', "json_syntax"),
        (b'{"a": 1}{"a": 1}', "json_syntax"),
        (b"{'a': 1}", "json_syntax"),
        (b'{"a": 1 /* b */}', "json_syntax"),
        (b'{"a": 01}', "json_syntax"),
        (b'{"a": .5}', "json_syntax"),
        (b'{"a": +1}', "json_syntax"),
        (b'{"a": "\x01"}', "json_syntax"),
        (b'{"a": "b', "json_syntax"),
        (b'\xc2\xa0{"a": 1}', "json_syntax"),
        (b"\x00", "json_syntax"),
        (b"\xef\xbb\xbf{}", "json_byte_order_mark"),
        ('{"a": 1}'.encode("utf-16"), "json_not_utf8"),
        ("{}".encode("utf-16-le"), "json_syntax"),
        (b'{"a": "JOS\xc9"}', "json_not_utf8"),
        (b'{"a": "\xed\xa0\x80"}', "json_not_utf8"),
        (b'{"a": NaN}', "json_constant"),
        (b'{"a": [-Infinity]}', "json_constant"),
        (b'{"a": 1, "a": 1}', "json_repeated_key"),
        (b'{"a": 1, "\\u0061": 1}', "json_repeated_key"),
        (b'{"b": [{"a": 1, "a": 2}]}', "json_repeated_key"),
        (b'{"a": "\\ud800"}', "json_lone_surrogate"),
        (b'{"a": "\\udc00\\ud800"}', "json_lone_surrogate"),
        (b'{"\\uDFFF": 1}', "json_lone_surrogate"),
        (b'[[{"a": ["\\uD83D"]}]]', "json_lone_surrogate"),
    ],
)
def test_what_is_not_one_json_value_is_refused_with_its_reason(body: bytes, code: str) -> None:
    assert code_of(body) == code


def test_a_syntax_fault_tells_its_place() -> None:
    with pytest.raises(NotJsonError) as caught:
        decode_json(b'{\n  "a": 1,\n}')
    assert (caught.value.values["line"], caught.value.values["column"]) in {("2", "9"), ("3", "1")}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b" null ", None),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\ud800"', "\\ud800"),
        (b"9.990", Decimal("9.990")),
        (b"1e2", Decimal("1e2")),
        (b"9223372036854775808", 9223372036854775808),
        (b"[1e999999999999999999999]", [Decimal("Infinity")]),
    ],
)
def test_well_formed_values_are_read_exactly(body: bytes, value: object) -> None:
    assert decode_json(body) == value


def test_no_number_costs_more_than_its_length() -> None:
    began_s = time.process_time()
    value = decode_json(b"[" + b"9" * 200_000 + b", 1e999999, 1" + b"0" * 50_000 + b".5]")
    assert time.process_time() - began_s < 0.5
    assert isinstance(value, list)


def test_deep_nesting_is_refused_or_read_but_never_fatal() -> None:
    for depth in (1_000, 100_000):
        try:
            decode_json(b"[" * depth + b"]" * depth)
        except NotJsonError as error:
            assert error.code == "json_too_deep"  # noqa: PT017 (either end is right)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_every_value_that_json_writes_is_read_back(value: Any) -> None:
    written = json.dumps(value, ensure_ascii=False)
    if "Infinity" in json.dumps(value):
        return
    try:
        body = written.encode("utf-8")
    except UnicodeEncodeError:
        return
    assert decode_json(body) == json.loads(written, parse_float=Decimal)


@given(st.binary(max_size=300), st.integers(0, len(BODY)))
def test_no_garbage_anywhere_makes_decoding_fail_otherwise(garbage: bytes, position: int) -> None:
    try:
        decode_json(BODY[:position] + garbage + BODY[position:])
    except NotJsonError as error:
        assert error.code.startswith("json_")  # noqa: PT017 (either end is right)


async def test_a_refused_body_is_a_400_with_the_reason_in_both_languages(api: Api) -> None:
    english = await send(api, b"{,}")
    portuguese = await send(api, b"{,}", Accept_Language="pt-BR")

    assert english.status == portuguese.status == 400
    assert english.json()["code"] == "not_json"
    assert english.json()["errors"][0]["code"] == "json_syntax"
    assert english.json()["errors"][0]["detail"].startswith("Line 1, column 2")
    assert portuguese.json()["errors"][0]["detail"].startswith("Linha 1, coluna 2")


@pytest.mark.parametrize("top", [b"null", b"1", b'"a"', b"[]", b"true"])
async def test_well_formed_json_of_another_shape_is_a_422(api: Api, top: bytes) -> None:
    answer = await send(api, top)
    assert answer.status == 422
    assert answer.json()["errors"][0]["code"] == "wrong_type"


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "Application/JSON ; Charset=Utf-8",
        "application/json; charset=utf8",
        "application/json; charset=UTF8; charset=utf-8",
        r'application/json; charset="\u\tf-8"',
        "application/json;",
        "application/json; ;",
        "application/json; odata=verbose",
        "application/json;odata=verbose;charset=utf-8",
        'application/json; profile="a;b\\"c, charset=x"; charset = utf-8 ',
        "application/json; boundary=x",
        "application/json; charset",
    ],
)
async def test_json_in_utf8_is_taken(api: Api, media_type: str) -> None:
    assert (await send(api, BODY, Content_Type=media_type)).status == 201


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "",
        "text/plain",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        'application/json; charset="iso-8859-1"',
        "application/json; odata=verbose; charset=windows-1252",
        "application/json; charset=utf-8; charset=latin-1",
        "application/json; charset=",
        'application/json; charset=""',
        'application/json; charset="utf-8',
        "application/json charset=utf-8",
        "application/json/x",
        "application/jsonp",
        "application/json, application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.api+json",
    ],
)
async def test_any_other_media_type_is_a_415(api: Api, media_type: str | None) -> None:
    answer = await send(api, BODY, Content_Type=media_type)
    assert answer.status == 415
    assert answer.json()["errors"][0]["expected"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "gzip, identity", "x"])
async def test_a_compressed_body_is_a_415_and_is_never_inflated(api: Api, coding: str) -> None:
    answer = await send(api, BODY, Content_Encoding=coding)
    assert answer.status == 415
    assert answer.json()["errors"][0]["received"] == coding


async def test_a_body_of_exactly_the_limit_is_taken(api: Api) -> None:
    body = BODY + b" " * (MAX_BODY_BYTES - len(BODY))
    assert (await send(api, body)).status == 201


async def test_one_byte_more_is_a_413_by_its_declared_length_alone(api: Api) -> None:
    headers = [
        (b"authorization", f"Bearer {api.token()}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % (MAX_BODY_BYTES + 1)),
    ]
    answer = await api.exchange("POST", PATH, parts=[], headers=headers)  # nothing is ever read
    assert answer.status == 413


@pytest.mark.parametrize("length", ["-1", "x", "1" * 30, "1_0"])
async def test_a_length_that_is_no_length_is_a_413(api: Api, length: str) -> None:
    assert (await send(api, BODY, Content_Length=length)).status == 413


async def test_a_chunked_body_is_a_413_as_soon_as_it_is_too_large(api: Api) -> None:
    headers = [
        (b"authorization", f"Bearer {api.token()}".encode()),
        (b"content-type", b"application/json"),
        (b"transfer-encoding", b"chunked"),
    ]
    endless = [b" " * 65_536] * 4 + [b" "] + [b"never read"] * 1_000
    answer = await api.exchange("POST", PATH, parts=endless, headers=headers)
    assert answer.status == 413


async def test_a_body_in_many_parts_is_one_body(api: Api) -> None:
    parts = [BODY[at : at + 7] for at in range(0, len(BODY), 7)]
    assert (await send(api, parts)).status == 201


async def test_a_client_that_goes_away_inside_its_body_leaves_nothing_behind(api: Api) -> None:
    headers = [
        (b"authorization", f"Bearer {api.token()}".encode()),
        (b"content-type", b"application/json"),
    ]
    answer = await api.exchange("POST", PATH, parts=[BODY, None], headers=headers)
    assert answer.status == 400
    assert api.store.rows == {}


async def test_nobody_is_read_before_it_is_known_who_asks(api: Api) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"10")]
    answer = await api.exchange("POST", PATH, parts=[], headers=headers)  # reading would hang
    assert answer.status == 401
