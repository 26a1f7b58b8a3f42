"""Reading what names a sale and what an ERP notes of it: neither may tell who bought."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from typing import Final

from cashback_core.sales.place import MAX_PLACE_CHARS, NOWHERE, Place, is_place
from cashback_core.sales.reading.json_object import FieldReader, Fields
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.sale import (
    MAX_CASHIER_CHARS,
    MAX_METADATA,
    MAX_METADATA_CHARS,
    MAX_SALE_ID_CHARS,
    is_cashier,
    is_metadata_key,
    is_metadata_value,
    is_sale_id,
)
from cashback_core.values.documents import (
    BuyerDocument,
    holds_cpf,
    holds_document,
    mask,
    mask_documents,
    star_documents,
)
from cashback_core.values.violations import escaped, show

_NOW_OR_LATER: Final = ("now", "later")
_PLACES: Final = ("store", "till", "series")


def read_sale_id(reader: FieldReader, fields: Fields) -> str | None:
    """The ERP's own number of the sale."""
    text = reader.read_optional_text(fields, "sale_id", "")
    if text is None or is_sale_id(text):
        return text
    highest = {"highest": str(MAX_SALE_ID_CHARS)}
    reader.tell("/sale_id", "sale_id_format", show(text), highest)
    return None


def read_place(reader: FieldReader, fields: Fields) -> Place:
    """Where the sale was made, as far as it is told."""
    store, till, series = [_place(reader, fields, name) for name in _PLACES]
    if store is till is series is None:
        return NOWHERE
    return Place(store=store, till=till, series=series)


def _place(reader: FieldReader, fields: Fields, name: str) -> str | None:
    text = reader.read_optional_text(fields, name, "")
    if text is None or is_place(text):
        return text
    reader.tell(f"/{name}", "place_format", show(text), {"highest": str(MAX_PLACE_CHARS)})
    return None


def needs_store(
    reader: FieldReader, sale_id: str | None, fields: Fields, numbers: NumberScope
) -> None:
    """Tell of a number without its store, where each store counts by itself."""
    if numbers is NumberScope.STORE and sale_id is not None and fields.get("store") is None:
        reader.tell("/store", "store_required", None)


def read_confirm_later(reader: FieldReader, fields: Fields) -> bool:
    """Whether the sale earns only once it is confirmed."""
    confirm = reader.read_choice(fields, "confirm", "", _NOW_OR_LATER, optional=True)
    return confirm == "later"


def read_cashier(reader: FieldReader, fields: Fields) -> str | None:
    """Who stood at the till."""
    text = reader.read_optional_text(fields, "cashier", "")
    if text is None or is_cashier(text):
        return text
    highest = {"highest": str(MAX_CASHIER_CHARS)}
    reader.tell("/cashier", "cashier_format", show(text), highest)
    return None


def read_metadata(reader: FieldReader, fields: Fields) -> tuple[tuple[str, str], ...]:
    """The ERP's own pairs, sorted by key."""
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
        text = reader.read_text(pairs, key, "/metadata")
        if text is None:
            continue
        if not is_metadata_value(told):
            highest = {"highest": str(MAX_METADATA_CHARS)}
            reader.tell(_of_pair(key), "metadata_value", show(text), highest)
            continue
        read.append((key, text))
    return tuple(sorted(read))


def refuse_documents(
    reader: FieldReader,
    document: BuyerDocument | None,
    *,
    sale_id: str | None,
    idempotency_key: str | None,
    place: Place,
) -> None:
    """Tell of a name, or a place, that tells who bought.

    An erasure would have to change it, and the repeat would not.
    """
    if document is None:
        return
    if sale_id is not None and holds_document(sale_id, document):
        reader.tell("/sale_id", "sale_id_holds_document", _masked(sale_id, document))
    key = idempotency_key
    if key is not None and holds_document(key, document):
        reader.tell("", "idempotency_key_holds_document", _masked(key, document))
    if place is not NOWHERE:
        for name in _PLACES:
            told: str | None = getattr(place, name)
            if told is not None and holds_document(told, document):
                reader.tell(f"/{name}", "place_holds_document", _masked(told, document))


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
    return holds_cpf(text) or holds_document(text, document)


def _masked(text: str, document: BuyerDocument | None) -> str:
    """Such a text as it may be shown."""
    masked = mask_documents(text)
    return mask(text) if _is_personal(masked, document) else show(masked)
