"""Signatures are verified as RFC 8032 says, strictly, and as another implementation does."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback_core.closing import ed25519
from cashback_core.closing.ed25519 import is_public_key, verify

VECTORS: Final[list[dict[str, str]]] = json.loads(
    (Path(__file__).parent / "rfc8032.json").read_text(encoding="utf-8")
)
P: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
SEED: Final = bytes(range(32))
PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(SEED)
PUBLIC: Final = PRIVATE.public_key().public_bytes_raw()
MESSAGE: Final = b"a close"
SIGNATURE: Final = PRIVATE.sign(MESSAGE)

SCALAR: Final = (int.from_bytes(hashlib.sha512(SEED).digest()[:32], "little") & (2**254 - 8)) | (
    2**254
)
"""The private scalar of that seed (RFC 8032, 5.1.5), to forge what only its owner can."""


def other_says(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def multiple(scalar: int, encoded: bytes) -> Any:
    """[scalar] P, by the book: doubled and added, bit by bit."""
    point = ed25519._decoded(encoded)
    assert point is not None
    ready, found = ed25519._ready(point), ed25519._NEUTRAL
    for bit in range(scalar.bit_length() - 1, -1, -1):
        found = ed25519._doubled(found)
        if scalar >> bit & 1:
            found = ed25519._added(found, ready)
    return found


BASE: Final = (4 * pow(5, -1, P) % P).to_bytes(32, "little")
IDENTITY: Final = (1).to_bytes(32, "little")


def _of_order_8() -> bytes:
    """A point of order 8: whatever is left of a point when its large part is taken away."""
    for y in range(2, 100):
        encoded = y.to_bytes(32, "little")
        if ed25519._decoded(encoded) is not None:
            rest = ed25519._encoded(multiple(ORDER, encoded))
            if ed25519._encoded(multiple(4, rest)) != IDENTITY:
                return rest
    raise AssertionError


SMALL: Final = _of_order_8()


def signed_with(r: bytes, public_key: bytes, *, nonce: int = 0) -> bytes:
    """The S that fits R = [nonce] B (and what else is in it), by the owner of SCALAR."""
    k = int.from_bytes(hashlib.sha512(r + public_key + MESSAGE).digest(), "little") % ORDER
    return r + ((nonce + k * SCALAR) % ORDER).to_bytes(32, "little")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_rfcs_vectors(vector: dict[str, str]) -> None:
    key, message, signature = (
        bytes.fromhex(vector[name]) for name in ("public_key", "message", "signature")
    )
    assert verify(key, signature, message)
    assert other_says(key, signature, message)
    assert not verify(key, signature, message + b"\0")
    for bit in range(0, 512, 37):
        forged = bytearray(signature)
        forged[bit // 8] ^= 1 << bit % 8
        assert not verify(key, bytes(forged), message)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.integers(0, 8 * 96 - 1))
@settings(max_examples=60)
def test_it_says_what_another_implementation_says(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    whole = bytearray(public + private.sign(message))
    assert verify(bytes(whole[:32]), bytes(whole[32:]), message)
    whole[bit // 8] ^= 1 << bit % 8
    key, signature = bytes(whole[:32]), bytes(whole[32:])
    assert verify(key, signature, message) == other_says(key, signature, message) is False


def test_s_is_below_the_order() -> None:
    s = int.from_bytes(SIGNATURE[32:], "little")
    for times in (1, 2, 8, 15):
        again = (s + times * ORDER) % 2**256
        assert not verify(PUBLIC, SIGNATURE[:32] + again.to_bytes(32, "little"), MESSAGE)
    assert not verify(PUBLIC, SIGNATURE[:32] + ORDER.to_bytes(32, "little"), MESSAGE)
    assert not verify(PUBLIC, SIGNATURE[:32] + bytes(32), MESSAGE)


@pytest.mark.parametrize("length", [0, 1, 31, 33, 63, 65, 128])
def test_lengths_are_exact(length: int) -> None:
    assert not verify(PUBLIC, (SIGNATURE * 2)[:length], MESSAGE)
    if length != 32:
        assert not verify((PUBLIC * 4)[:length], SIGNATURE, MESSAGE)
        assert not is_public_key((PUBLIC * 4)[:length])


def test_a_key_of_small_order_is_none() -> None:
    # Of the identity [k] A is nothing: with R = [s] B it would "sign" every message.
    s = 5
    r = ed25519._encoded(multiple(s, BASE))
    forged = r + s.to_bytes(32, "little")
    assert not verify(IDENTITY, forged, MESSAGE)
    for times in range(8):
        small = ed25519._encoded(multiple(times, SMALL)) if times else IDENTITY
        assert not is_public_key(small)
        assert not any(verify(small, forged, bytes([byte])) for byte in range(32))


def test_an_r_of_small_order_is_none() -> None:
    # The owner alone can make it: R = identity, S = k a. It fits the equation.
    assert not verify(PUBLIC, signed_with(IDENTITY, PUBLIC), MESSAGE)
    nonce = 77
    r = ed25519._encoded(multiple(nonce, BASE))
    assert verify(PUBLIC, signed_with(r, PUBLIC, nonce=nonce), MESSAGE), "or this shows nothing"


def test_what_holds_only_times_eight_does_not_hold() -> None:
    nonce = 77
    point = ed25519._added(multiple(nonce, BASE), ed25519._ready(ed25519._decoded(SMALL)))  # type: ignore[arg-type]
    forged = signed_with(ed25519._encoded(point), PUBLIC, nonce=nonce)
    assert not verify(PUBLIC, forged, MESSAGE)
    assert not other_says(PUBLIC, forged, MESSAGE)


def test_encodings_that_are_not_canonical_are_refused() -> None:
    for y in range(19):  # y + p fits 255 bits, and is the same point
        canonical, other = y.to_bytes(32, "little"), (y + P).to_bytes(32, "little")
        assert ed25519._decoded(other) is None, canonical
        assert not is_public_key(other)
    negative_zero = (1 + 2**255).to_bytes(32, "little")  # x = 0, and its sign is set
    assert ed25519._decoded(negative_zero) is None
    assert not verify(PUBLIC, signed_with(negative_zero, PUBLIC), MESSAGE)
    off_the_curve = next(
        y for y in range(2, 50) if ed25519._decoded(y.to_bytes(32, "little")) is None
    )
    assert not is_public_key(off_the_curve.to_bytes(32, "little"))


def test_a_signature_takes_less_than_5_ms() -> None:
    began = time.process_time()
    for _ in range(20):
        assert verify(PUBLIC, SIGNATURE, MESSAGE)
    assert (time.process_time() - began) / 20 < 0.005
