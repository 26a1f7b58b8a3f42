"""What identifies who bought: CPF and CNPJ, Brazil's taxpayer numbers, or a foreign document.

Rules: Receita Federal; the alphanumeric CNPJ of July 2026 is Instrução Normativa RFB 2.229/2024
(each character counts as its ASCII code minus 48, so digits keep their value). A foreigner's is
opaque: NF-e asks for 5 to 20 characters (idEstrangeiro), and so do we.
"""

from __future__ import annotations

import re
from enum import StrEnum
from operator import mul
from typing import TYPE_CHECKING, Final, Self, assert_never

if TYPE_CHECKING:
    from collections.abc import Callable

_CPF: Final = re.compile(r"(?:[0-9]{11}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2})\Z", re.ASCII)
_MASKED: Final = re.compile(
    r"(?:\*{3}\.[0-9]{3}\.[0-9]{3}-\*{2}|\*{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/\*{4}-\*{2}|\*+)\Z",
    re.ASCII,
)
_CNPJ: Final = re.compile(
    r"(?:[0-9A-Z]{12}[0-9]{2}|[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2})\Z",
    re.ASCII,
)
_FOREIGN: Final = re.compile(r"(?=[./-]*[0-9A-Za-z])[0-9A-Za-z./-]{5,20}\Z", re.ASCII)
MIN_FOREIGN_CHARS: Final = 5
MAX_FOREIGN_CHARS: Final = 20

_NAMED_FOREIGN: Final = "foreign:"
"""Before a foreign document where people name documents in one word."""

_STORED_FOREIGN: Final = "F:"
"""Before a foreign document where it is stored: no CPF, CNPJ or pseudonym begins so."""

_PLAIN_CPF: Final = re.compile(r"[0-9]{11}\Z", re.ASCII)
_PLAIN_CNPJ: Final = re.compile(r"[0-9A-Z]{12}[0-9]{2}\Z", re.ASCII)
_PUNCTUATION: Final = str.maketrans("", "", ".-/")
_CNPJ_WEIGHTS: Final = (
    (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2),
    (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2),
)


class DocumentFault(StrEnum):
    """Why a document is refused."""

    FORMAT = "format"
    REPEATED = "repeated"
    CHECK_DIGITS = "check_digits"
    NOT_FOREIGN = "not_foreign"
    """Told as foreign, and its letters and digits are a valid CPF or CNPJ."""


class DocumentKind(StrEnum):
    """What a document identifies its holder by."""

    CPF = "cpf"
    """A person in Brazil."""
    CNPJ = "cnpj"
    """A company."""
    FOREIGN = "foreign"
    """Whoever has neither."""


_SENTENCES: Final = {
    DocumentFault.FORMAT: "this is not written as such a document is",
    DocumentFault.REPEATED: "one character repeated is no document",
    DocumentFault.CHECK_DIGITS: "the check digits of this document are wrong",
    DocumentFault.NOT_FOREIGN: "this is a CPF or a CNPJ, and no foreign document",
}


