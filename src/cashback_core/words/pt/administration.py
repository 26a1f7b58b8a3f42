"""What is wrong with a change to merchants, stops, and to anything that has versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "precondition_required": Heading(
        "Qual versão?",
        (
            "Nada foi alterado. Envie If-Match com o ETag da versão que você leu, ou If-Match: *"
            " para a que houver."
        ),
    ),
    "precondition_failed": Heading(
        "Alterado por outra pessoa",
        "Nada foi alterado: agora há outra versão. Leia de novo e então decida.",
    ),
    "already_exists": Heading("Já existe", "Nada foi gravado: errors diz o que já está em uso."),
    "in_use": Heading("Em uso", "Nada foi alterado: algo depende disto; errors diz o quê."),
}

FAULTS: Final[Mapping[str, Text]] = {
    "slug_format": Text("Isto não é um slug.", "1 a 63 de a-z 0-9 -, o primeiro não -"),
    "zone_unknown": Text(
        "Não existe este fuso horário.", "um nome do tz database, como America/Sao_Paulo"
    ),
    "platform_only": Text(
        "Somente os administradores da plataforma alteram isto.", "o valor atual"
    ),
    "merchant_stays": Text(
        "Tudo o que um lojista já vendeu depende dele: nunca é apagado.",
        "disabled true: então ninguém dele entra mais",
    ),
    "stop_lifted": Text("Esta parada já foi suspensa.", "uma parada em vigor"),
    "platforms_stop": Text("A plataforma fez esta parada, e só ela a suspende.", "uma parada sua"),
    "no_such_merchant": Text("Não existe este lojista.", "o slug de um lojista"),
}
