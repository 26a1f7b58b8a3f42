"""Who looks after what, what it is about, and what of a list of resolutions is not done."""

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
        ("Nada foi feito: agora faria outra coisa. Peça que seja mostrado de novo antes de agir."),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "assigned_to_another": Text("Está atribuído a {name}.", "true, para assumir o caso"),
    "assigned_or_nobody": Text(
        "Um caso é dado a alguém, ou a ninguém.", "assigned_to, ou nobody true"
    ),
    "plan_now": Text(
        "Agora moveria {count}, ou eles se moveram desde então.", "o token do que é mostrado agora"
    ),
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
    "difference.equal": "informado pelo ERP como está registrado aqui",
    "difference.differs": "informado pelo ERP diferente do que está registrado aqui",
    "difference.not_arrived": "no arquivo do ERP e não aqui; ainda pode chegar",
    "difference.never_arrived": "no arquivo do ERP, não aqui, e antiga demais para ser aceita",
    "difference.not_told": "registrado aqui, e não no arquivo do ERP do seu dia",
    "difference.told_twice": "mais uma linha de uma venda que já tem a sua",
    "difference.unreadable": "uma linha do arquivo do ERP que não pode ser lida",
    "why.rate_version": "o ERP calcula por outra versão de uma taxa",
    "why.rounding": "o ERP arredonda de outro modo",
    "why.tolerance": "o ERP informa a soma, e aqui contou o que foi pago",
    "why.discount": "o ERP tira um desconto em outro lugar, ou não o tira",
    "why.name": "o ERP informa o nome de outro cliente",
    "why.duplicate": "uma venda está duas vezes: no arquivo, ou aqui sob dois nomes",
    "why.document": "o ERP informa o documento de outro cliente",
    "why.total": "o ERP informa outro total",
    "why.instant": "o ERP informa outro instante",
    "why.store": "o ERP informa outra loja",
    "why.masked": "o arquivo mascara documentos de formas demais para saber de quem é cada linha",
    "why.unknown": "o ERP informa outro cashback, e nada que se saiba aqui leva a ele",
    "case.kind.incident": "incidente",
    "case.kind.difference": "diferença",
    "case.state.open": "aberto",
    "case.state.assigned": "com alguém",
    "case.state.resolved": "resolvido",
    "case.event.opened": "aberto",
    "case.event.assigned": "atribuído",
    "case.event.given_back": "devolvido",
    "case.event.noted": "anotado",
    "case.event.resolved": "resolvido",
    "case.event.explained": "explicado",
    "case.event.closed": "encerrado",
    "case.event.reopened": "reaberto",
    "case.event.moved": "passou a ser de outro",
}
