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
    BuyerDocument,
    Cnpj,
    Cpf,
    DocumentFault,
    DocumentKind,
    ForeignDocument,
    InvalidDocument,
    document_kind,
    mask,
    named_document,
    store_document,
    stored_document,
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
    assert str(caught.value) == "this is not written as such a document is", "never the document"


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


@pytest.mark.parametrize(
    ("word", "document"),
    [
        ("52998224725", Cpf("52998224725")),
        ("529.982.247-25", Cpf("52998224725")),
        ("11222333000181", Cnpj("11222333000181")),
        ("12.ABC.345/01DE-35", Cnpj("12ABC34501DE35")),
        ("foreign:52998224726", ForeignDocument("52998224726")),
        ("foreign:ab-123456", ForeignDocument("AB-123456")),
    ],
)
def test_one_word_names_a_document_of_every_kind(word: str, document: BuyerDocument) -> None:
    assert store_document(named_document(word)) == store_document(document)


@pytest.mark.parametrize(
    "word",
    [
        *("", "52998224726", "11222333000182", "AB-123456", "foreign:", "FOREIGN:AB-123456"),
        *("foreign:52998224725", "foreign:11.222.333/0001-81"),
    ],
)
def test_a_word_that_names_no_document_is_refused(word: str) -> None:
    with pytest.raises(InvalidDocument):
        named_document(word)


def test_a_mask_hides_anything_else_whole() -> None:
    assert mask("52998224725") == "***.982.247-**"
    assert mask("529.982.247-25") == "*" * 14
    assert mask("x" * 500) == "*" * 20
    assert mask("5299822472\u00b2") == "*" * 11
    assert mask("") == ""


@given(st.text(max_size=20) | strategies.cpfs())
def test_what_is_masked_stays_masked(text: str) -> None:
    assert mask(mask(text)) == mask(text)


def buyers() -> st.SearchStrategy[BuyerDocument]:
    return strategies.cpfs() | strategies.cnpjs() | strategies.foreign_documents()


@given(buyers(), buyers())
def test_a_document_comes_back_from_the_store_as_it_was(
    one: BuyerDocument, other: BuyerDocument
) -> None:
    again = stored_document(store_document(one))
    assert (again, type(again)) == (one, type(one))
    assert type(one).parse(one.formatted) == one
    assert (
        document_kind(one)
        == {
            Cpf: DocumentKind.CPF,
            Cnpj: DocumentKind.CNPJ,
            ForeignDocument: DocumentKind.FOREIGN,
        }[type(one)]
    )
    same = (one, type(one)) == (other, type(other))
    assert (store_document(one) == store_document(other)) is same


@given(
    st.one_of(strategies.cpfs(), strategies.cnpjs()),
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from("./-")), max_size=6),
)
def test_no_cpf_or_cnpj_is_foreign_however_it_is_written(
    document: Cpf | Cnpj, punctuation: list[tuple[int, str]]
) -> None:
    told = document.lower()
    for place, mark in punctuation:
        told = told[:place] + mark + told[place:]
    for text in (told, document.formatted):
        with pytest.raises(InvalidDocument) as caught:
            ForeignDocument(text)
        assert caught.value.fault is DocumentFault.NOT_FOREIGN
        assert not ForeignDocument.is_valid(text)


@given(ELEVEN_DIGITS)
def test_eleven_digits_are_foreign_unless_somebody_in_brazil_has_them(digits: str) -> None:
    assert ForeignDocument.is_valid(digits) is not is_cpf(digits)


def test_a_foreign_document_is_kept_in_capitals_and_told_to_nobody() -> None:
    assert store_document(ForeignDocument("52998224726")) == "F:52998224726"
    assert store_document(Cpf("52998224725")) == "52998224725"
    assert ForeignDocument("aa-123456") == "AA-123456"
    assert repr(ForeignDocument("AA-123456")) == "ForeignDocument('*********')"


@given(buyers())
def test_no_document_is_told_by_its_repr_or_its_mask(document: BuyerDocument) -> None:
    assert document not in repr(document)
    assert mask(mask(document)) == mask(document)
    assert str(document) != mask(document)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("11222333000181", "**.222.333/****-**"),
        ("11222333000180", "*" * 14),
        ("529.982.247-25", "*" * 14),
        ("12ABC34501DE35", "**.ABC.345/****-**"),
        ("**.222.333/****-**", "**.222.333/****-**"),
    ],
)
def test_a_company_is_masked_like_a_person(text: str, masked: str) -> None:
    assert mask(text) == masked
