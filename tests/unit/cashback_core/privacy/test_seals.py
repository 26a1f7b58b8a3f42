"""Keyed hashes in the place of hashes: the same for ever, by the key alone."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.privacy.seals import BadErasureKey, Seal, is_sealed, new_erasure_key
from cashback_core.reconciliation import line_key
from cashback_core.reconciliation.statements import StatementLine
from cashback_core.sales.content import content_names
from contract.builders import a_sale

KEY = "0f" * 32


@given(st.text())
def test_a_sealed_name_is_192_bits_of_the_hmac_and_says_that_it_is_sealed(name: str) -> None:
    try:
        octets = name.encode()
    except UnicodeEncodeError:
        return
    right = b64encode(hmac.new(bytes.fromhex(KEY), octets, hashlib.sha256).digest()[:24]).decode()
    assert Seal.parse(KEY)(name) == f"~{right}"
    assert is_sealed(Seal.parse(KEY)(name))


def test_nothing_plain_looks_sealed() -> None:
    sale = a_sale()
    line = StatementLine(
        number=1, document="52998224725", cashback_centavos=1, credited_at=sale.sold_at
    )
    assert not any(map(is_sealed, [*content_names(sale), line_key(line)]))


def test_a_key_is_told_by_its_fingerprint_and_shown_nowhere() -> None:
    one, other = Seal.parse(KEY), Seal.parse(new_erasure_key())
    assert one.fingerprint == Seal.parse(KEY).fingerprint != other.fingerprint
    assert KEY not in repr(one) + one.fingerprint
    assert one("x") != other("x")


@pytest.mark.parametrize("text", ["", "0f" * 31, "0F" * 32, "0f" * 32 + "\n", "g" * 64, "0f" * 33])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadErasureKey) as refused:
        Seal.parse(text)
    assert not text or text.strip() not in str(refused.value)
