"""Why a sale earns what it earns, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PHRASES: Final[Mapping[str, str]] = {
    "step.counts_at_acceptance": (
        "O relógio do caixa está adiantado ({sold_at}): taxas, dia e tetos são os da aceitação,"
        " {accepted_at}."
    ),
    "step.amount": "{value} × {qty} = {amount}.",
    "step.amount_rounded": "{value} × {qty} = {exact}, arredondado ({modes}) para {amount}.",
    "step.amount_told": (
        "{value} × {qty} = {exact}, arredondado ({modes}) seria {rounded}; a venda informa"
        " {amount}, que vale ({difference})."
    ),
    "step.line_discount": "Menos o desconto do item, de {discount}: {rest}.",
    "step.surcharge_added": "Um acréscimo de {surcharge} se soma.",
    "step.surcharge": "Um acréscimo de {surcharge} se soma e não rende nada.",
    "step.surcharge_earns": "Um acréscimo de {surcharge} se soma e rende como a mercadoria.",
    "step.rate": (
        "O tipo {type} rende {rate} % (versão {version}) de {base}; com a parte da venda,"
        " exatamente {exact}; valor pago: {cashback}."
    ),
    "step.excluded": "O tipo {type} está excluído (versão {version}): este item não rende nada.",
    "step.sale_discount": (
        "O desconto da venda, de {discount}, reduz todos os itens por igual, na proporção de {sum}."
    ),
    "step.total_difference": (
        "O total de {total} difere da soma em {difference}, o que o lojista tolera; vale o que foi"
        " pago."
    ),
    "step.earning": "Sem acréscimos, {earning} do total de {total} rendem.",
    "step.unearning": (
        "{paid} de {total} foram pagos com cashback ou vale-presente: esta parte de cada item não"
        " rende nada."
    ),
    "step.sum": "Ao todo {cashback}.",
    "step.sum_half_even": "Ao todo {exact}, arredondado ao par mais próximo: {cashback}.",
    "step.sum_half_up": "Ao todo {exact}, arredondado com meio para cima: {cashback}.",
    "step.sum_down": "Ao todo {exact}, arredondado para baixo: {cashback}.",
    "step.allotted": (
        "Cada item recebe seus centavos inteiros; o que sobra vai, um centavo a cada, aos maiores"
        " restos: itens {lines}."
    ),
    "step.allotted_to_one": (
        "Cada item recebe seus centavos inteiros; o que sobra vai ao maior resto: item {lines}."
    ),
    "step.nothing_due_rounds_to_zero": "Assim nada é devido: não chega a um centavo.",
    "step.nothing_due_earns_nothing": "Assim nada é devido: nada da venda rende.",
    "step.nothing_due_company": "Nada é devido: comprou uma empresa, a quem o lojista não paga.",
    "step.nothing_due_foreign": (
        "Nada é devido: quem comprou tem documento estrangeiro, e a ele o lojista não paga."
    ),
    "step.nothing_due_nobody": "Nada é devido: ninguém foi informado como comprador.",
    "step.access_key": (
        "O sale_id é a chave de acesso de um documento fiscal: CNPJ {cnpj}, {month}, série"
        " {series}, número {number}."
    ),
    "step.buyer_paid_cnpj": "Comprou uma empresa, e o lojista paga a empresas.",
    "step.buyer_paid_foreign": (
        "Quem comprou tem documento estrangeiro, e o lojista paga a tais compradores."
    ),
    "step.confirmed_later": "Só é pago se a venda for confirmada no prazo.",
    "step.confirmed_within": (
        "Só é pago se a venda for confirmada em até {hours} h depois da aceitação."
    ),
}
