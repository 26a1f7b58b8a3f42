from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.reconciliation.statement_rows import (
    CREDITS,
    REVERSALS,
    read_any_line,
    read_line,
)
from cashback_core.reconciliation.statement_values import Odd
from cashback_core.reconciliation.statements import MAX_REFERENCE, LineKind, StatementLine

if TYPE_CHECKING:
    from cashback_core.reconciliation.statement_values import Fields, Value

ROW: Fields = {
    "document": "52998224725",
    "cashback": "1.40",
    "at": "2026-01-02T12:00:00Z",
    "reference": "ours",
}
LINE = StatementLine(
    number=7,
    document="52998224725",
    cashback_centavos=140,
    credited_at=datetime(2026, 1, 2, 12, tzinfo=UTC),
    reference="ours",
)


def test_a_row_is_a_credit() -> None:
    assert read_line(7, ROW) == LINE


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("cashback", "-1.40", LineKind.REVERSAL),
        ("type", "Estorno", LineKind.REVERSAL),
        ("kind", "CHARGEBACK", LineKind.REVERSAL),
        ("type", "Devolução", LineKind.REVERSAL),
        ("type", "crédito", LineKind.CREDIT),
        ("type", None, LineKind.CREDIT),
        ("kind", "", LineKind.CREDIT),
    ],
)
def test_a_reversal_is_a_kind_of_its_own(field: str, value: Value, kind: LineKind) -> None:
    line = read_line(7, {**ROW, field: value})
    assert (line.kind, line.cashback_centavos, line.problem) == (kind, 140, None)


def test_no_word_means_both() -> None:
    assert not CREDITS & REVERSALS


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("document", "***.982.247-**", "document: masked"),
        ("document", "52998224726", "document: no document"),
        ("document", "11111111111", "document: no document"),
        ("document", "xxx.982.247-xx", "document: masked"),
        ("document", "XX.222.333/XXXX", "document: masked"),
        ("document", "5.2998E10", "document: no document"),
        ("document", "CPF52998224725", "document: no document"),
        ("document", "5299822472A", "document: no document"),
        ("document", "1122233300018A", "document: no document"),
        ("document", "529982247-26", "document: no document"),
        ("document", "xx.222.333/xxxx-12", "document: masked"),
        ("document", "XX222333XXXX12", "document: masked"),
        ("document", "12abc34501de3\u0665", "document: no document"),
        ("document", "12ab\u017fc34501de35", "document: no document"),
        ("document", "191", "document: no document"),
        ("document", "00000191", "document: no document"),
        ("document", 12345678, "document: no document"),
        ("document", 191, "document: a CPF or a CNPJ, without its zeros"),
        ("document", None, "document: missing"),
        ("document", Odd.NESTED, "document: not a single value"),
        ("document", Odd.TWICE, "document: given twice"),
        ("document", True, "document: neither a text nor a number"),
        ("document", "5" * 30_000, "document: no document"),
        ("cashback", "1,40", "cashback: not an amount"),
        ("cashback", "1.405", "cashback: not exact to the centavo"),
        ("cashback", "0.00", "cashback: no amount was credited"),
        ("cashback", "100000000.00", "cashback: beyond any amount"),
        ("at", "yesterday", "at: not an instant"),
        ("at", "2100-01-01T00:00:00Z", "at: after the year 2099"),
        ("at", None, "at: missing"),
        ("type", "PIX", "type: neither a credit nor a reversal"),
        ("reference", Odd.NESTED, "reference: not a single value"),
    ],
)
def test_an_unreadable_field_keeps_the_rest_of_its_line(
    field: str, value: Value, problem: str
) -> None:
    line = read_line(7, {**ROW, field: value})
    assert (line.kind, line.problem) == (LineKind.UNREADABLE, problem)
    kept = {
        "document": line.document,
        "cashback": line.cashback_centavos,
        "at": line.credited_at,
        "reference": line.reference,
    }
    whole = {
        "document": LINE.document,
        "cashback": LINE.cashback_centavos,
        "at": LINE.credited_at,
        "reference": LINE.reference,
    }
    assert kept == whole | ({field: None} if field != "type" else {})


