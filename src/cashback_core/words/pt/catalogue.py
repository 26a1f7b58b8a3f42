"""What is wrong with a change to product types, products and customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

FAULTS: Final[Mapping[str, Text]] = {
    "type_format": Text(
        "Isto não pode nomear um tipo de produto.",
        "1 a 32 de A-Z a-z 0-9 . _ -, começando por letra ou dígito",
    ),
    "no_such_type": Text(
        "Não existe este tipo de produto.", "um tipo de produto, escrito exatamente"
    ),
    "sku_invalid": Text("Isto não pode ser um sku.", "1 a 64 caracteres ASCII visíveis"),
    "starts_at_out_of_range": Text("Nada começa então.", "um instante dos anos 2000 a 2099"),
    "starts_at_without_notice": Text(
        "Uma mudança deve ser anunciada.", "um instante ao menos 10 minutos à frente"
    ),
    "starts_at_not_after_latest": Text(
        "Outra mudança começa então, ou depois.",
        "um instante depois de todos os outros inícios; ou retire antes a mudança posterior",
    ),
    "too_many_changes": Text("Já há mudanças demais.", "outro tipo de produto ou produto"),
    "rate_needs_both": Text(
        "starts_at diz quando uma taxa começa, e não há taxa.", "também rate_bp, ou nenhum"
    ),
    "excluded_has_rate": Text(
        "Um tipo de produto excluído não rende nada.",
        "rate_bp 0, ou sem rate_bp; ou excluded false",
    ),
    "rate_unconfirmed": Text(
        "Uma taxa acima de 20 %, ou dez vezes a anterior, deve ser informada duas vezes.",
        "confirm_rate_bp: {rate_bp}, se é essa a taxa que você quer",
    ),
    "change_begun": Text(
        "Já começou, ou começa em 10 minutos: pode haver vendas registradas com ela.",
        "uma mudança que comece depois",
    ),
    "change_not_latest": Text("Uma mudança posterior a segue.", "a última mudança"),
    "type_used_by_sales": Text(
        "Há vendas registradas com este tipo de produto.",
        "um tipo de produto que nenhuma venda tem",
    ),
    "type_used_by_products": Text(
        "Há produtos que são, foram ou serão deste tipo.",
        "um tipo de produto que nenhum produto tem",
    ),
    "product_used_by_sales": Text(
        "Há vendas registradas com este produto.", "um produto que nenhuma venda tem"
    ),
    "customer_has_sales": Text(
        "Este cliente tem vendas; anonimize-o em vez disso.", "um cliente sem vendas"
    ),
}
