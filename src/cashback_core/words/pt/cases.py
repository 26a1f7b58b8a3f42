"""Who looks after what, and what of a list of resolutions is not done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "case_resolved": Heading(
        "Já resolvido",
        "Nada foi feito: está resolvido, ou não existe mais. Uma nota pode ser acrescentada.",
    ),
    "case_assigned": Heading(
        "Está com outra pessoa", "Nada foi feito: para assumir o caso, envie take_over true."
    ),
    "plan_changed": Heading(
        "Não é o que foi mostrado",
        (
            "Nada foi feito: a lista agora faria outra coisa. Peça que seja mostrada de novo antes"
            " de agir."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "assigned_to_another": Text("Está atribuído a {name}.", "true, para assumir o caso"),
    "assigned_or_nobody": Text(
        "Um caso é dado a alguém, ou a ninguém.", "assigned_to, ou nobody true"
    ),
    "plan_now": Text("A lista agora moveria {count}.", "o token do que é mostrado agora"),
    "list_count": Text(
        "Uma lista tem entre {lowest} e {highest} linhas.", "{lowest} a {highest} linhas"
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "resolution.line_fields": "só se informam id, sale_id, store, status e evidence, como textos",
    "resolution.line_name": "nem só um id, nem só um sale_id (com a loja)",
    "resolution.line_status": "o status não é applied nem rejected",
    "resolution.line_evidence": "a evidência não tem de 1 a 400 caracteres imprimíveis",
    "resolution.line_document": "a evidência contém um CPF, e fica guardada para sempre",
    "resolution.line_cut": "a última linha não tem fim de linha, pode estar cortada: termine-a se"
    " estiver inteira",
    "resolution.unknown": "nenhum cashback aqui tem esse nome",
    "resolution.several": "mais de uma loja cliente tem uma venda com esse número",
    "resolution.contradicted": "outra linha diz o contrário do mesmo cashback",
    "resolution.not_from_here": "o status atual não admite isso",
    "resolution.not_credited_there": "nenhum incidente do extrato diz que foi creditado",
    "resolution.moved_since": "mudou desde que foi mostrado: olhe de novo",
}
