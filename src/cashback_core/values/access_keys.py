"""The access key of a fiscal document (NF-e, NFC-e and their kin): 44 characters that say whose.

Layout (Manual de Orientação do Contribuinte, 7.0): cUF 2, AAMM 4, CNPJ 14, mod 2, serie 3, nNF 9,
tpEmis 1, cNF 8, cDV 1. Since July 2026 the CNPJ may hold capitals, which count as their ASCII code
less 48 (Nota Técnica Conjunta 2025.001).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cashback_core.values.documents import BuyerDocument, Cnpj
from cashback_core.values.masks import holds_document, holds_written_cpf

ACCESS_KEY_CHARS: Final = 44
MAX_SERIES: Final = 999
KEY_MODELS: Final = ("55", "57", "62", "63", "65", "66", "67")
"""Kinds of documents whose keys are laid out so; a CF-e SAT's (59) has other numbers there."""

_FORM: Final = re.compile(
    r"(?P<uf>[0-9]{2})(?P<year>[0-9]{2})(?P<month>0[1-9]|1[0-2])(?P<cnpj>[0-9A-Z]{12}[0-9]{2})"
    r"(?P<model>[0-9]{2})(?P<series>[0-9]{3})(?P<number>[0-9]{9})[0-9]{10}\Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What an access key says: the issuer's state and CNPJ, the month ("2026-01"), and numbers.

    `uf` is the state's code of IBGE ("35"), `model` the kind of document ("65" is an NFC-e).
    """

    uf: str
    month: str
    cnpj: str
    model: str
    series: int
    number: int

    @classmethod
    def parse(cls, text: str) -> AccessKey | None:
        """The key that a text is, else None: 44 characters, check digit and issuer's CNPJ right.

        Of a document whose key has a series and a number (KEY_MODELS); any other is not read.
        A person may issue one, too (a rural producer, whose CPF stands behind zeros): that is no
        name of a company, and is not read.
        """
        found = _issued(text)
        if found is None or found["model"] not in KEY_MODELS:
            return None
        return cls(
            uf=found["uf"],
            month=f"20{found['year']}-{found['month']}",
            cnpj=found["cnpj"],
            model=found["model"],
            series=int(found["series"]),
            number=int(found["number"]),
        )


def is_access_key(text: str) -> bool:
    """Whether a text names one fiscal document of a company, read or not."""
    return _issued(text) is not None


def holds_buyer(name: str, document: BuyerDocument | None) -> bool:
    """Whether the name of a sale, its place or a note of it tells who bought.

    A company that buys of itself issues a key with its own CNPJ in it, which says who sold. Where
    nobody is told as the buyer (None), a CPF that is written as one is somebody's, for whom no
    erasure would look; bare digits are not, since of numbers of eleven digits one in a hundred
    would be, and an ERP cannot change its numbers.
    """
    if document is None:
        return holds_written_cpf(name)
    if isinstance(document, Cnpj):
        key = _issued(name)
        if key is not None and key["cnpj"] == document:
            issuer = slice(6, 20)
            name = f"{name[: issuer.start]} {name[issuer.stop :]}"
    return holds_document(name, document)


def store_holds_buyer(store: str, document: BuyerDocument | None) -> bool:
    """Whether the name of a store tells who bought.

    A chain may name its stores by their CNPJ: such a name says who sold, also where that company
    bought of itself.
    """
    if isinstance(document, Cnpj) and store in {document, document.formatted}:
        return False
    return holds_buyer(store, document)


def _issued(text: str) -> re.Match[str] | None:
    """A key of whatever kind of document, issued by a company."""
    if len(text) != ACCESS_KEY_CHARS:
        return None
    found = _FORM.match(text)
    if found is None or text[-1] != access_key_check_digit(text[:-1]):
        return None
    return found if Cnpj.is_valid(found["cnpj"]) else None


def access_key_check_digit(stem: str) -> str:
    """The check digit of 43 characters: modulo 11 with the weights 2 to 9 from the right."""
    total = sum(
        (code - 48) * (2 + place % 8) for place, code in enumerate(reversed(stem.encode("ascii")))
    )
    rest = total % 11
    return "0" if rest < 2 else str(11 - rest)