def test_every_problem_of_a_line_is_told() -> None:
    line = read_line(1, {})
    assert line.problem == "document: missing; cashback: missing; at: missing"
    assert read_line(2, None).problem == "row: not an object"


@pytest.mark.parametrize(
    ("document", "read"),
    [
        ("529.982.247-25", "52998224725"),
        (" 52998224725 ", "52998224725"),
        (52998224725, "52998224725"),
        (1234567890, "01234567890"),  # a number has lost its zeros
        (360305000104, "00360305000104"),
        ("11.222.333/0001-81", "11222333000181"),
        ("12ABC34501DE35", "12ABC34501DE35"),
        ("12abc34501de35", "12ABC34501DE35"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("11222333/0001-81", "11222333000181"),
        ("11.222.333/000181", "11222333000181"),
        ("11 . 222 . 333 / 0001 - 81", "11222333000181"),
        ("529982247-25", "52998224725"),
        ("529 982 247 25", "52998224725"),
        ("529/982.247\u00a025", "52998224725"),
        ("aa-123456", "AA-123456"),  # as it is stored
        ("AX123456", "AX123456"),
        ("12.345.678", "12.345.678"),
        ("E12345678/90-B", "E12345678/90-B"),
        (11222333000181, "11222333000181"),
    ],
)
def test_documents_are_read_in_their_spellings(document: Value, read: str) -> None:
    line = read_line(1, {**ROW, "document": document})
    assert (line.document, line.problem) == (read, None)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (None, None),
        (" OURS  ", " OURS  "),
        (12, "12"),
        ("a\x00b\n", "a\ufffdb\ufffd"),
        ("x" * 30_000, "x" * MAX_REFERENCE),
    ],
)
def test_a_reference_is_kept_as_told_as_far_as_it_can_be_stored(
    told: Value, kept: str | None
) -> None:
    line = read_line(1, {**ROW, "reference": told})
    assert (line.reference, line.problem) == (kept, None)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.decimals(allow_nan=False), st.text(),
    st.sampled_from(Odd), st.from_regex(r"-?\d{1,25}(\.\d{1,9})?", fullmatch=True),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*ROW, "type", "kind"]), VALUES))
def test_whatever_a_row_holds_is_a_line(row: Fields) -> None:
    line = read_line(1, row)
    known = line.document, line.cashback_centavos, line.credited_at
    assert (line.problem is None) == (line.kind is not LineKind.UNREADABLE)
    if line.problem is None:
        assert None not in known
    assert line.cashback_centavos is None or line.cashback_centavos > 0
    for value in row.values():
        if isinstance(value, str) and len(value) > 6 and line.problem is not None:
            assert value not in line.problem  # nothing personal


SPELT = {
    "document": st.sampled_from(
        ["52998224725", "529.982.247-25", " 52998224725 ", "00000000000", "52998224724",
         "5299822472", "11222333000181", "***.982.247-**", "5-2998224725", 52998224725, None]
    ),
    "cashback": st.sampled_from(
        ["1.40", "0.00", "-1.40", "01.40", "1.4", "99999999.99", "100000000.00", "1.400", 1, None]
    ),
    "at": st.sampled_from(
        ["2026-01-02T12:00:00Z", "2026-02-30T12:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02",
         "1999-12-31T23:59:59Z", "2099-12-31T23:59:59Z", "2026-01-02t12:00:00z", None]
    ),
    "reference": st.sampled_from(["ours", "x" * 300, "a\x00b", "", 7, Odd.TWICE, None]),
    "type": st.sampled_from(["credit", "estorno", None]),
}  # fmt: skip


@given(st.fixed_dictionaries({}, optional=SPELT))
def test_the_quick_way_says_what_the_other_one_says(row: Fields) -> None:
    assert read_line(3, row) == read_any_line(3, row)
