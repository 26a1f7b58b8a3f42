"""What is JSON is read, what is not is refused, as an oracle of our own says by RFC 8259 alone."""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import event, given, settings

from adapters.http.wire.body import NotJsonError, decode_json
from contract.json_texts import bodies, verdict
from fakes.api import SALE

SPOKEN: Final = {**SALE, "customer": {"document": "52998224725", "name": "JOSÉ 😀"}}
BODY: Final = json.dumps(SPOKEN, indent=1, ensure_ascii=False).encode()
REASONS: Final = {
    "not_utf8": {"json_not_utf8"},
    "surrogate": {"json_lone_surrogate", "json_repeated_key"},
    "repeated": {"json_repeated_key"},
    "syntax": {
        *("json_syntax", "json_empty", "json_byte_order_mark", "json_constant", "json_too_deep"),
        "json_repeated_key",  # found before the fault that comes later
    },
}


def outcome(body: bytes) -> str:
    try:
        decode_json(body)
    except NotJsonError as error:
        return error.code
    return "json"


def assert_as_the_oracle_says(body: bytes) -> None:
    said = verdict(body)
    if said == "deep":
        assert outcome(body) in {"json", "json_too_deep"}
    elif said == "json":
        assert outcome(body) == "json"
    else:
        assert outcome(body) in REASONS[said]


@settings(max_examples=500)
@given(bodies())
def test_whatever_is_json_is_read_and_nothing_else(body: bytes) -> None:
    event(verdict(body))
    assert_as_the_oracle_says(body)


def test_a_sale_cut_off_anywhere_is_not_json() -> None:
    for cut in range(len(BODY)):
        assert verdict(BODY[:cut]) in {"syntax", "not_utf8"}
        assert_as_the_oracle_says(BODY[:cut])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", "json"),
        (b' \t\r\n[1, -0, 1E5, 0e0, "\\ud83d\\ude00", {"": null}] \n', "json"),
        (b"[" * 200 + b"]" * 200, "json"),
        (b"[" * 201 + b"]" * 201, "deep"),
        (b"", "syntax"),
        (b"[1,]", "syntax"),
        (b'{"a" 1}', "syntax"),
        (b"{,}", "syntax"),
        (b"[1}", "syntax"),
        (b"01", "syntax"),
        (b"1 2", "syntax"),
        (b"NaN", "syntax"),
        (b'"\x1f"', "syntax"),
        (b"\xef\xbb\xbf{}", "syntax"),
        (b'"\xc0\x80"', "not_utf8"),
        ('"é"'.encode("utf-16"), "not_utf8"),
        (b'{"a": 1, "\\u0061": 2}', "repeated"),
        (b'[{"b": {"a": 1, "a": 1}}]', "repeated"),
        (b'"\\ud800"', "surrogate"),
    ],
)
def test_the_oracle_knows_json_and_so_do_we(body: bytes, said: str) -> None:
    assert verdict(body) == said
    assert_as_the_oracle_says(body)
