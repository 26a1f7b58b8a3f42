"""Whoever is paid by a foreign document is found again on the statement, and nobody else is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import Explanations, FindingClass, consecutive, line_key
from cashback_core.reconciliation.statement_rows import read_line
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.testing import strategies
from cashback_core.values.documents import Cpf, cpf_check_digits
from unit.cashback_core.reconciliation.worlds import ECHOED, SILENT, T, entry, found
from unit.cashback_core.reconciliation.worlds import told as statement

if TYPE_CHECKING:
    from cashback_core.reconciliation import BookEntry, Finding, Rules

RULES = st.sampled_from([ECHOED, SILENT])

PAID_ABROAD = [
    *("123456789", "12.345.678-5", "1234567890", "20123456786", "AB123456789", "A1234567890123"),
    *("0012345678", "52998224726", "00000191", "5299822472A"),
]
"""What intake takes, and no reader can tell from a CPF or a CNPJ that was told wrongly."""


def told_of(one: BookEntry, document: object, rules: Rules, **changes: object) -> StatementLine:
    """The line that tells of a cashback under this document."""
    row: dict[str, object] = {
        "document": document,
        "cashback": f"{one.cashback_centavos // 100}.{one.cashback_centavos % 100:02d}",
        "at": T.isoformat(),
        "reference": str(one.id) if rules.echoes_reference else None,
        **changes,
    }
    return read_line(1, row)  # type: ignore[arg-type]


def of_line(findings: list[Finding]) -> Finding:
    """What was found of the only line."""
    (finding,) = (finding for finding in findings if finding.line is not None)
    return finding


@given(strategies.foreign_documents() | st.sampled_from(PAID_ABROAD), RULES)
def test_whatever_foreign_document_is_paid_is_read_again(document: str, rules: Rules) -> None:
    paid = entry(1, Status.APPLIED, document=str(document))
    doubt = replace(paid, status=Status.IN_DOUBT, applied_at=None)
    line = told_of(paid, document, rules)
    findings, reconciliation = found([paid], [line], rules)
    assert of_line(findings).cls is FindingClass.MATCHED
    assert reconciliation.distrust is None
    findings, _ = found([doubt], [line], rules)
    assert of_line(findings).cls is FindingClass.DOUBT_APPLIED
    missed, _ = found([doubt], [], rules)
    assert missed[0].cls is FindingClass.DOUBT_ABSENT


@pytest.mark.parametrize("document", PAID_ABROAD)
@pytest.mark.parametrize("rules", [ECHOED, SILENT], ids=["echoed", "silent"])
def test_what_nobody_here_has_keeps_every_doubt(document: str, rules: Rules) -> None:
    doubt = entry(1, Status.IN_DOUBT, document="52998224725")
    line = told_of(entry(2, Status.APPLIED), document, rules)
    assert (line.kind, line.document) == (LineKind.UNREADABLE, None)
    findings, reconciliation = found([doubt], [line], rules)
    assert of_line(findings).cls is FindingClass.UNREADABLE
    assert reconciliation.distrust == "1 lines cannot be read"
    assert FindingClass.DOUBT_UNDECIDED in {finding.cls for finding in findings}


@given(st.integers(10_000, 99_999_999).filter(lambda stem: len(set(str(stem))) > 1), RULES)
def test_what_may_be_a_cpf_of_the_book_without_its_zeros_is_nobodys(
    stem: int, rules: Rules
) -> None:
    cpf = Cpf(f"{stem:09d}{cpf_check_digits(f'{stem:09d}')}")
    short = cpf.lstrip("0")
    foreigner = entry(1, Status.IN_DOUBT, document=short)
    person = entry(2, Status.IN_DOUBT, document=str(cpf), cashback_centavos=141)
    line = told_of(foreigner, short, SILENT)
    findings, _ = found([foreigner, person], [line], rules)
    assert of_line(findings).cls is FindingClass.UNREADABLE
    assert not any(finding.move for finding in findings)
    alone, _ = found([person], [line], rules)
    assert of_line(alone).entry == person


@pytest.mark.parametrize("rules", [ECHOED, SILENT], ids=["echoed", "silent"])
def test_a_number_is_the_company_of_the_book_or_the_person_but_never_either(rules: Rules) -> None:
    company = entry(1, Status.APPLIED, document="00000000000191")
    person = entry(2, Status.APPLIED, document="00000000191", cashback_centavos=141)
    line = told_of(company, 191, SILENT)
    for known, cls in (
        ([company], FindingClass.MATCHED),
        ([person], FindingClass.MATCHED),
        ([company, person], FindingClass.UNREADABLE),
        ([], FindingClass.UNREADABLE),
    ):
        findings, _ = found(known, [line], rules)
        assert of_line(findings).cls is cls


@pytest.mark.parametrize(
    "changes",
    [
        {"cashback": "odd"},
        {"at": None},
        {"type": "PIX"},
        {"type": "estorno"},
        {"cashback": "-1.40"},
    ],
)
def test_a_line_that_is_doubtful_in_more_than_its_document_stays_unreadable(
    changes: dict[str, object],
) -> None:
    paid = entry(1, Status.APPLIED, document="123456789")
    line = told_of(paid, "123456789", ECHOED, **changes)
    findings, _ = found([paid], [line], ECHOED)
    assert of_line(findings).cls is FindingClass.UNREADABLE


def test_lines_of_two_foreigners_are_two_lines() -> None:
    one, other = (
        told_of(entry(1, Status.APPLIED), text, SILENT) for text in ("123456789", "123456780")
    )
    assert line_key(one) != line_key(other)


def test_a_mask_is_the_company_of_the_book_whose_number_it_may_be_and_nobody_elses() -> None:
    company = entry(1, Status.APPLIED, document="XX222333XXXX12")
    for told in ("XX222333XXXX12", "xx.222.333/xxxx-12"):
        line = told_of(company, told, SILENT)
        assert of_line(found([company], [line], SILENT)[0]).cls is FindingClass.MATCHED
        doubt = entry(2, Status.IN_DOUBT)
        findings, _ = found([doubt], [line], SILENT)
        assert of_line(findings).cls is FindingClass.UNREADABLE
        assert not any(finding.move for finding in findings)


@pytest.mark.parametrize(
    ("number", "filled"), [(1234567890, "01234567890"), (360305000104, "00360305000104")]
)
@pytest.mark.parametrize("rules", [ECHOED, SILENT], ids=["echoed", "silent"])
def test_a_number_without_its_zeros_is_the_foreigner_of_the_book_who_has_it_as_it_stands(
    number: int, filled: str, rules: Rules
) -> None:
    foreigner = entry(1, Status.IN_DOUBT, document=str(number))
    person = entry(2, Status.IN_DOUBT, document=filled, cashback_centavos=141)
    for known, cls in (
        ([foreigner], FindingClass.DOUBT_APPLIED),
        ([person], FindingClass.DOUBT_APPLIED),
        ([foreigner, person], FindingClass.UNREADABLE),
    ):
        line = told_of(known[0], number, rules)
        assert (line.kind, line.document, line.problem) == (LineKind.CREDIT, filled, None)
        findings, _ = found(known, [line], rules)
        assert of_line(findings).cls is cls
        assert any(finding.move for finding in findings) is (len(known) == 1)
    line = told_of(foreigner, number, rules)
    findings, reconciliation = found([], [line], rules)
    assert of_line(findings).cls is FindingClass.UNKNOWN_HERE
    assert of_line(findings).line == replace(line, doubtful=None)
    assert reconciliation.distrust is None


@pytest.mark.parametrize("document", [1234567890, "1234567890"], ids=["number", "text"])
def test_what_a_person_explained_of_a_doubtful_line_holds(document: int | str) -> None:
    foreigner = entry(1, Status.IN_DOUBT, document="1234567890")
    person = entry(2, Status.IN_DOUBT, document="01234567890", cashback_centavos=141)
    line = told_of(foreigner, document, SILENT)
    for known in ([foreigner, person], []):
        findings, _ = found(known, [line], SILENT)
        told = of_line(findings).line
        assert told is not None
        said = Explanations(lines={line_key(told): (None,)})
        findings, reconciliation = found(known, [line, line], SILENT, explanations=said)
        classes = [finding.cls for finding in findings if finding.line is not None]
        assert classes.count(FindingClass.EXPLAINED) == 1, "of two that read the same it is one"
        said = Explanations(lines={line_key(told): (None, None)})
        findings, reconciliation = found(known, [line, line], SILENT, explanations=said)
        assert reconciliation.distrust is None


def test_a_number_that_is_taken_back_is_read_as_it_was() -> None:
    line = told_of(entry(1, Status.APPLIED), 1234567890, SILENT, type="estorno")
    assert (line.kind, line.document, line.doubtful) == (LineKind.REVERSAL, "01234567890", None)


@pytest.mark.parametrize("document", [1234567890, "1234567890"], ids=["number", "text"])
def test_lines_of_one_number_of_several_statements_are_several_lines(document: int | str) -> None:
    one, other = (entry(n, Status.IN_DOUBT, document="1234567890") for n in (1, 2))
    lines = [told_of(doubt, document, ECHOED) for doubt in (one, other)]
    assert [line.number for line in lines] == [1, 1]
    findings, _ = found([one, other], lines, ECHOED)
    assert [finding.cls for finding in findings] == [FindingClass.DOUBT_APPLIED] * 2


@pytest.mark.parametrize("document", [1234567890, "1234567890"], ids=["number", "text"])
def test_a_date_alone_that_two_statements_tell_is_read_by_no_book(document: int | str) -> None:
    doubt = entry(1, Status.IN_DOUBT, document="1234567890")
    line = told_of(doubt, document, SILENT, at=T.date().isoformat())
    both = [statement([line]), statement([line])]
    lines = list(consecutive(both, lambda _: [line]))
    findings, _ = found([doubt], lines[1:], SILENT)
    assert of_line(findings).cls is FindingClass.UNREADABLE
    assert not any(finding.move for finding in findings)
