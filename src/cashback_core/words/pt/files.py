"""What is told of files of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "file_refused": Heading(
        "Arquivo recusado",
        "Não soma o que foi declarado, ou não pode ser lido até o fim: nada dele conta.",
    ),
    "file_elsewhere": Heading(
        "Sendo entregue por outra pessoa",
        "Outra pessoa está entregando o mesmo arquivo neste momento: envie de novo, ele continua.",
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "file_fault": Text("Sobre o arquivo: {why}.", "um arquivo que é como se diz"),
}

PHRASES: Final[Mapping[str, str]] = {
    "file.topic.erp_day": "um dia de um ERP",
    "file.topic.statement": "um extrato do provedor",
    "file.state.begun": "começado: o mesmo arquivo, trazido de novo, continua",
    "file.state.complete": "completo",
    "file.state.refused": "recusado: nada dele conta",
}
