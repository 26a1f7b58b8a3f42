"""Documents within texts: finding them, masking them, and leaving no character of one.

Logs, errors and others' texts may hold a CPF or a CNPJ wherever somebody put it. What a foreign
document is no text can tell: it is found only by whoever knows which one to look for.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from cashback_core.values.documents import (
    BuyerDocument,
    Cnpj,
    Cpf,
    ForeignDocument,
    cpf_check_digits,
    mask,
)

STARS: Final = "***.***.***-**"
"""A CPF of which nothing is told."""

CNPJ_STARS: Final = "**.***.***/****-**"
"""A CNPJ of which nothing is told."""

LONG_FOREIGN: Final = 6
"""Letters and digits from which on a foreign document is known without its punctuation, too."""

_PUNCTUATED_CPF: Final = r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"
_CPF: Final = re.compile(rf"(?<![0-9])(?:[0-9]{{11}}|{_PUNCTUATED_CPF})(?![0-9])", re.ASCII)
_WRITTEN_CPF: Final = re.compile(rf"(?<![0-9]){_PUNCTUATED_CPF}(?![0-9])", re.ASCII)
_COULD_BE_CPF: Final = re.compile(
    r"(?<!\d)(?P<zeros>0*)(?P<a>\d{3})"
    r"(?P<shown>[\W_]{0,3}\d{3}[\W_]{0,3}\d{3})[\W_]{0,3}(?P<z>\d{2})(?!\d)"
)
"""Eleven digits of whatever script, in their groups or not, zeros before them taken for padding.

Between groups stand up to three characters, as in "529 - 982 - 247 - 25".
"""

_CNPJ: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9A-Z]{12}[0-9]{2}"
    r"|[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2})(?![0-9A-Za-z])",
    re.ASCII,
)
_NO_DIGIT: Final = re.compile(r"[^0-9]+", re.ASCII)
_NO_CNPJ: Final = re.compile(r"[^0-9A-Z]+", re.ASCII)
_PUNCTUATION: Final = str.maketrans("", "", ".-/")


def mask_documents(text: str) -> str:
    """The text with every CPF and CNPJ masked.

    Plain ones with right check digits; punctuated ones whatever their digits.
    """
    return _CPF.sub(_masked_cpf, _CNPJ.sub(_masked_cnpj, text))


def hide_documents(text: str) -> str:
    """The text with all that could be a CPF masked: any 11 digits that stand alone, or in groups.

    For texts of others that nobody needs to read digit by digit; `mask_documents` leaves numbers
    of 11 digits that are no CPF.
    """
    return _COULD_BE_CPF.sub(lambda found: f"{found['zeros']}{mask(_digits(found))}", text)


def star_documents(text: str, *documents: BuyerDocument) -> str:
    """The text with every CPF and CNPJ in it replaced by stars, and these documents, too.

    No character of one is left.
    """
    for document in documents:
        if isinstance(document, ForeignDocument):
            text = _alone(document).sub(lambda found: "*" * len(found[0]), text)
    text = _CNPJ.sub(lambda found: CNPJ_STARS if Cnpj.is_valid(found[0]) else found[0], text)
    return _COULD_BE_CPF.sub(
        lambda found: STARS if Cpf.is_valid(_digits(found)) else found[0], text
    )


def holds_cpf(text: str) -> bool:
    """Whether a text has a CPF in it: 11 digits with right check digits, in groups or not."""
    return any(Cpf.is_valid(_digits(found)) for found in _COULD_BE_CPF.finditer(text))


def holds_written_cpf(text: str) -> bool:
    """Whether a text has a CPF in it that is written as one: 000.000.000-00, digits right."""
    return any(Cpf.is_valid(found) for found in _WRITTEN_CPF.findall(text))


def holds_document(text: str, document: BuyerDocument | None) -> bool:
    """Whether a text holds this document; nobody's (None) is in none.

    A CPF or CNPJ however it is divided or within whatever longer number; a foreign one as a word of
    its own, in any case, for it may be as short as some number: from LONG_FOREIGN letters and
    digits on however it is punctuated.
    """
    if document is None:
        return False
    if isinstance(document, ForeignDocument):
        return _alone(document).search(text) is not None
    if isinstance(document, Cnpj) and not document.isdigit():
        return document in _NO_CNPJ.sub("", text.upper())
    return document in _NO_DIGIT.sub("", text)


def _alone(document: ForeignDocument) -> re.Pattern[str]:
    plain = document.translate(_PUNCTUATION)
    told = "[./-]*".join(plain) if len(plain) >= LONG_FOREIGN else re.escape(document)
    return re.compile(rf"(?<![0-9A-Za-z]){told}(?![0-9A-Za-z])", re.ASCII | re.IGNORECASE)


def _digits(found: re.Match[str]) -> str:
    whole = found["a"] + found["shown"] + found["z"]
    return "".join(str(unicodedata.digit(one)) for one in whole if one.isdecimal())


def _masked_cnpj(found: re.Match[str]) -> str:
    told = found[0]
    if len(told) == 14 and not Cnpj.is_valid(told):
        return told  # some other word of 14 characters
    plain = told.translate(_PUNCTUATION)
    return f"**.{plain[2:5]}.{plain[5:8]}/****-**"


def _masked_cpf(found: re.Match[str]) -> str:
    told = found[0]
    if len(told) == 11 and not _has_check_digits(told):
        return told  # some other number of 11 digits
    return mask(told.translate(_PUNCTUATION))


def _has_check_digits(digits: str) -> bool:
    """Those of one repeated digit have them, though nobody has that CPF."""
    return digits[-2:] == cpf_check_digits(digits[:-2])