class InvalidDocument(ValueError):  # noqa: N818 (named by what is wrong)
    """Not a document; `fault` says why, and the message, a sentence, never repeats it."""

    def __init__(self, fault: DocumentFault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return _SENTENCES[self.fault]


class _Document(str):
    """A document that is its text. Made of what is one; its repr is masked."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """From whatever spelling is taken of it; raises InvalidDocument."""
        return cls(text)

    @classmethod
    def known(cls, text: str) -> Self:
        """Exactly this text, unchecked: a stored document, or what stands where one was erased."""
        return str.__new__(cls, text)

    @classmethod
    def is_valid(cls, text: str) -> bool:
        """Whether `parse` takes this; anything but a text is none."""
        try:
            cls.parse(text)
        except InvalidDocument:
            return False
        return True

    def __reduce__(self) -> tuple[object, ...]:
        """Copied as it is: what stands for a document is none."""
        return type(self).known, (str(self),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{mask(self)}')"


class Cpf(_Document):
    """A person's number: 11 ASCII digits with right check digits. Its repr is masked.

    `Cpf("52998224725")` raises InvalidDocument for anything else; `parse` takes a punctuated one,
    too. `Cpf.known` takes what was checked when it was stored, or stands for a CPF.
    """

    __slots__ = ()

    def __new__(cls, digits: str) -> Self:
        """Eleven digits; raises InvalidDocument."""
        if not _is_written(_PLAIN_CPF, digits):
            raise InvalidDocument(DocumentFault.FORMAT)
        _check(digits, cpf_check_digits)
        return str.__new__(cls, digits)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From 11 digits or 000.000.000-00; raises InvalidDocument."""
        if not _is_written(_CPF, text):
            raise InvalidDocument(DocumentFault.FORMAT)
        digits = text if len(text) == 11 else text.translate(_PUNCTUATION)
        _check(digits, cpf_check_digits)
        return str.__new__(cls, digits)

    @property
    def formatted(self) -> str:
        """000.000.000-00, as people write it."""
        return f"{self[:3]}.{self[3:6]}.{self[6:9]}-{self[9:]}"


class Cnpj(_Document):
    """A company's number: 12 digits or capital letters and two check digits. Its repr is masked.

    `Cnpj("11222333000181")` raises InvalidDocument for anything else; `parse` takes a punctuated
    one, too. `Cnpj.known` takes what was checked when it was stored.
    """

    __slots__ = ()

    def __new__(cls, plain: str) -> Self:
        """Fourteen characters, capitals only; raises InvalidDocument."""
        if not _is_written(_PLAIN_CNPJ, plain):
            raise InvalidDocument(DocumentFault.FORMAT)
        _check(plain, cnpj_check_digits)
        return str.__new__(cls, plain)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From 14 characters or 00.000.000/0000-00, capitals only; raises InvalidDocument."""
        if not _is_written(_CNPJ, text):
            raise InvalidDocument(DocumentFault.FORMAT)
        plain = text if len(text) == 14 else text.translate(_PUNCTUATION)
        _check(plain, cnpj_check_digits)
        return str.__new__(cls, plain)

    @property
    def formatted(self) -> str:
        """00.000.000/0000-00, as people write it."""
        return f"{self[:2]}.{self[2:5]}.{self[5:8]}/{self[8:12]}-{self[12:]}"


class ForeignDocument(_Document):
    """Whatever identifies a foreigner: 5 to 20 of 0-9 A-Z . / - in capitals. Its repr is masked.

    `ForeignDocument("aa-123456")` is "AA-123456"; anything else raises InvalidDocument, and so does
    what is a valid CPF or CNPJ, behind zeros, too: whoever is told the document alone, as the
    provider is, would take it for that person's or company's.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """5 to 20 such characters, a letter or digit among them; raises InvalidDocument."""
        if not _is_written(_FOREIGN, text):
            raise InvalidDocument(DocumentFault.FORMAT)
        told = text.upper()
        if _is_brazilian(told.translate(_PUNCTUATION)):
            raise InvalidDocument(DocumentFault.NOT_FOREIGN)
        return str.__new__(cls, told)

    @property
    def formatted(self) -> str:
        """As it was told: nobody knows how its country writes it."""
        return str(self)


BuyerDocument = Cpf | Cnpj | ForeignDocument
"""What may identify a buyer."""


def document_kind(document: BuyerDocument) -> DocumentKind:
    """What a document is."""
    match document:
        case Cpf():
            return DocumentKind.CPF
        case Cnpj():
            return DocumentKind.CNPJ
        case ForeignDocument():
            return DocumentKind.FOREIGN
        case _:
            assert_never(document)


def named_document(text: str) -> BuyerDocument:
    """The document that somebody names in one word, in a query or on a command line.

    A CPF or a CNPJ, plain or punctuated, or a foreign one behind "foreign:". Raises
    InvalidDocument.
    """
    if text.startswith(_NAMED_FOREIGN):
        return ForeignDocument.parse(text.removeprefix(_NAMED_FOREIGN))
    return Cpf.parse(text) if _CPF.match(text) else Cnpj.parse(text)


def store_document(document: BuyerDocument) -> str:
    """A document as it is stored and compared: no two documents are written alike.

    CPF and CNPJ as they are, a foreign one behind "F:".
    """
    if isinstance(document, ForeignDocument):
        return f"{_STORED_FOREIGN}{document}"
    return str(document)


def stored_document(text: str) -> BuyerDocument:
    """The document that `store_document` wrote, unchecked."""
    if text.startswith(_STORED_FOREIGN):
        return ForeignDocument.known(text.removeprefix(_STORED_FOREIGN))
    return Cnpj.known(text) if len(text) == 14 else Cpf.known(text)


def cpf_check_digits(stem: str) -> str:
    """The two check digits of nine digits, which count 10 to 2, and then 11 to 3 and 2.

    Written out, for of every sale one is reckoned: a third of the time that weights in a loop take.
    """
    a, b, c, d, e, f, g, h, i = stem.encode()
    plain = a + b + c + d + e + f + g + h + i - 9 * 48  # an ASCII code less 48 is the digit
    first = 10 * a + 9 * b + 8 * c + 7 * d + 6 * e + 5 * f + 4 * g + 3 * h + 2 * i - 54 * 48
    one = _check_digit(first)
    return f"{one}{_check_digit(first + plain + 2 * one)}"


def cnpj_check_digits(stem: str) -> str:
    """The two check digits of twelve digits or capital letters."""
    codes = stem.encode()
    for row in _CNPJ_WEIGHTS:
        # An ASCII code less 48: a digit's value, and what a letter of a CNPJ counts.
        codes += b"%d" % _check_digit(sum(map(mul, row, codes)) - 48 * sum(row))
    return codes[-2:].decode()


def mask(text: str) -> str:
    """A document for logs and errors: ***.982.247-**, **.222.333/****-**, and else stars.

    A text of another length, or of 14 characters that are no CNPJ, is starred whole. What is masked
    already stays as it is.
    """
    if _MASKED.match(text) is not None:
        return text
    if len(text) == 11 and text.isascii() and text.isdigit():
        return f"***.{text[3:6]}.{text[6:9]}-**"
    if len(text) == 14 and Cnpj.is_valid(text):
        return f"**.{text[2:5]}.{text[5:8]}/****-**"
    return "*" * min(len(text), 20)


def _is_brazilian(plain: str) -> bool:
    """Whether this is a CPF or CNPJ, or one to whoever reads a longer number without its zeros.

    A shorter one is not filled up with zeros: of other countries' numbers one in a hundred would
    be a CPF.
    """
    unpadded = plain.lstrip("0")
    as_cpf = unpadded.zfill(11) if len(plain) > 11 else plain
    as_cnpj = unpadded.zfill(14) if len(plain) > 14 else plain
    return Cpf.is_valid(as_cpf) or Cnpj.is_valid(as_cnpj)


def _is_written(form: re.Pattern[str], text: object) -> bool:
    """Whether this is a text of that form; a document comes from outside, maybe as a number."""
    return isinstance(text, str) and form.match(text) is not None


def _check(plain: str, check_digits: Callable[[str], str]) -> None:
    if plain == plain[0] * len(plain):
        raise InvalidDocument(DocumentFault.REPEATED)
    if plain[-2:] != check_digits(plain[:-2]):
        raise InvalidDocument(DocumentFault.CHECK_DIGITS)


def _check_digit(total: int) -> int:
    rest = total % 11
    return 0 if rest < 2 else 11 - rest
