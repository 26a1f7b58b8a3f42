"""Reading what a sale is called and where it was made: neither may tell who bought."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from typing import Final

from cashback_core.sales.place import MAX_PLACE_CHARS, NOWHERE, Place, is_place
from cashback_core.sales.reading.json_object import FieldReader, Fields
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.sale import MAX_SALE_ID_CHARS, is_sale_id
from cashback_core.values.access_keys import holds_buyer, store_holds_buyer
from cashback_core.values.documents import BuyerDocument, mask
from cashback_core.values.masks import holds_document, mask_documents
from cashback_core.values.violations import show

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
    if sale_id is not None and holds_buyer(sale_id, document):
        reader.tell("/sale_id", "sale_id_holds_document", _masked(sale_id, document))
    key = idempotency_key
    if key is not None and holds_buyer(key, document):
        reader.tell("", "idempotency_key_holds_document", _masked(key, document))
    if place is not NOWHERE:
        for name in _PLACES:
            told: str | None = getattr(place, name)
            holds = store_holds_buyer if name == "store" else holds_buyer
            if told is not None and holds(told, document):
                reader.tell(f"/{name}", "place_holds_document", _masked(told, document))


def _masked(text: str, document: BuyerDocument | None) -> str:
    """Such a text as it may be shown."""
    masked = mask_documents(text)
    return mask(text) if holds_document(masked, document) else show(masked)
