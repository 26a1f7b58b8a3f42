"""What each class of an incident means, and why an explanation is refused, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.problems.wording import Kind, fault, kind
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.words.messages import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.words.messages import Text


def _words(en: str, pt: str) -> Mapping[Language, str]:
    return {Language.EN: en, Language.PT: pt}


CLASSES: Final[Mapping[FindingClass, Mapping[Language, str]]] = {
    FindingClass.MATCHED: _words(
        "applied here and credited there", "aplicado aqui e creditado no provedor"
    ),
    FindingClass.ALTERED: _words(
        "ours, under another amount, customer or instant",
        "nosso, com outro valor, cliente ou instante",
    ),
    FindingClass.CREDITED_AGAIN: _words(
        "one more credit of a cashback that has its own",
        "mais um crédito de um cashback que já tem o seu",
    ),
    FindingClass.CREDITED_UNPAID: _words(
        "credited, though here it is not paid", "creditado, embora aqui não esteja pago"
    ),
    FindingClass.UNKNOWN_HERE: _words(
        "a credit that no cashback explains", "um crédito que nenhum cashback explica"
    ),
    FindingClass.EXPLAINED: _words("a person said what it is", "uma pessoa disse o que é"),
    FindingClass.APPLIED_ABSENT: _words(
        "applied here and not on the statement", "aplicado aqui e ausente do extrato"
    ),
    FindingClass.NOT_EXPECTED: _words(
        "nothing can be told of it yet", "ainda não se pode dizer nada"
    ),
    FindingClass.UNPAID: _words("not paid here and not credited", "não pago aqui e não creditado"),
    FindingClass.DOUBT_APPLIED: _words(
        "in doubt here, and credited", "em dúvida aqui, e creditado"
    ),
    FindingClass.DOUBT_ABSENT: _words(
        "in doubt here, and proved not to be credited",
        "em dúvida aqui, e provado que não foi creditado",
    ),
    FindingClass.DOUBT_UNDECIDED: _words(
        "in doubt here, and a line keeps it from being decided",
        "em dúvida aqui, e uma linha impede que se decida",
    ),
    FindingClass.REVERSED: _words("a credit that was taken back", "um crédito que foi estornado"),
    FindingClass.UNREADABLE: _words(
        "a line that cannot be read", "uma linha que não se consegue ler"
    ),
}
"""What stands beside a class's name."""

INCIDENT_KINDS: Final[Mapping[str, Kind]] = {
    "incident_closed": kind(
        409,
        (
            "Already explained",
            "Nothing was done: a person or a later statement has explained this incident.",
        ),
        (
            "Já explicado",
            "Nada foi feito: uma pessoa ou um extrato posterior já explicou este incidente.",
        ),
    ),
    "explanation_unfit": kind(
        409,
        ("This does not explain it", "Nothing was done: errors says what this incident is about."),
        ("Isto não o explica", "Nada foi feito: errors diz do que trata este incidente."),
    ),
    "names_a_cashback": kind(
        409,
        (
            "Its reference names a cashback here",
            (
                "Nothing was done: the line's own reference says otherwise. If you are wrong, that"
                " cashback is proved unpaid and the customer paid a second time. To take the risk,"
                " send accept_risk true: it is recorded with your name."
            ),
        ),
        (
            "A referência nomeia um cashback daqui",
            (
                "Nada foi feito: a própria referência da linha diz outra coisa. Se você estiver"
                " enganado, prova-se que esse cashback não foi pago e o cliente recebe uma segunda"
                " vez. Para assumir o risco, envie accept_risk true: fica registrado com seu nome."
            ),
        ),
    ),
}
"""Problems by code."""

INCIDENT_FAULTS: Final[Mapping[str, Mapping[Language, Text]]] = {
    "not_a_line": fault(
        (
            "The incident is about a cashback and has no line of its own.",
            "known_absent, of a cashback that is applied and absent; else explain the line",
        ),
        (
            "O incidente é sobre um cashback e não tem linha própria.",
            "known_absent, de um cashback aplicado e ausente; senão explique a linha",
        ),
    ),
    "names_cashback": fault(
        (
            "The line's reference names {cashback_id}.",
            "true, by whoever takes that risk; or ours, with that cashback_id",
        ),
        (
            "A referência da linha nomeia {cashback_id}.",
            "true, de quem assume esse risco; ou ours, com esse cashback_id",
        ),
    ),
    "not_absent": fault(
        ("The incident is about a line of the statement.", "foreign or ours"),
        ("O incidente é sobre uma linha do extrato.", "foreign ou ours"),
    ),
    "no_such_cashback": fault(
        ("No cashback that is due has this id.", "the id of a cashback, of any merchant"),
        (
            "Nenhum cashback devido tem este id.",
            "o id de um cashback, de qualquer lojista",
        ),
    ),
    "only_with_ours": fault(
        ("A cashback is named exactly when the line is ours.", "cashback_id with ours only"),
        ("Nomeia-se um cashback exatamente quando a linha é nossa.", "cashback_id só com ours"),
    ),
    "not_an_id": fault(
        ("The value is no id of a cashback.", "a UUID"),
        ("O valor não é o id de um cashback.", "um UUID"),
    ),
}
"""Faults by code."""
