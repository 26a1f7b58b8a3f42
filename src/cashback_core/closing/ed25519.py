"""Whether an Ed25519 signature is one: RFC 8032, 5.1.7, in integers. Nothing is signed here.

Everything that is read is public, so nothing takes care to need the same time for all of it.
Encodings are taken strictly: a coordinate below 2^255 - 19, no sign of a zero, S below the group's
order, and neither the key nor R of small order, of which one signature would fit many messages.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1: Final = pow(2, (_P - 1) // 4, _P)
_SIGN: Final = 1 << 255
_KEYS_KEPT: Final = 64

_Point = tuple[int, int, int, int]
"""Extended coordinates: X, Y, Z, T with x = X/Z, y = Y/Z, x y = T/Z."""
_Ready = tuple[int, int, int, int]
"""What an addition takes of its second point: Y - X, Y + X, 2 Z, 2 d T."""

_NEUTRAL: Final[_Point] = (0, 1, 1, 0)


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the key signed the message so; False for whatever is not encoded strictly."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    multiples = _multiples_of_key(public_key)
    s = int.from_bytes(signature[32:], "little")
    if multiples is None or s >= _L:
        return False
    told = signature[:32]
    k = int.from_bytes(hashlib.sha512(told + public_key + message).digest(), "little") % _L
    r = _sum_of_multiples(s, k, multiples)
    return _encoded(r) == told and not _is_small(r)


def is_public_key(encoded: bytes) -> bool:
    """Whether these are the bytes of a key that may sign: a point, strictly encoded, not small."""
    return len(encoded) == 32 and _multiples_of_key(encoded) is not None


def _decoded(encoded: bytes) -> _Point | None:
    """The point of 32 bytes (RFC 8032, 5.1.3), None where they are none."""
    number = int.from_bytes(encoded, "little")
    y, sign = number % _SIGN, number // _SIGN
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    v3 = v * v * v % _P
    x = u * v3 * pow(u * v3 * v3 * v, (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
        if (v * x * x - u) % _P:
            return None  # no x is there for this y
    if not x and sign:
        return None
    if x % 2 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _encoded(point: _Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y + x % 2 * _SIGN).to_bytes(32, "little")


def _is_small(point: _Point) -> bool:
    """Whether it is one of the eight points of which 8 times is nothing."""
    for _ in range(3):
        point = _doubled(point)
    x, y, z, _ = point
    return not x % _P and not (y - z) % _P


def _doubled(point: _Point) -> _Point:
    x, y, z, _ = point
    a, b = x * x, y * y
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = (2 * z * z + g) % _P
    e, g, h = e % _P, g % _P, h % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _added(point: _Point, other: _Ready) -> _Point:
    x, y, z, t = point
    less, more, twice_z, twice_dt = other
    a, b = (y - x) * less, (y + x) * more
    c, d = t * twice_dt, z * twice_z
    e, h = (b - a) % _P, (b + a) % _P
    f, g = (d - c) % _P, (d + c) % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _ready(point: _Point) -> _Ready:
    x, y, z, t = point
    return y - x, y + x, 2 * z, 2 * _D * t % _P


def _minus(ready: _Ready) -> _Ready:
    less, more, twice_z, twice_dt = ready
    return more, less, twice_z, -twice_dt


def _odd_multiples(point: _Point, width: int) -> dict[int, _Ready]:
    """The point's odd multiples that a window of so many bits takes, and their negatives."""
    twice = _ready(_doubled(point))
    multiples: dict[int, _Ready] = {}
    for odd in range(1, 2 ** (width - 1), 2):
        multiples[odd] = _ready(point)
        multiples[-odd] = _minus(multiples[odd])
        point = _added(point, twice)
    return multiples


_KEY_WIDTH: Final = 5
_BASE_WIDTH: Final = 7


@lru_cache(maxsize=_KEYS_KEPT)
def _multiples_of_key(public_key: bytes) -> dict[int, _Ready] | None:
    """Of the key's negative; None of what is no key. A chain is signed by few keys."""
    point = _decoded(public_key)
    if point is None or _is_small(point):
        return None
    x, y, z, t = point
    return _odd_multiples((-x % _P, y, z, -t % _P), _KEY_WIDTH)


@lru_cache(maxsize=1)
def _multiples_of_base() -> dict[int, _Ready]:
    base = _decoded((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    assert base is not None
    return _odd_multiples(base, _BASE_WIDTH)


def _sum_of_multiples(s: int, k: int, multiples: dict[int, _Ready]) -> _Point:
    """[s] B + [k] A', both in one walk down the bits; `multiples` are those of A'."""
    of_base = _multiples_of_base()
    base_digits, key_digits = _digits(s, _BASE_WIDTH), _digits(k, _KEY_WIDTH)
    point = _NEUTRAL
    for bit in range(max((*base_digits, *key_digits), default=-1), -1, -1):
        point = _doubled(point)
        if bit in base_digits:
            point = _added(point, of_base[base_digits[bit]])
        if bit in key_digits:
            point = _added(point, multiples[key_digits[bit]])
    return point


def _digits(scalar: int, width: int) -> dict[int, int]:
    """The scalar as odd digits, positive and negative, by their bit (a non-adjacent form)."""
    digits: dict[int, int] = {}
    window, bit = 2**width, 0
    while scalar:
        if scalar & 1:
            digit = scalar % window
            if digit >= window // 2:
                digit -= window
            digits[bit] = digit
            scalar -= digit
        scalar >>= 1
        bit += 1
    return digits
