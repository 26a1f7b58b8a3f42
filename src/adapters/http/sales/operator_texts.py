"""The problems and faults that only operators meet, in English and Portuguese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.problems.wording import Kind, fault, kind
from cashback_core.words.messages import Language, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

RISK: Final[Mapping[Language, str]] = {
    Language.EN: "Nobody here can tell whether this was paid: sending it again may pay the customer"
    " a second time, cancelling it may call unpaid what was paid. Look for it in the provider's"
    " statement first.",
    Language.PT: "Ninguém aqui sabe se isto foi pago: enviar de novo pode pagar o cliente uma"
    " segunda vez, cancelar pode dar por não pago o que foi pago. Procure antes no extrato do"
    " provedor.",
}
"""What somebody accepts who resends, or cancels, what may be paid (`operating.RISK`)."""

OPERATOR_KINDS: Final[Mapping[str, Kind]] = {
    "forbidden": kind(
        403,
        ("Not allowed", "Your role does not allow this; roles tells which do."),
        ("Não permitido", "Seu papel não permite isto; roles diz quais permitem."),
    ),
    "risk_not_accepted": kind(
        409,
        (
            "Risk not accepted",
            (
                f"{RISK[Language.EN]} Nothing was done; to take the risk, send accept_risk true:"
                " it is recorded with your name."
            ),
        ),
        (
            "Risco não aceito",
            (
                f"{RISK[Language.PT]} Nada foi feito; para assumir o risco, envie accept_risk true:"
                " fica registrado com o seu nome."
            ),
        ),
    ),
    "act_not_allowed": kind(
        409,
        ("Not in this status", "The cashback's present status does not go with this act."),
        ("Não neste status", "O status atual do cashback não admite este ato."),
    ),
    "not_credited_there": kind(
        409,
        (
            "Not credited there",
            (
                "Nothing was done: what is held or rejected is marked as applied only while an"
                " incident of the provider's statement says that it is credited."
            ),
        ),
        (
            "Não creditado no provedor",
            (
                "Nada foi feito: o que está held ou rejected só é marcado como applied enquanto um"
                " incidente do extrato do provedor disser que foi creditado."
            ),
        ),
    ),
    "own_mark": kind(
        409,
        (
            "Your own mark",
            "Nothing was done: a mark is taken back by another operator than the one who made it.",
        ),
        (
            "Sua própria marca",
            "Nada foi feito: uma marca é desfeita por outro operador que não quem a fez.",
        ),
    ),
    "no_mark": kind(
        409,
        (
            "No operator's mark",
            "Nothing was done: no operator brought it to this status.",
        ),
        (
            "Sem marca de operador",
            "Nada foi feito: nenhum operador o levou a este status, não há marca a desfazer.",
        ),
    ),
    "count_changed": kind(
        409,
        (
            "Count changed",
            "Nothing was done: the filter means another number now. Look again before you act.",
        ),
        (
            "Contagem mudou",
            "Nada foi feito: o filtro agora abrange outro número. Olhe de novo antes de agir.",
        ),
    ),
    "too_many_at_once": kind(
        409,
        ("Too many at once", "Nothing was done: narrow the filter, by instants for example."),
        ("Muitos de uma vez", "Nada foi feito: restrinja o filtro, por instantes por exemplo."),
    ),
}
"""Problems by code."""

OPERATOR_FAULTS: Final[Mapping[str, Mapping[Language, Text]]] = {
    "status_now": fault(
        ("The cashback has another status.", "one of: {names}"),
        ("O cashback tem outro status.", "um de: {names}"),
    ),
    "risk": fault(
        (
            (
                "{in_doubt} may be paid twice: in doubt, perhaps a line of the statement, or called"
                " rejected by an operator alone."
            ),
            "true, by whoever takes that risk",
        ),
        (
            (
                "{in_doubt} podem ser pagos duas vezes: em dúvida, talvez uma linha do extrato, ou"
                " rejeitados só pela palavra de um operador."
            ),
            "true, de quem assume esse risco",
        ),
    ),
    "count_now": fault(
        ("The filter means another number now.", "{count}"),
        ("O filtro agora abrange outro número.", "{count}"),
    ),
    "too_many": fault(
        ("One act moves no more than that.", "at most {highest}"),
        ("Um ato não move mais do que isso.", "no máximo {highest}"),
    ),
    "reason_format": fault(
        ("The reason is no plain text.", "1 to {highest} printable characters"),
        ("O motivo não é um texto simples.", "1 a {highest} caracteres imprimíveis"),
    ),
    "reason_document": fault(
        (
            "The reason holds a CPF, and it is kept for ever.",
            "the same without it; the id or the statement's line says whose it is",
        ),
        (
            "O motivo contém um CPF, e fica guardado para sempre.",
            "o mesmo sem ele; o id ou a linha do extrato diz de quem se trata",
        ),
    ),
    "not_boolean": fault(
        ("The value is neither true nor false.", "true or false"),
        ("O valor não é true nem false.", "true ou false"),
    ),
    "not_a_count": fault(
        ("The value is no whole number.", "a whole number, not negative"),
        ("O valor não é um número inteiro.", "um número inteiro, não negativo"),
    ),
    "no_such_choice": fault(
        ("This is not among the choices.", "{names}"),
        ("Isto não está entre as opções.", "{names}"),
    ),
}
"""Faults by code."""
