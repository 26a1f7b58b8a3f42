"""Reading with what a sale was paid, and whether that is known already."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from cashback_core.sales.payments import MAX_PAYMENTS, Payment, PaymentKind
from cashback_core.sales.reading.json_object import FieldReader, Fields, ObjectForm
from cashback_core.values.money import format_centavos

_PAYMENT: Final = ObjectForm({"kind": True, "value": True})
_NOW_OR_LATER: Final = ("now", "later")


def read_payments(reader: FieldReader, fields: Fields, total: int | None) -> tuple[Payment, ...]:
    """The parts that a sale was paid in: all of its total, or nothing of it is told."""
    value = fields.get("payments")
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        reader.tell_wrong_type(value, "/payments", "array")
        return ()
    items = cast("Sequence[object]", value)
    if len(items) > MAX_PAYMENTS:
        highest = {"highest": str(MAX_PAYMENTS)}
        reader.tell("/payments", "payments_count", str(len(items)), highest)
        return ()
    parts = [
        payment
        for index, item in enumerate(items)
        if (payment := _payment(reader, item, f"/payments/{index}")) is not None
    ]
    if parts and len(parts) == len(items) and total is not None:
        paid = sum([part.value_centavos for part in parts])
        if paid != total:
            right = {"total": format_centavos(total)}
            reader.tell("/payments", "payments_mismatch", format_centavos(paid), right)
    return tuple(parts)


def read_confirm_later(reader: FieldReader, fields: Fields) -> bool:
    """Whether the sale earns only once its ERP confirms it, as Pix and card are."""
    return reader.read_choice(fields, "confirm", "", _NOW_OR_LATER, optional=True) == "later"


def _payment(reader: FieldReader, value: object, pointer: str) -> Payment | None:
    fields = reader.read_object(value, pointer, _PAYMENT)
    if fields is None:
        return None
    kind = reader.read_choice(fields, "kind", pointer, tuple(PaymentKind), optional=False)
    centavos = reader.read_money(fields, "value", pointer)
    if kind is None or centavos is None:
        return None
    return Payment(kind=PaymentKind(kind), value_centavos=centavos)
