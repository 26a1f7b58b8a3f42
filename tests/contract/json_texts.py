"""JSON told apart from what only looks like it, by RFC 8259 alone: no parser of anybody's is used.

`bodies` makes both: documents that are odd, documents with damage, and bytes in any encoding.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hypothesis import strategies as st

SURELY_READ: Final = 200
"""Nesting that is always read; deeper values may be refused, never fatal."""

_TOKEN: Final = re.compile(
    r"""[ \t\n\r]*(?:
        (?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")
        |(?P<scalar>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)
        |(?P<mark>[\[\]{},:])
        |(?P<end>\Z)
    )""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_SHORT: Final = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}


class NotJsonTextError(Exception):
    """Why not: syntax, surrogate or repeated."""


def verdict(body: bytes) -> str:
    """`json`, `deep` (which either may be), or why it must be refused."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return "not_utf8"
    try:
        depth = _read(text)
    except NotJsonTextError as why:
        return str(why)
    return "json" if depth <= SURELY_READ else "deep"


def _read(text: str) -> int:
    """The depth of the value; raises NotJsonTextError. It recurses nowhere: depth is no harm."""
    stack: list[str | set[str]] = []  # "[" for an array, the keys so far for an object
    expected, at, deepest, fault = "value", 0, 0, ""
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            raise NotJsonTextError("syntax")
        at = token.end()
        kind = token.lastgroup
        mark = token["mark"] or ""
        if kind == "end":
            if expected != "end":
                raise NotJsonTextError("syntax")
            if fault:
                raise NotJsonTextError(fault)
            return deepest
        if kind == "string":
            content, whole = _unescaped(token["string"])
            fault = fault or ("" if whole else "surrogate")
            if expected in {"key", "key or }"}:
                keys = stack[-1]
                assert isinstance(keys, set)
                fault = fault or ("repeated" if content in keys else "")
                keys.add(content)
                expected = ":"
                continue
        expected = _next(expected, kind or "", mark, stack)
        deepest = max(deepest, len(stack))


def _next(expected: str, kind: str, mark: str, stack: list[str | set[str]]) -> str:
    after = {True: "end", False: ", or close"}
    if expected in {"value", "value or ]"} and kind in {"string", "scalar"}:
        return after[not stack]
    if expected in {"value", "value or ]"} and mark in {"[", "{"}:
        stack.append("[" if mark == "[" else set())
        return "value or ]" if mark == "[" else "key or }"
    inside = "" if not stack else ("]" if stack[-1] == "[" else "}")
    closes = {"value or ]": "]", "key or }": "}", ", or close": inside}.get(expected)
    if mark and mark == closes:
        stack.pop()
        return after[not stack]
    if expected == ":" and mark == ":":
        return "value"
    if expected == ", or close" and mark == ",":
        return "value" if inside == "]" else "key"
    raise NotJsonTextError("syntax")


def _unescaped(token: str) -> tuple[str, bool]:
    """What a string says, and whether it is whole characters."""

    def char(found: re.Match[str]) -> str:
        return _SHORT[found[2]] if found[1] is None else chr(int(found[1], 16))

    halves = _ESCAPE.sub(char, token[1:-1])
    try:
        return halves.encode("utf-16", "surrogatepass").decode("utf-16"), True
    except UnicodeDecodeError:
        return halves, False


_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
_texts: st.SearchStrategy[str] = st.tuples(_values, st.booleans()).map(
    lambda drawn: json.dumps(drawn[0], ensure_ascii=drawn[1])
)
_MARKS: Final = ("[", "]", "{", "}", ",", ":", '"', "\\", "'", "/", "//", "/**/", "#")
_WORDS: Final = ("true", "null", "nul", "tru", "True", "None", "undefined", "NaN", "-Infinity")
_NUMBERS: Final = (
    *("0x1", "01", "-01", ".5", "5.", "1e", "1e+", "-", "+1", "-0", "1E5", "0e0", "1_0"),
    *("1e999999", "9" * 400, "0." + "1" * 400, "\uff11"),
)
_STRINGS: Final = (
    *('{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"k":{"k":{"x":1,"x":1}}}', '"\\ud83d\\ude00"'),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\x41"', '"\\u12"', '"\\u00zz"', '"\\u+123"'),
    *('"\t"', '"\n"', '"\0"', "\0"),
)
_SPACES: Final = (
    *(
        " ",
        "\t",
        "\r\n",
        "\ufeff",
        "\u2028",
        "\xa0",
        "\x0b",
        "\x0c",
        "\x85",
        "\x1f",
        "\x7f",
        "\u3000",
    ),
)
_DEPTHS: Final = ("[" * 300, "]" * 300, "[" * 3000 + "]" * 3000, '{"a":' * 300)
FILLINGS: Final = (*_MARKS, *_WORDS, *_NUMBERS, *_STRINGS, *_SPACES, *_DEPTHS)
SPOILT_BYTES: Final = (
    *(b"\xff", b"\xfe", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xf0\x80\x80\x80", b"\x80"),
    *(b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xc3"),
    *(b"\xef\xbb\xbf", b"\xef\xbf\xbe", b"\x00", b"\xe2\x80\xa8"),
)
_CODINGS: Final = (*["utf-8"] * 12, "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1")

_odd_texts: st.SearchStrategy[str] = st.lists(
    st.sampled_from([*_NUMBERS, *_STRINGS, *_WORDS]) | _texts, min_size=2, max_size=4
).map(lambda drawn: '{"odd": [' + ",".join(drawn) + "]}")


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A text, up to three damages to it, an encoding, up to two more damages to the bytes."""
    text = draw(_texts | _odd_texts)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 6)))
        filling = draw(st.sampled_from(["", text[start:end] * 2, *FILLINGS]))
        text = text[:start] + filling + text[end:]
    coding = draw(st.sampled_from(_CODINGS))
    body = text.encode(coding, "replace" if coding == "latin-1" else "surrogatepass")
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.sampled_from(SPOILT_BYTES) | st.binary(max_size=4)) + body[at:]
    return body[: draw(st.integers(0, len(body)))] if draw(st.integers(0, 9)) == 0 else body
