"""Hostile documents: refused at once, and no violation repeats anybody's CPF."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core import InvalidSale, SaleRules, Violation, parse_sale
from cashback_core.testing import strategies
from cashback_core.testing.strategies import DEMO

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)


def document(**changes: object) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "sold_at": "2026-01-02 00:00:00",
        "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
        "total": "100.00",
        "products": [
            {"type": "A", "value": "10.00", "qty": 1},
            {"type": "B", "value": "10.00", "qty": 9},
        ],
    }
    return fields | changes


def violations_of(value: object) -> tuple[Violation, ...]:
    with pytest.raises(InvalidSale) as caught:
        parse_sale(value, rules=SaleRules(), now=NOW, programme=DEMO.programme)
    return caught.value.violations


CPF_PLACES: list[Callable[[str], dict[str, Any]]] = [
    lambda cpf: document(customer={"document": cpf + "0", "name": "J"}),
    lambda cpf: document(customer={"document": " " + cpf, "name": "J"}),
    lambda cpf: document(customer={"document": int(cpf), "name": "J"}),
    lambda cpf: document(customer={"document": float(cpf), "name": "J"}),
    lambda cpf: document(customer={"document": Decimal(cpf), "name": "J"}),
    lambda cpf: document(customer={"document": cpf, "name": f"{cpf}\n"}),
    lambda cpf: document(customer={"document": cpf, "name": f"{cpf} " * 11}),
    lambda cpf: document(sold_at=cpf),
    lambda cpf: document(total=int(cpf)),
    lambda cpf: document(total=f"R$ {cpf}"),
    lambda cpf: document(sale_id=f"venda {cpf}"),
    lambda cpf: document(**{cpf: 1}),
    lambda cpf: document(**{f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}": 1}),
    lambda cpf: document(products=[{"type": f"{'x' * 75}/{cpf}", "value": "1", "qty": 1}]),
]


@pytest.mark.parametrize("misplace", CPF_PLACES)
@given(cpf=strategies.cpfs())
def test_no_violation_repeats_a_cpf(misplace: Callable[[str], dict[str, Any]], cpf: str) -> None:
    violations = violations_of(misplace(str(cpf)))
    dotted = f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"
    told = repr(violations) + str(InvalidSale(violations))
    assert cpf[:10] not in told, "ten digits give the last one away"
    assert dotted[:12] not in told


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["sold_at", "customer", "total", "products", "type", "value", "qty"])
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_whatever_json_holds_is_read_or_refused(value: object) -> None:
    assert violations_of(value), "what Hypothesis makes up here is never a valid sale"


@given(JSON_VALUES, st.sampled_from(["sold_at", "customer", "total", "products", "discount"]))
def test_any_value_in_any_field_is_read_or_refused(value: object, field: str) -> None:
    told: tuple[Violation, ...] = ()
    try:
        parse_sale(document(**{field: value}), rules=SaleRules(), now=NOW)
    except InvalidSale as error:
        told = error.violations
    for violation in told:
        assert violation.pointer.startswith((f"/{field}", "/total"))
        assert len(violation.received or "") < 600
        assert (violation.received or "").isprintable()


@pytest.mark.parametrize(
    "value",
    [
        {"customer": {"document": "1" * 250_000, "name": "\u0301" * 250_000}},
        {"products": [{"type": "A" * 250_000, "value": "1" * 250_000, "qty": 10**100_000}]},
        {"sold_at": "2" * 250_000, "sale_id": "x" * 250_000, "total": Decimal("1e999999")},
        {"x" * 250_000: 1, "\0" * 250_000: 2},
        {"products": [{"a": 1, "b": 2, "c": 3, "d": 4}] * 990},
    ],
    ids=["customer", "products", "texts", "names", "lines"],
)
def test_a_hostile_document_is_refused_at_once(value: dict[str, object]) -> None:
    started_s = time.process_time()
    assert violations_of(document(**value))
    assert time.process_time() - started_s < 0.5
