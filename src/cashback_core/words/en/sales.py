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

_MONEY: Final = 'digits, exact to {places} decimals, such as "10.00", from {lowest} to {highest}'

_QUANTITY: Final = (
    'a positive number, exact to {places} decimals, such as 2 or "0.350", up to {highest}'
)

_NO_DOCUMENT: Final = (
    "a text without a CPF (nor 11 digits that could be one) and without what identifies the buyer"
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
    "confirmation_expired": Heading(
        "Confirmed too late",
        (
            "This sale was to be confirmed later, and its time is over: its cashback is void, and"
            " nothing will be paid for it."
        ),
    ),
    "invalid_sale": Heading(
        "Not a valid sale", "Nothing was stored; errors tells everything that is wrong."
    ),
    "customer_name_mismatch": Heading(
        "Customer known by another name",
        "Nothing was stored: the document is another person's here; errors says what can be done.",
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
    "document_format": Text("The document is not written as one.", "{document}"),
    "document_repeated": Text(
        "A document of one repeated character is never issued.", "a document that was issued"
    ),
    "document_check_digits": Text(
        "The check digits of the document are wrong.", "a CPF or CNPJ with right check digits"
    ),
    "document_not_foreign": Text(
        "The foreign document is a valid CPF or CNPJ, maybe behind zeros, and whoever has that one"
        " would be paid.",
        "a CPF or CNPJ told as what it is (document_type cpf, cnpj or none); if it is neither,"
        " another document of the buyer, such as a passport",
    ),
    "company_refused": Text(
        "A company bought, and this merchant takes no such sales.",
        "a person's CPF, or the merchant's company_buyers as record or pay",
    ),
    "foreign_refused": Text(
        "Who bought has a foreign document, and this merchant takes no such sales.",
        "a person's CPF, or the merchant's foreign_buyers as record or pay",
    ),
    "nobody_refused": Text(
        "Nobody is told as the buyer, and this merchant takes no such sales.",
        "a customer, or the merchant's nobody_buyers as record",
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
        "This document is known under another person's name; nothing was recorded.",
        (
            "the name that this document is known by (case, accents, apostrophes, dashes,"
            " initials and a cut end do not count). If the document is right, correct the known"
            " name by PATCH /api/customers/{{id}}, or let the merchant's name_difference be note"
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
    "sold_at_future": Text(
        "The sale lies {ahead} in the future: {cause}.",
        "not later than {latest}; as it is, it will be taken from {from} on",
    ),
    "sold_at_too_old": Text("The sale is too old.", "not before {earliest}"),
    "discount_too_large": Text(
        "The discount is larger than what it discounts.",
        "at most {highest}; a line's is of all its units, a sale's beside those of its lines",
    ),
    "amount_mismatch": Text(
        "The line's amount differs from value × qty by {difference}; {cause}.",
        "from {lowest} to {highest}: value × qty, give or take the merchant's tolerance",
    ),
    "total_mismatch": Text(
        "The total differs by {difference} from what lines, discounts, surcharges make; {cause}.",
        "{sum}",
    ),
    "payments_count": Text("The sale is paid in too many parts.", "at most {highest} payments"),
    "payments_mismatch": Text(
        "The payments do not add up to the total.",
        "{total} in all, without the change that was given back",
    ),
    "no_such_choice": Text("This is not among the choices.", "{names}"),
    "place_format": Text(
        "The store, till or series is empty, too long or holds other characters.",
        "1 to {highest} visible ASCII characters",
    ),
    "place_holds_document": Text(
        "The store, till or series holds the buyer's document or a CPF, which could not be erased"
        " there.",
        "a place that tells nothing of who bought",
    ),
    "store_required": Text(
        "This merchant's stores count their sales each by itself: the sale_id needs its store.",
        "the store that gave the sale its sale_id",
    ),
    "cashier_format": Text(
        "The cashier is empty, too long or not printable.",
        "1 to {highest} printable characters, not only spaces",
    ),
    "cashier_holds_document": Text(
        "The cashier holds a CPF or the buyer's document.", _NO_DOCUMENT
    ),
    "metadata_count": Text("There are too many metadata.", "at most {highest} pairs"),
    "metadata_key": Text("This is no key of metadata.", "1 to 40 of A-Z a-z 0-9 _ . -"),
    "metadata_value": Text(
        "The value is too long or not printable.", "up to {highest} printable characters"
    ),
    "metadata_holds_document": Text("The pair holds a CPF or the buyer's document.", _NO_DOCUMENT),
    "sale_id_format": Text(
        "The sale's id is empty, too long or holds other characters.",
        "1 to {highest} visible ASCII characters",
    ),
    "sale_id_holds_document": Text(
        "The sale's id holds the buyer's document or a CPF, which could not be erased there.",
        "an id of the sale that tells nothing of who bought",
    ),
    "idempotency_key_holds_document": Text(
        "The Idempotency-Key holds the buyer's document or a CPF, which could not be erased there.",
        "a key that tells nothing of who bought",
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "instant": INSTANT,
    "differs": "This differs from what is recorded.",
    "cause.truncation": "it fits where each line's part of a centavo is dropped",
    "cause.half_even": "it fits where each line is rounded half to even",
    "cause.half_up": "it fits where each line is rounded half up",
    "cause.sum_rounded": "it fits where only the sum of the lines is rounded",
    "cause.discount_per_unit": "it fits if a line's discount is one unit's",
    "cause.discount_in_lines": (
        "it fits if the sale's discount is that of its lines told again (vDesc of the total is"
        " their sum): tell it once"
    ),
    "cause.surcharge_in_lines": (
        "it fits if the sale's surcharge is that of its lines told again (vFrete of the total is"
        " their sum): tell it once"
    ),
    "cause.both_in_lines": (
        "it fits if the sale's discount and surcharge are those of its lines told again (vDesc,"
        " vFrete of the total are their sums): tell each once"
    ),
    "cause.discount_twice": "it fits if prices are net and the discount is in them already",
    "cause.surcharge_missing": "it fits without the surcharge: the total lacks it",
    "cause.surcharge_twice": "it fits with the surcharge twice",
    "cause.surcharge_untold": (
        "no usual cause explains it: freight, service or interest is told in surcharge"
    ),
    "cause.discount_untold": "no usual cause explains it: what was taken off is told in discount",
    "cause.none": "no usual cause explains it",
    "cause.net_amount": (
        "it fits with the line's discount or surcharge in it: amount (vProd) is without them"
    ),
    "cause.clock_ahead": "the till's clock is ahead",
    "cause.told_in_utc": "it is now if this is UTC, which is sent with Z",
    "document.cpf": "as a text a CPF: 11 digits, or 000.000.000-00",
    "document.cnpj": "as a text a CNPJ: 14 digits or capitals, or 00.000.000/0000-00",
    "document.foreign": "as a text a foreign document: 5 to 20 of A-Z a-z 0-9 . / -",
    "document.any": (
        "as a text a CPF (11 digits, or 000.000.000-00), a CNPJ (14 digits or capitals, or"
        " 00.000.000/0000-00) or, with document_type foreign, 5 to 20 of A-Z a-z 0-9 . / -"
    ),
    "type.object": "an object",
    "type.array": "an array",
    "type.string": "a string",
    "type.string or number": "a string or a number",
    "value.object": "an object",
    "value.array": "an array",
    "value.number": "a number",
    "value.long_integer": "an integer of many digits",
}
