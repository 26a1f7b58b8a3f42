"""Reading who bought: a person, a company, a foreigner, or nobody."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from cashback_core.sales.reading.json_object import FieldReader, Fields, ObjectForm
from cashback_core.sales.reading.judged_by import JudgedBy
from cashback_core.sales.rules import BuyerRule
from cashback_core.sales.sale import Customer
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
)
from cashback_core.values.names import MAX_NAME_CHARS, name_fault
from cashback_core.values.violations import show
from cashback_core.words.locales import ValueKind

_CUSTOMER: Final = ObjectForm({"document": True, "name": True, "document_type": False})
_NUMBERS: Final = (int, float, Decimal)
_LIKE_A_CNPJ: Final = re.compile(r"[^.]{14}\Z|[^.]{2}\.[^.]{3}\.")
"""By where its first dot stands, if it has one: a punctuated CPF has 14 characters, too."""
_KINDS: Final = tuple(DocumentKind)
_PARSERS: Final[Mapping[str, Callable[[str], BuyerDocument]]] = {
    DocumentKind.CPF: Cpf.parse,
    DocumentKind.CNPJ: Cnpj.parse,
    DocumentKind.FOREIGN: ForeignDocument.parse,
}
_REFUSED: Final[Mapping[DocumentKind, str]] = {
    DocumentKind.CNPJ: "company_refused",
    DocumentKind.FOREIGN: "foreign_refused",
}


def read_customer(reader: FieldReader, fields: Fields, by: JudgedBy) -> Customer | None:
    """Who bought; None is nobody, or has told why it cannot be read."""
    if "customer" not in fields:
        return None
    if fields["customer"] is None:
        if not by.is_repeat and by.rules.buyers.nobody is BuyerRule.REFUSE:
            reader.tell("/customer", "nobody_refused", show(None))
        return None
    customer = reader.read_object(fields["customer"], "/customer", _CUSTOMER)
    if customer is None:
        return None
    document = _document(reader, customer)
    name = _name(reader, customer)
    if document is None or name is None:
        return None
    if not by.is_repeat and by.rules.buyers.rule_of(document) is BuyerRule.REFUSE:
        reader.tell("/customer/document", _REFUSED[document_kind(document)], mask(document))
        return None
    return Customer.known(document=document, name=name)


def _document(reader: FieldReader, customer: Fields) -> BuyerDocument | None:
    pointer = "/customer/document"
    kind = None
    if "document_type" in customer:
        kind = reader.read_choice(customer, "document_type", "/customer", _KINDS, optional=True)
    value = customer.get("document")
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        # A number has lost its leading zeros; and a document is never repeated in an error.
        reader.tell(pointer, "document_format", ValueKind.NUMBER, _expected(kind))
        return None
    text = reader.read_text(customer, "document", "/customer")
    if text is None or (kind is None and customer.get("document_type") is not None):
        return None
    read_as = kind or (DocumentKind.CNPJ if _LIKE_A_CNPJ.match(text) else DocumentKind.CPF)
    try:
        return _PARSERS[read_as](text)
    except InvalidDocument as error:
        expected = _expected(kind) if error.fault is DocumentFault.FORMAT else {}
        reader.tell(pointer, f"document_{error.fault}", mask(text), expected)
        return None


def _expected(kind: str | None) -> dict[str, str]:
    """What `document_type` asks for, or any kind where it says nothing."""
    return {"document": kind or "any"}


def _name(reader: FieldReader, customer: Fields) -> str | None:
    pointer = "/customer/name"
    text = reader.read_text(customer, "name", "/customer")
    if text is None:
        return None
    if len(text) > 4 * MAX_NAME_CHARS:  # never normalised whole: NFC shrinks at most so much
        reader.tell(pointer, "name_length", show(text), {"highest": str(MAX_NAME_CHARS)})
        return None
    name = text if text.isascii() else unicodedata.normalize("NFC", text)
    fault = name_fault(name)
    if fault is not None:
        reader.tell(pointer, fault.code, show(text), fault.values)
        return None
    return name
