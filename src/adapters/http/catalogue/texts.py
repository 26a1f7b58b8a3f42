"""The faults of product types, products and customers, in English and Portuguese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.problems.wording import fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.words.messages import Language, Text

CATALOGUE_FAULTS: Final[Mapping[str, Mapping[Language, Text]]] = {
    "type_format": fault(
        (
            "This cannot name a product type.",
            "1 to 32 of A-Z a-z 0-9 . _ -, a letter or a digit first",
        ),
        (
            "Isto não pode nomear um tipo de produto.",
            "1 a 32 de A-Z a-z 0-9 . _ -, começando por letra ou dígito",
        ),
    ),
    "no_such_type": fault(
        ("There is no such product type.", "a product type, written exactly"),
        ("Não existe este tipo de produto.", "um tipo de produto, escrito exatamente"),
    ),
    "sku_invalid": fault(
        ("This cannot be a sku.", "1 to 64 visible ASCII characters"),
        ("Isto não pode ser um sku.", "1 a 64 caracteres ASCII visíveis"),
    ),
    "starts_at_out_of_range": fault(
        ("Nothing starts then.", "an instant of the years 2000 to 2099"),
        ("Nada começa então.", "um instante dos anos 2000 a 2099"),
    ),
    "starts_at_without_notice": fault(
        ("A change must be announced.", "an instant at least 10 minutes from now"),
        ("Uma mudança deve ser anunciada.", "um instante ao menos 10 minutos à frente"),
    ),
    "starts_at_not_after_latest": fault(
        (
            "Another change starts then, or later.",
            "an instant after every other start; or withdraw the later change first",
        ),
        (
            "Outra mudança começa então, ou depois.",
            "um instante depois de todos os outros inícios; ou retire antes a mudança posterior",
        ),
    ),
    "too_many_changes": fault(
        ("There are too many changes already.", "another product type or product"),
        ("Já há mudanças demais.", "outro tipo de produto ou produto"),
    ),
    "rate_needs_both": fault(
        ("starts_at says when a rate starts, and there is no rate.", "rate_bp too, or neither"),
        ("starts_at diz quando uma taxa começa, e não há taxa.", "também rate_bp, ou nenhum"),
    ),
    "rate_unconfirmed": fault(
        (
            "A rate above 20 %, or ten times the one before it, has to be said twice.",
            "confirm_rate_bp: {rate_bp}, if that is the rate you mean",
        ),
        (
            "Uma taxa acima de 20 %, ou dez vezes a anterior, deve ser informada duas vezes.",
            "confirm_rate_bp: {rate_bp}, se é essa a taxa que você quer",
        ),
    ),
    "change_begun": fault(
        (
            "It has begun, or does within 10 minutes: sales may have been recorded with it.",
            "a change that starts later",
        ),
        (
            "Já começou, ou começa em 10 minutos: pode haver vendas registradas com ela.",
            "uma mudança que comece depois",
        ),
    ),
    "change_not_latest": fault(
        ("A later change follows it.", "the latest change"),
        ("Uma mudança posterior a segue.", "a última mudança"),
    ),
    "type_used_by_sales": fault(
        ("Sales were recorded with this product type.", "a product type that no sale has"),
        (
            "Há vendas registradas com este tipo de produto.",
            "um tipo de produto que nenhuma venda tem",
        ),
    ),
    "type_used_by_products": fault(
        ("Products are, were or will be of this type.", "a product type that no product has"),
        (
            "Há produtos que são, foram ou serão deste tipo.",
            "um tipo de produto que nenhum produto tem",
        ),
    ),
    "product_used_by_sales": fault(
        ("Sales were recorded with this product.", "a product that no sale has"),
        ("Há vendas registradas com este produto.", "um produto que nenhuma venda tem"),
    ),
    "customer_has_sales": fault(
        ("This customer has sales; erase them instead.", "a customer without sales"),
        ("Este cliente tem vendas; anonimize-o em vez disso.", "um cliente sem vendas"),
    ),
}
"""Faults by code."""
