"""CPFs, CNPJs, amounts and quantities, and every way in which JSON may spell them."""

# ruff: noqa: TC002 - users' tools read these annotations at run time
from __future__ import annotations

import string
from decimal import Decimal
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cashback_core.values.access_keys import KEY_MODELS, access_key_check_digit
from cashback_core.values.documents import (
    MAX_FOREIGN_CHARS,
    MIN_FOREIGN_CHARS,
    Cnpj,
    Cpf,
    ForeignDocument,
    cnpj_check_digits,
    cpf_check_digits,
)
from cashback_core.values.money import (
    MAX_CENTAVOS,
    MAX_QUANTITY_E4,
    MAX_VALUE_E10,
    QUANTITY_SCALE,
    VALUE_SCALE,
)

JsonNumber = str | int | float | Decimal
"""How an amount may come: a text, or a number of any kind that a JSON decoder makes."""


@cache  # a strategy costs far more to build than to draw from
def cpfs() -> SearchStrategy[Cpf]:
    """Valid CPFs of 11 digits."""
    stems = st.integers(0, 999_999_999).map(lambda number: f"{number:09d}")
    return stems.filter(_is_varied).map(lambda stem: Cpf(stem + cpf_check_digits(stem)))


def cpf_spellings(cpf: Cpf) -> SearchStrategy[str]:
    """A CPF as 11 digits or as 000.000.000-00."""
    return st.sampled_from([str(cpf), f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"])


@cache
def cnpjs(*, alphanumeric: bool = True) -> SearchStrategy[Cnpj]:
    """Valid CNPJs of 14 characters, numeric or, from July 2026 on, with capital letters."""
    alphabet = string.digits + string.ascii_uppercase if alphanumeric else string.digits
    numeric = st.text(string.digits, min_size=12, max_size=12)
    stems = st.text(alphabet, min_size=12, max_size=12) | numeric
    return stems.filter(_is_varied).map(lambda stem: Cnpj(stem + cnpj_check_digits(stem)))


@cache
def foreign_documents() -> SearchStrategy[ForeignDocument]:
    """Whatever identifies a foreigner: 5 to 20 of A-Z 0-9 . / -, no CPF or CNPJ."""
    alphabet = string.digits + string.ascii_letters + "./-"
    texts = st.text(alphabet, min_size=MIN_FOREIGN_CHARS, max_size=MAX_FOREIGN_CHARS)
    return texts.filter(ForeignDocument.is_valid).map(ForeignDocument)


@cache
def access_keys() -> SearchStrategy[str]:
    """Access keys that are read: 44 characters, of a model of KEY_MODELS, check digit right."""
    digits = st.text(string.digits, min_size=2, max_size=2)
    rest = st.text(string.digits, min_size=21, max_size=21)
    models = st.sampled_from(KEY_MODELS)
    months = st.integers(1, 12).map(lambda month: f"{month:02d}")
    stems = st.tuples(digits, digits, months, cnpjs(), models, rest).map("".join)
    return stems.map(lambda stem: stem + access_key_check_digit(stem))


def amounts(*, min_centavos: int = 1, max_centavos: int = MAX_CENTAVOS) -> SearchStrategy[int]:
    """Amounts in centavos, within what a sale may hold."""
    return st.integers(min_centavos, max_centavos)


def amount_spellings(centavos: int, *, decimals: bool = True) -> SearchStrategy[JsonNumber]:
    """Every way to write an amount: 1050 may be "10.50", "10.5", "10.5000" or Decimal("10.5").

    Without `decimals` no Decimal is among them: `json.dumps` takes none.
    """
    return st.sampled_from(_spellings(centavos, places=2, decimals=decimals))


def values(*, max_e10: int = MAX_VALUE_E10) -> SearchStrategy[int]:
    """Unit values as reais × 10^10: whole centavos, as most are, as often as up to ten decimals."""
    centavo = VALUE_SCALE // 100
    whole = st.integers(0, min(20_000, max_e10 // centavo)) | st.integers(0, max_e10 // centavo)
    return whole.map(lambda centavos: centavo * centavos) | st.integers(0, max_e10)


def value_spellings(value_e10: int, *, decimals: bool = True) -> SearchStrategy[JsonNumber]:
    """Every way to write a unit value: "5.899", "5.8990", 5.899 or Decimal("5.899")."""
    return st.sampled_from(_spellings(value_e10, places=10, decimals=decimals))


def quantities(*, min_e4: int = 1, max_e4: int = MAX_QUANTITY_E4) -> SearchStrategy[int]:
    """Quantities × 10^4; whole ones, as most sales have, come as often as others."""
    anything = st.integers(min_e4, max_e4)
    first, last = -(-min_e4 // QUANTITY_SCALE), max_e4 // QUANTITY_SCALE
    if first > last:
        return anything
    return st.integers(first, last).map(lambda whole: QUANTITY_SCALE * whole) | anything


def quantity_spellings(qty_e4: int, *, decimals: bool = True) -> SearchStrategy[JsonNumber]:
    """Every way to write a quantity: 3500 may be "0.35", "0.350", 0.35 or Decimal("0.350").

    Without `decimals` no Decimal is among them: `json.dumps` takes none.
    """
    return st.sampled_from(_spellings(qty_e4, places=4, decimals=decimals))


def _spellings(scaled: int, *, places: int, decimals: bool) -> list[JsonNumber]:
    whole, rest = divmod(scaled, 10**places)
    digits = f"{rest:0{places}d}"
    shortest = digits.rstrip("0")
    texts = [f"{whole}.{digits[:n]}" for n in range(max(len(shortest), 1), places + 1)]
    if not rest:
        texts.append(str(whole))
    texts.append(f"{whole}.{digits}00")
    exact = Decimal(scaled).scaleb(-places)
    # A float of more than 15 digits is another number.
    numbers: list[JsonNumber] = [float(exact)] if Decimal(repr(float(exact))) == exact else []
    if decimals:
        numbers += [exact, exact.normalize(), exact * Decimal("1.00")]
    if not rest:
        numbers.append(whole)
    return [*texts, *numbers]


def _is_varied(stem: str) -> bool:
    # The check digits of one repeated character repeat it once more, and all-equal is refused.
    return stem != stem[0] * len(stem)
