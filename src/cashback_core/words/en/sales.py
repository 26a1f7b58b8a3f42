"""What is wrong with a sale, and how its refusals are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTANT: Final = (
    "YYYY-MM-DD HH:MM (a blank or T between), then, if wanted, :SS, a fraction (. or , and digits)"
    " and an offset (Z, +HH:MM, +HHMM or +HH; or -)"
)
"""How instants are written."""

_MONEY: Final = 'digits, exact to two decimals, such as "10.00", from {lowest} to {highest}'

_QUANTITY: Final = (
    'a positive number, exact to three decimals, such as 2 or "0.350", up to {highest}'
)

PROBLEMS: Final[Mapping[str, Heading]] = {
    "sale_id_conflict": Heading(
        "Sale id taken",
        (
            "This sale_id is a recorded sale's of other content, or of another client's group;"
            " errors shows every difference, and of another group's nothing. Another sale needs an"
            " id of its own."
        ),
    ),
    "sale_already_recorded": Heading(
        "Sale already recorded",
        (
            "A sale with exactly this content is recorded: record shows it, unless it is another"
            " client's group's. Nothing was stored, and no name was used up. If this is another"
            " sale, send it with a sale_id of its own; where the merchant's equal_content is never,"
            " it is not taken."
        ),
    ),
    "invalid_sale": Heading(
        "Not a valid sale", "Nothing was stored; errors tells everything that is wrong."
    ),
    "customer_name_mismatch": Heading(
        "Customer known by another name",
        "Nothing was stored: the CPF is another person's here; errors says what can be done.",
    ),
    "idempotency_key_reused": Heading(
        "Idempotency key reused",
        (
            "This key was used for a sale of other content, of another sale_id or of another"
            " client's group; errors shows every difference, and of another group's nothing."
        ),
    ),
    "idempotency_key_format": Heading(
        "Not an idempotency key",
        (
            "Idempotency-Key takes 1 to 255 visible ASCII characters, no comma, and comes once; in"
            ' quotes as "key", where \\" and \\\\ stand for a quote and a backslash.'
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "required": Text("This field is missing.", "a value"),
    "unknown_field": Text("This field does not exist here.", "only: {fields}"),
    "wrong_type": Text("The value has the wrong type.", "{type}"),
    "money_format": Text("The amount is not written as money.", _MONEY),
    "money_out_of_range": Text("The amount is out of range.", _MONEY),
    "quantity_format": Text("The quantity is not written as a quantity.", _QUANTITY),
    "quantity_out_of_range": Text("The quantity is out of range.", _QUANTITY),
    "document_format": Text("The document is not a CPF.", "11 digits as a text, or 000.000.000-00"),
    "document_repeated": Text(
        "A CPF of one repeated digit is never issued.", "a CPF that was issued"
    ),
    "document_check_digits": Text(
        "The check digits of the CPF are wrong.", "a CPF with right check digits"
    ),
    "name_length": Text(
        "The name is empty or too long.", "1 to {highest} characters, not only spaces"
    ),
    "name_not_printable": Text(
        "The name holds a character that cannot be printed or was lost in another encoding.",
        "printable characters only, sent in UTF-8",
    ),
    "name_encoding": Text(
        "The name is UTF-8 that was read as Windows-1252 or Latin-1 before it was sent.",
        "{meant}, if that is the name: read it as UTF-8",
    ),
    "name_without_letter": Text("The name has no letter.", "a name with a letter"),
    "customer_name_mismatch": Text(
        "This CPF is known under another person's name; nothing was recorded.",
        (
            "the name that this CPF is known by (case, accents, apostrophes, dashes, initials and a"
            " cut end do not count). If the CPF is right, correct the known name by PATCH"
            " /api/customers/{{id}}, or let the merchant's name_difference be note"
        ),
    ),
    "lines_count": Text(
        "A sale has between {lowest} and {highest} lines.", "{lowest} to {highest} lines"
    ),
    "product_type_unknown": Text(
        "This product type has no rate at the sale's instant.",
        "one of the product types, written exactly: {types}",
    ),
    "type_or_sku": Text("A line gives either its product's type or its sku.", "one of: type, sku"),
    "sku_format": Text(
        "The sku is empty, too long or holds other characters.",
        "1 to {highest} visible ASCII characters",
    ),
    "unknown_sku": Text(
        "There is no such product in the catalogue.", "a sku of the catalogue, written exactly"
    ),
    "sku_without_type": Text(
        "This product had no type yet at the sale's instant.",
        "a product that has a type at sold_at",
    ),
    "sold_at_format": Text("The instant is not written as one.", INSTANT),
    "sold_at_nonexistent": Text("There is no such instant.", "an instant that exists in {zone}"),
    "sold_at_future": Text("The sale lies in the future.", "not later than {latest}"),
    "sold_at_too_old": Text("The sale is too old.", "not before {earliest}"),
    "discount_too_large": Text(
        "The discount is larger than what it discounts.", "at most {highest}"
    ),
    "total_mismatch": Text("The total is not the sum of the lines less the discount.", "{sum}"),
    "sale_id_format": Text(
        "The sale's id is empty, too long or holds other characters.",
        "1 to {highest} visible ASCII characters",
    ),
    "sale_id_holds_document": Text(
        "The sale's id holds the customer's CPF, which could not be erased there.",
        "an id of the sale that tells nothing of who bought",
    ),
    "idempotency_key_holds_document": Text(
        "The Idempotency-Key holds the customer's CPF, which could not be erased there.",
        "a key that tells nothing of who bought",
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "instant": INSTANT,
    "differs": "This differs from what is recorded.",
    "type.object": "an object",
    "type.array": "an array",
    "type.string": "a string",
    "type.string or number": "a string or a number",
    "value.object": "an object",
    "value.array": "an array",
    "value.number": "a number",
    "value.long_integer": "an integer of many digits",
}
