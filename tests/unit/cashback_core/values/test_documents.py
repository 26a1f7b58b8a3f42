"""CPF and CNPJ against two independent judges, where those are right."""

from __future__ import annotations

import string
from typing import Any, cast

import pytest
import stdnum.br.cnpj
import stdnum.br.cpf
import validate_docbr
from hypothesis import example, given
from hypothesis import strategies as st

from cashback_core.testing import strategies
from cashback_core.values.documents import (
    Cnpj,
    Cpf,
    DocumentFault,
    InvalidDocument,
    hide_documents,
    holds_cpf,
    mask,
    mask_documents,
)

docbr_cpf = cast("Any", validate_docbr.CPF())
docbr_cnpj = cast("Any", validate_docbr.CNPJ())
stdnum_cpf = cast("Any", stdnum.br.cpf)
stdnum_cnpj = cast("Any", stdnum.br.cnpj)

ELEVEN_DIGITS = st.text(string.digits, min_size=11, max_size=11)
FOURTEEN = st.text(string.digits, min_size=14, max_size=14)


def is_cpf(text: str) -> bool:
    try:
        Cpf.parse(text)
    except InvalidDocument:
        return False
    return True


def is_cnpj(text: str) -> bool:
    try:
        Cnpj.parse(text)
    except InvalidDocument:
        return False
    return True


def near(documents: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Documents of which one or two characters may have been mistyped."""

    def mistype(document: str, place: int, digit: str) -> str:
        return document[:place] + digit + document[place + 1 :]

    places, digits = st.integers(0, 10), st.sampled_from(string.digits)
    once = st.builds(mistype, documents, places, digits)
    return documents | once | st.builds(mistype, once, places, digits)


@given(near(strategies.cpfs()) | ELEVEN_DIGITS)
@example("12345678909")
@example("01234567890")
@example("00000000191")
@example("11144477735")
def test_cpfs_are_judged_as_two_others_judge_them(text: str) -> None:
    if text != text[0] * 11:  # python-stdnum takes repeated digits
        assert is_cpf(text) == stdnum_cpf.is_valid(text)
    assert is_cpf(text) == docbr_cpf.validate(text)


@given(near(strategies.cnpjs(alphanumeric=False)) | FOURTEEN)
@example("11222333000181")
@example("00000000000191")
def test_numeric_cnpjs_are_judged_as_two_others_judge_them(text: str) -> None:
    if text != text[0] * 14:
        assert is_cnpj(text) == stdnum_cnpj.is_valid(text)
    assert is_cnpj(text) == docbr_cnpj.validate(text)


@given(near(strategies.cnpjs()))
@example("12ABC34501DE35")
def test_alphanumeric_cnpjs_are_judged_as_another_judges_them(text: str) -> None:
    if text != text[0] * 14:
        assert is_cnpj(text) == stdnum_cnpj.is_valid(text)


@pytest.mark.parametrize("digit", string.digits)
def test_repeated_digits_are_refused(digit: str) -> None:
    for document, length in ((Cpf, 11), (Cnpj, 14)):
        with pytest.raises(InvalidDocument) as caught:
            document.parse(digit * length)
        # Of a CNPJ only zeros have right check digits, but all of them are told alike.
        assert caught.value.fault is DocumentFault.REPEATED


@pytest.mark.parametrize("text", ["00001910000", "99996469999"])
def test_a_palindrome_may_be_valid(text: str) -> None:
    assert text == text[::-1]
    assert Cpf.parse(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *["", "5299822472", "529982247255", " 52998224725", "52998224725 ", "52998224725\n"],
        *["529.982.24725", "529982247-25", "529-982-247.25", "529 982 247 25", "529.982.247-2"],
        *["\uff15\uff12\uff19\uff19\uff18\uff12\uff12\uff14\uff17\uff12\uff15", "5299822472\u00b2"],
        *["52998224725\0", "abcdefghijk", "11222333000181"],
    ],
)
def test_a_cpf_has_two_spellings_only(text: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        Cpf.parse(text)
    assert caught.value.fault is DocumentFault.FORMAT
    assert str(caught.value) == "this is not written as a CPF or a CNPJ is", "never the document"


@pytest.mark.parametrize(
    "text", ["12abc34501de35", "12.ABC.345/01DE-3A", "12ABC34501DE3", "\u00c12ABC34501DE35", ""]
)
def test_a_cnpj_has_capitals_only_and_digits_at_its_end(text: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        Cnpj.parse(text)
    assert caught.value.fault is DocumentFault.FORMAT


@given(strategies.cpfs())
def test_both_spellings_are_the_same_cpf(cpf: Cpf) -> None:
    dotted = f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"
    assert Cpf.parse(dotted) == Cpf.parse(str(cpf)) == cpf
    assert type(Cpf.parse(dotted)) is Cpf


@given(strategies.cnpjs())
def test_both_spellings_are_the_same_cnpj(cnpj: Cnpj) -> None:
    dotted = f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}"
    assert Cnpj.parse(dotted) == Cnpj.parse(str(cnpj)) == cnpj


@given(strategies.cpfs(), strategies.cnpjs())
def test_a_repr_never_tells_the_whole_document(cpf: Cpf, cnpj: Cnpj) -> None:
    assert str(cpf) not in repr(cpf)
    assert str(cnpj) not in repr([cnpj])
    assert repr(Cpf("52998224725")) == "Cpf('***.982.247-**')"


def test_a_mask_hides_anything_else_whole() -> None:
    assert mask("52998224725") == "***.982.247-**"
    assert mask("529.982.247-25") == "*" * 14
    assert mask("x" * 500) == "*" * 20
    assert mask("5299822472\u00b2") == "*" * 11
    assert mask("") == ""


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


@given(st.text(max_size=20) | strategies.cpfs())
def test_what_is_masked_stays_masked(text: str) -> None:
    assert mask(mask(text)) == mask(text)
