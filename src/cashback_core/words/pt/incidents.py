"""What an incident of the provider's statement is, and why an explanation is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "incident_closed": Heading(
        "Já explicado",
        "Nada foi feito: uma pessoa ou um extrato posterior já explicou este incidente.",
    ),
    "explanation_unfit": Heading(
        "Isto não o explica", "Nada foi feito: errors diz do que trata este incidente."
    ),
    "names_a_cashback": Heading(
        "A referência nomeia um cashback daqui",
        (
            "Nada foi feito: a própria referência da linha diz outra coisa. Se você estiver"
            " enganado, prova-se que esse cashback não foi pago e o cliente recebe uma segunda vez."
            " Para assumir o risco, envie accept_risk true: fica registrado com seu nome."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "not_a_line": Text(
        "O incidente é sobre um cashback e não tem linha própria.",
        "known_absent, de um cashback aplicado e ausente; senão explique a linha",
    ),
    "names_cashback": Text(
        "A referência da linha nomeia {cashback_id}.",
        "true, de quem assume esse risco; ou ours, com esse cashback_id",
    ),
    "not_absent": Text("O incidente é sobre uma linha do extrato.", "foreign ou ours"),
    "no_such_cashback": Text(
        "Nenhum cashback devido tem este id.", "o id de um cashback, de qualquer lojista"
    ),
    "only_with_ours": Text(
        "Nomeia-se um cashback exatamente quando a linha é nossa.", "cashback_id só com ours"
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "finding.matched": "aplicado aqui e creditado no provedor",
    "finding.altered": "nosso, com outro valor, cliente ou instante",
    "finding.credited_again": "mais um crédito de um cashback que já tem o seu",
    "finding.credited_unpaid": "creditado, embora aqui não esteja pago",
    "finding.unknown_here": "um crédito que nenhum cashback explica",
    "finding.explained": "uma pessoa disse o que é",
    "finding.applied_absent": "aplicado aqui e ausente do extrato",
    "finding.not_expected": "ainda não se pode dizer nada",
    "finding.unpaid": "não pago aqui e não creditado",
    "finding.doubt_applied": "em dúvida aqui, e creditado",
    "finding.doubt_absent": "em dúvida aqui, e provado que não foi creditado",
    "finding.doubt_undecided": "em dúvida aqui, e uma linha impede que se decida",
    "finding.reversed": "um crédito que foi estornado",
    "reversal.other_line": (
        "a outra linha de um crédito que foi estornado; o seu valor está contado na primeira"
    ),
    "finding.unreadable": "uma linha que não se consegue ler",
}
