"""Why a sale earns what it earns, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PHRASES: Final[Mapping[str, str]] = {
    "step.counts_at_acceptance": (
        "The till's clock is ahead ({sold_at}): rates, day and ceilings are those of the"
        " acceptance, {accepted_at}."
    ),
    "step.amount": "{value} × {qty} = {amount}.",
    "step.amount_rounded": "{value} × {qty} = {exact}, rounded ({modes}) to {amount}.",
    "step.amount_told": (
        "{value} × {qty} = {exact}, rounded ({modes}) it would be {rounded}; the sale tells"
        " {amount}, which counts ({difference})."
    ),
    "step.line_discount": "Less the line's discount of {discount}: {rest}.",
    "step.surcharge_added": "A surcharge of {surcharge} comes on top.",
    "step.surcharge": "A surcharge of {surcharge} comes on top and earns nothing.",
    "step.surcharge_earns": "A surcharge of {surcharge} comes on top and earns as the goods do.",
    "step.rate": (
        "Type {type} earns {rate} % (version {version}) of {base}; with the sale's share exactly"
        " {exact}, of which {cashback} is paid."
    ),
    "step.excluded": "Type {type} is excluded (version {version}): this line earns nothing.",
    "step.sale_discount": (
        "The sale's discount of {discount} lowers all lines alike, in the proportion of {sum}."
    ),
    "step.total_difference": (
        "The total of {total} differs by {difference} from the sum, as the merchant lets pass; what"
        " was paid counts."
    ),
    "step.earning": "Without surcharges {earning} of the total of {total} earns.",
    "step.unearning": (
        "{paid} of {total} was paid by cashback or gift card: this share of every line earns"
        " nothing."
    ),
    "step.sum": "Together {cashback}.",
    "step.sum_half_even": "Together {exact}, rounded half to even: {cashback}.",
    "step.sum_half_up": "Together {exact}, rounded half up: {cashback}.",
    "step.sum_down": "Together {exact}, rounded down: {cashback}.",
    "step.allotted": (
        "Each line gets its whole centavos; what is left goes, a centavo each, to the largest"
        " rests: lines {lines}."
    ),
    "step.allotted_to_one": (
        "Each line gets its whole centavos; the one that is left goes to the largest rest: line"
        " {lines}."
    ),
    "step.nothing_due_rounds_to_zero": "So nothing is due: it comes to less than a centavo.",
    "step.nothing_due_earns_nothing": "So nothing is due: nothing of the sale earns.",
    "step.nothing_due_company": "Nothing is due: a company bought, whom the merchant does not pay.",
    "step.nothing_due_foreign": (
        "Nothing is due: who bought has a foreign document, whom the merchant does not pay."
    ),
    "step.nothing_due_nobody": "Nothing is due: nobody is told as the buyer.",
    "step.access_key": (
        "The sale_id is the access key of a fiscal document: CNPJ {cnpj}, {month}, series {series},"
        " number {number}."
    ),
    "step.buyer_paid_cnpj": "A company bought, and the merchant pays companies.",
    "step.buyer_paid_foreign": (
        "Who bought has a foreign document, and the merchant pays such buyers."
    ),
    "step.confirmed_later": "It is paid only if the sale is confirmed in time.",
    "step.confirmed_within": (
        "It is paid only if the sale is confirmed within {hours} h of its acceptance."
    ),
}
