"""Documents within texts: found, masked and starred wherever they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.testing import strategies
from cashback_core.values.documents import BuyerDocument, Cnpj, Cpf, ForeignDocument, mask
from cashback_core.values.masks import (
    LONG_FOREIGN,
    hide_documents,
    holds_cpf,
    holds_document,
    holds_written_cpf,
    mask_documents,
    star_documents,
)
from unit.cashback_core.values.test_documents import ELEVEN_DIGITS, buyers, is_cpf


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("cpf 52998224725.", "cpf ***.982.247-**."),
        ("529.982.247-25", "***.982.247-**"),
        ("529.982.247-26", "***.982.247-**"),  # mistyped, but plainly a CPF
        ("52998224726", "52998224726"),  # some other number of 11 digits
        ("152998224725", "152998224725"),
        ("529982247251", "529982247251"),
        ("11144477735,52998224725", "***.444.777-**,***.982.247-**"),
        ("cnpj 11222333000181.", "cnpj **.222.333/****-**."),
        ("11.222.333/0001-81", "**.222.333/****-**"),
        ("11.222.333/0001-82", "**.222.333/****-**"),  # mistyped, but plainly a CNPJ
        ("11222333000182", "11222333000182"),  # some other number of 14 digits
        ("12ABC34501DE35 and 12ABC34501DE36", "**.ABC.345/****-** and 12ABC34501DE36"),
        (f"{'3' * 25}11222333000181", f"{'3' * 25}11222333000181"),  # within an access key
    ],
)
def test_cpfs_within_a_text_are_masked(text: str, masked: str) -> None:
    assert mask_documents(text) == masked


GROUPED = (
    *("{}{}{}{}", "{}.{}.{}-{}", "{} {} {} {}", "000{}{}{}{}", "{}-{}-{}/{}", "{}.{}{}-{}"),
    *("{} - {} - {} - {}", "{}. {}. {} - {}", "{}   {}   {}-{}"),
)


@given(strategies.cpfs(), st.sampled_from(GROUPED), st.sampled_from(("", "CPF ", "nr:", "a")))
def test_a_document_in_a_text_is_found_and_hidden_however_it_is_grouped(
    cpf: Cpf, grouped: str, before: str
) -> None:
    told = grouped.format(cpf[:3], cpf[3:6], cpf[6:9], cpf[9:])
    text = f"{before}{told}; line 7"
    assert holds_cpf(text)
    padding = "000" if grouped.startswith("000") else ""
    assert hide_documents(text) == f"{before}{padding}{mask(cpf)}; line 7"


@given(ELEVEN_DIGITS)
def test_any_eleven_digits_are_hidden_and_a_document_is_one_with_right_check_digits(
    digits: str,
) -> None:
    assert holds_cpf(f"of {digits}") is is_cpf(digits)
    if digits[0] != "0":
        assert hide_documents(digits) == mask(digits)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in digits)
    assert holds_cpf(wide) is is_cpf(digits)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NF 1234567890",
        "the provider's mail of 03/06/2026 10:15:22",
        "35260611222333000181550010000012341000012345",  # an invoice's key of 44 digits
        "01a226f2-07d8-77d3-8e56-7c05df5f81bc",
        "11222333000181",  # a company's
        "R$ 1.234.567,89",
    ],
)
def test_what_holds_no_document_stays_as_it_is(text: str) -> None:
    assert not holds_cpf(text)
    assert hide_documents(text) == text


@pytest.mark.parametrize(
    ("text", "document", "held"),
    [
        ("NF 11.222.333/0001-81", Cnpj("11222333000181"), True),
        ("35260111222333000181650010000000011000000015", Cnpj("11222333000181"), True),
        ("12.abc.345/01de-35", Cnpj("12ABC34501DE35"), True),
        ("12ABC34501DE", Cnpj("12ABC34501DE35"), False),
        ("passport aa-12345, row 7", ForeignDocument("AA-12345"), True),
        ("XAA-12345", ForeignDocument("AA-12345"), False),
        ("AA-123456", ForeignDocument("AA-12345"), False),
        ("NF-123456", ForeignDocument("12345"), False),
        ("NF-12345", ForeignDocument("12345"), True),
        ("NF-1234/5", ForeignDocument("12345"), False),
        ("LOJA-AA123456", ForeignDocument("AA-123456"), True),
        ("aa.12.3456/", ForeignDocument("AA-123456"), True),
        ("XAA123456", ForeignDocument("AA-123456"), False),
        ("AA1234567", ForeignDocument("AA-123456"), False),
        ("52998224725", None, False),
    ],
)
def test_a_text_holds_whatever_identifies_the_buyer(
    text: str, document: BuyerDocument | None, *, held: bool
) -> None:
    assert holds_document(text, document) is held


@given(buyers(), st.text(max_size=5), st.text(max_size=5))
def test_what_is_starred_holds_the_document_no_more(
    document: BuyerDocument, before: str, after: str
) -> None:
    text = f"{before} {document.formatted} {after}"
    assert holds_document(text, document)
    starred = star_documents(text, document)
    assert not holds_document(starred, document)


def test_companies_are_starred_wherever_they_stand() -> None:
    told = "11222333000181 and 11.222.333/0001-81, not 11222333000180"
    stars = "**.***.***/****-**"
    assert star_documents(told) == f"{stars} and {stars}, not 11222333000180"


@given(strategies.foreign_documents(), st.lists(st.sampled_from("./-"), max_size=3))
def test_a_long_foreign_document_is_found_however_it_is_punctuated(
    document: ForeignDocument, marks: list[str]
) -> None:
    plain = "".join(filter(str.isalnum, document))
    told = plain[:2] + "".join(marks) + plain[2:]
    if len(plain) >= LONG_FOREIGN:
        assert holds_document(f"({told})", document)
        assert not holds_document(star_documents(f"({told})", document), document)


@given(ELEVEN_DIGITS)
def test_a_cpf_is_written_as_one_where_it_is_punctuated(digits: str) -> None:
    punctuated = f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"
    assert holds_written_cpf(f"NF/{punctuated}") is is_cpf(digits)
    assert not holds_written_cpf(digits)
    assert not holds_written_cpf(f"1{punctuated}")
