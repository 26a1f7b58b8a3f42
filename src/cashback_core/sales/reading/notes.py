"""Reading what an ERP notes of a sale for itself: no CPF, and nothing that identifies the buyer."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from cashback_core.sales.reading.json_object import FieldReader, Fields
from cashback_core.sales.sale import (
    MAX_CASHIER_CHARS,
    MAX_METADATA,
    MAX_METADATA_CHARS,
    is_cashier,
    is_metadata_key,
    is_metadata_value,
)
from cashback_core.values.access_keys import holds_buyer
from cashback_core.values.documents import BuyerDocument, mask
from cashback_core.values.masks import (
    holds_cpf,
    mask_documents,
    star_documents,
)
from cashback_core.values.violations import escaped, show


def read_cashier(reader: FieldReader, fields: Fields) -> str | None:
    """Who stood at the till."""
    text = reader.read_optional_text(fields, "cashier", "")
    if text is None or is_cashier(text):
        return text
    highest = {"highest": str(MAX_CASHIER_CHARS)}
    reader.tell("/cashier", "cashier_format", show(text), highest)
    return None


def read_metadata(reader: FieldReader, fields: Fields) -> tuple[tuple[str, str], ...]:
    """The ERP's own pairs, sorted by key; one that is null is as good as left out."""
    value = fields.get("metadata")
    if value is None:
        return ()
    pairs = reader.read_pairs(value, "/metadata")
    if pairs is None:
        return ()
    if len(pairs) > MAX_METADATA:
        highest = {"highest": str(MAX_METADATA)}
        reader.tell("/metadata", "metadata_count", str(len(pairs)), highest)
        return ()
    read: list[tuple[str, str]] = []
    for key, told in pairs.items():
        if not is_metadata_key(key):
            reader.tell(_of_pair(str(key)), "metadata_key", show(key))
            continue
        if told is None:
            continue
        text = reader.read_text(pairs, key, "/metadata")
        if text is None:
            continue
        if not is_metadata_value(told):
            highest = {"highest": str(MAX_METADATA_CHARS)}
            reader.tell(_of_pair(key), "metadata_value", show(text), highest)
            continue
        read.append((key, text))
    return tuple(sorted(read))


def refuse_personal_notes(
    reader: FieldReader,
    document: BuyerDocument | None,
    *,
    cashier: str | None,
    metadata: tuple[tuple[str, str], ...],
) -> None:
    """Tell of a note with a CPF in it, or with whatever identifies the buyer."""
    if cashier is not None and _is_personal(cashier, document):
        reader.tell("/cashier", "cashier_holds_document", _masked(cashier, document))
    for key, value in metadata:
        if _is_personal(key, document) or _is_personal(value, document):
            pointer = _of_pair(_masked(key, document) if _is_personal(key, document) else key)
            reader.tell(pointer, "metadata_holds_document", _masked(value, document))


def _of_pair(key: str) -> str:
    """Where a pair stands; whatever could be a CPF in its key is in stars, as in every answer."""
    return f"/metadata/{escaped(star_documents(key))}"


def _is_personal(text: str, document: BuyerDocument | None) -> bool:
    return holds_cpf(text) or holds_buyer(text, document)


def _masked(text: str, document: BuyerDocument | None) -> str:
    """Such a text as it may be shown."""
    masked = mask_documents(text)
    return mask(text) if _is_personal(masked, document) else show(masked)
