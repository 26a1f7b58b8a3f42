from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.http.wire.headers import (
    MAX_WAIT_S,
    BadIdempotencyKeyError,
    Preference,
    read_fields,
    read_idempotency_key,
    read_language,
    read_preference,
)
from cashback_core.words.locales import ENGLISH, Language


def test_repeated_fields_are_joined_so_that_no_one_of_them_wins() -> None:
    fields = read_fields([(b"idempotency-key", b"a"), (b"x", b"1"), (b"idempotency-key", b"b")])
    assert fields == {b"idempotency-key": b"a, b", b"x": b"1"}
    with pytest.raises(BadIdempotencyKeyError):
        read_idempotency_key(fields)


@pytest.mark.parametrize("key", ["1", "x" * 255, "!~-+.:/@", 'a"b"', "35260112345678000190"])
def test_visible_ascii_is_a_key(key: str) -> None:
    assert read_idempotency_key({b"idempotency-key": key.encode()}) == key
    assert read_idempotency_key({b"idempotency-key": f" {key}\t".encode()}) == key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"abc"', "abc"),
        (' "abc"\t', "abc"),
        ('"abc";x=1', "abc"),
        ('"abc"; x=1 ; y="a, \\" b";z;w=?1;v=:YQ==:;u=-1.5;t=a/b', "abc"),
        ('"a\\"b"', 'a"b'),
        ('"a\\\\"', "a\\"),
        ('"a;b=c"', "a;b=c"),
        (f'"{"x" * 255}"', "x" * 255),
        ("abc;x=1", "abc;x=1"),
        ("'abc'", "'abc'"),
    ],
)
def test_in_quotes_the_content_of_the_string_is_the_key(value: str, key: str) -> None:
    assert read_idempotency_key({b"idempotency-key": value.encode()}) == key


@pytest.mark.parametrize(
    "value",
    [
        '"',
        '""',
        '"abc',
        '"a"b"',
        '"abc"x',
        '"abc";',
        '"abc";X=1',
        '"abc";x=',
        '"abc", "abc"',
        '"a,b"',
        '"a b"',
        '"a\\b"',
        '"abc\\"',
        '"\xe9"',
        f'"{"x" * 256}"',
    ],
)
def test_what_begins_with_a_quote_is_a_string_or_no_key(value: str) -> None:
    with pytest.raises(BadIdempotencyKeyError):
        read_idempotency_key({b"idempotency-key": value.encode("latin-1")})


@given(st.text('!"#\\+-~aZ09', min_size=1, max_size=60))
def test_every_key_can_be_told_in_quotes(key: str) -> None:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    assert read_idempotency_key({b"idempotency-key": f'"{escaped}";v=1'.encode()}) == key


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a,b", "a b", "a\tb", "\x7f", "\xe9"])
def test_anything_else_is_none(key: str) -> None:
    with pytest.raises(BadIdempotencyKeyError):
        read_idempotency_key({b"idempotency-key": key.encode("latin-1")})


@given(st.binary(max_size=300))
def test_a_key_is_1_to_255_visible_ascii_characters_without_a_comma(value: bytes) -> None:
    inner = value.strip(b" \t")
    assume(not inner.startswith(b'"'))
    right = 1 <= len(inner) <= 255 and all(33 <= octet <= 126 and octet != 44 for octet in inner)
    try:
        key = read_idempotency_key({b"idempotency-key": value})
    except BadIdempotencyKeyError:
        assert not right
    else:
        assert right
        assert key == inner.decode()


def test_without_the_header_there_is_no_key() -> None:
    assert read_idempotency_key({}) is None


@pytest.mark.parametrize(
    ("value", "preference", "applied"),
    [
        (None, Preference(), None),
        (b"", Preference(), None),
        (b"respond-async", Preference(respond_async=True), b"respond-async"),
        (b"Respond-Async; x=1", Preference(respond_async=True), b"respond-async"),
        (b"return=minimal, respond-async", Preference(respond_async=True), b"respond-async"),
        (b"wait=7", Preference(wait_s=7.0), b"wait=7"),
        (b"wait = 7", Preference(wait_s=7.0), b"wait=7"),
        (b'WAIT="7"', Preference(wait_s=7.0), b"wait=7"),
        (b"wait=0", Preference(wait_s=0.0), b"wait=0"),
        (b"wait=999999999", Preference(wait_s=MAX_WAIT_S), b"wait=30"),
        (b"wait=9, wait=1", Preference(wait_s=9.0), b"wait=9"),
        (b"respond-async, wait=3", Preference(wait_s=3.0), b"wait=3"),
        (b"wait=-1", Preference(), None),
        (b"wait=1.5", Preference(), None),
        (b"wait=\xb2", Preference(), None),
        (b"wait=9999999999999999", Preference(), None),
        (b"wait=x, respond-async", Preference(respond_async=True), b"respond-async"),
        (b"handling=lenient", Preference(), None),
    ],
)
def test_preferences_are_granted_bounded_or_ignored(
    value: bytes | None, preference: Preference, applied: bytes | None
) -> None:
    fields = {} if value is None else {b"prefer": value}
    assert read_preference(fields) == preference
    assert preference.applied() == applied


@pytest.mark.parametrize(
    ("value", "language"),
    [
        (None, ENGLISH),
        (b"", ENGLISH),
        (b"*", ENGLISH),
        (b"pt", Language("pt")),
        (b"pt-BR", Language("pt")),
        (b"PT-br,pt;q=0.9,en;q=0.8", Language("pt")),
        (b"en;q=0.5, pt;q=0.7", Language("pt")),
        (b"en, pt", ENGLISH),
        (b"fr, de;q=0.9", ENGLISH),
        (b"fr, pt;q=0.1", Language("pt")),
        (b"pt;q=0, en;q=0.1", ENGLISH),
        (b"pt;q=0", ENGLISH),
        (b"pt;q=2, en;q=0.1", ENGLISH),
        (b"pt;q=nan, en;q=0.1", ENGLISH),
        (b"pt;level=1", Language("pt")),
        (b"ptx", ENGLISH),
        (b"\xff;q=\xff", ENGLISH),
    ],
)
def test_the_best_language_that_there_is_gets_chosen(
    value: bytes | None, language: Language
) -> None:
    assert read_language({} if value is None else {b"accept-language": value}) == language


@given(st.binary(max_size=100))
def test_no_header_value_makes_reading_it_fail(value: bytes) -> None:
    read_preference({b"prefer": value})
    read_language({b"accept-language": value})
