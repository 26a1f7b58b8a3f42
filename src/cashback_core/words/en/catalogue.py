"""What is wrong with a change to product types, products and customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

FAULTS: Final[Mapping[str, Text]] = {
    "type_format": Text(
        "This cannot name a product type.",
        "1 to 32 of A-Z a-z 0-9 . _ -, a letter or a digit first",
    ),
    "no_such_type": Text("There is no such product type.", "a product type, written exactly"),
    "sku_invalid": Text("This cannot be a sku.", "1 to 64 visible ASCII characters"),
    "starts_at_out_of_range": Text("Nothing starts then.", "an instant of the years 2000 to 2099"),
    "starts_at_without_notice": Text(
        "A change must be announced.", "an instant at least 10 minutes from now"
    ),
    "starts_at_not_after_latest": Text(
        "Another change starts then, or later.",
        "an instant after every other start; or withdraw the later change first",
    ),
    "too_many_changes": Text(
        "There are too many changes already.", "another product type or product"
    ),
    "rate_needs_both": Text(
        "starts_at says when a rate starts, and there is no rate.", "rate_bp too, or neither"
    ),
    "excluded_has_rate": Text(
        "An excluded product type earns nothing.", "rate_bp 0, or left out; or excluded false"
    ),
    "rate_unconfirmed": Text(
        "A rate above 20 %, or ten times the one before it, has to be said twice.",
        "confirm_rate_bp: {rate_bp}, if that is the rate you mean",
    ),
    "change_begun": Text(
        "It has begun, or does within 10 minutes: sales may have been recorded with it.",
        "a change that starts later",
    ),
    "change_not_latest": Text("A later change follows it.", "the latest change"),
    "type_used_by_sales": Text(
        "Sales were recorded with this product type.", "a product type that no sale has"
    ),
    "type_used_by_products": Text(
        "Products are, were or will be of this type.", "a product type that no product has"
    ),
    "product_used_by_sales": Text(
        "Sales were recorded with this product.", "a product that no sale has"
    ),
    "customer_has_sales": Text(
        "This customer has sales; erase them instead.", "a customer without sales"
    ),
}
