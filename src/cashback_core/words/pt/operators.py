"""What operators are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

RISK: Final = (
    "Ninguém aqui sabe se isto foi pago: enviar de novo pode pagar o cliente uma segunda vez,"
    " cancelar pode dar por não pago o que foi pago. Procure antes no extrato do provedor."
)
"""What somebody accepts who resends, or cancels, what may be paid."""

PROBLEMS: Final[Mapping[str, Heading]] = {
    "risk_not_accepted": Heading(
        "Risco não aceito",
        (
            f"{RISK} "
            "Nada foi feito; para assumir o risco, envie accept_risk true: fica registrado com o"
            " seu nome."
        ),
    ),
    "act_not_allowed": Heading(
        "Não neste status", "O status atual do cashback não admite este ato."
    ),
    "not_credited_there": Heading(
        "Não creditado no provedor",
        (
            "Nada foi feito: o que está held ou rejected só é marcado como applied enquanto um"
            " incidente do extrato do provedor disser que foi creditado."
        ),
    ),
    "own_mark": Heading(
        "Sua própria marca",
        "Nada foi feito: uma marca é desfeita por outro operador que não quem a fez.",
    ),
    "no_mark": Heading(
        "Sem marca de operador",
        "Nada foi feito: nenhum operador o levou a este status, não há marca a desfazer.",
    ),
    "count_changed": Heading(
        "Contagem mudou",
        "Nada foi feito: o filtro agora abrange outro número. Olhe de novo antes de agir.",
    ),
    "too_many_at_once": Heading(
        "Muitos de uma vez", "Nada foi feito: restrinja o filtro, por instantes por exemplo."
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "status_now": Text("O cashback tem outro status.", "um de: {names}"),
    "risk": Text(
        (
            "{in_doubt} podem ser pagos duas vezes: em dúvida, talvez uma linha do extrato, ou"
            " rejeitados só pela palavra de um operador."
        ),
        "true, de quem assume esse risco",
    ),
    "count_now": Text("O filtro agora abrange outro número.", "{count}"),
    "too_many": Text("Um ato não move mais do que isso.", "no máximo {highest}"),
    "reason_format": Text(
        "O motivo não é um texto simples.", "1 a {highest} caracteres imprimíveis"
    ),
    "reason_document": Text(
        "O motivo contém um CPF, e fica guardado para sempre.",
        "o mesmo sem ele; o id ou a linha do extrato diz de quem se trata",
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "risk": RISK,
}
