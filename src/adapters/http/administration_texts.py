"""The problems and faults of administered resources, in English and Portuguese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.wording import Kind, fault, kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.messages import Language, Text

ADMINISTRATION_KINDS: Final[Mapping[str, Kind]] = {
    "precondition_required": kind(
        428,
        (
            "Which version do you mean?",
            (
                "Nothing was changed. Send If-Match with the ETag of the version that you read, or"
                " If-Match: * for whichever there is."
            ),
        ),
        (
            "Qual versão?",
            (
                "Nada foi alterado. Envie If-Match com o ETag da versão que você leu, ou"
                " If-Match: * para a que houver."
            ),
        ),
    ),
    "precondition_failed": kind(
        412,
        (
            "Changed by somebody else",
            "Nothing was changed: it has another version now. Read it again, then decide.",
        ),
        (
            "Alterado por outra pessoa",
            "Nada foi alterado: agora há outra versão. Leia de novo e então decida.",
        ),
    ),
    "already_exists": kind(
        409,
        ("Already there", "Nothing was stored: errors names what is taken."),
        ("Já existe", "Nada foi gravado: errors diz o que já está em uso."),
    ),
    "in_use": kind(
        409,
        ("In use", "Nothing was changed: something else stands on it; errors says what."),
        ("Em uso", "Nada foi alterado: algo depende disto; errors diz o quê."),
    ),
}
"""Problems by code."""

ADMINISTRATION_FAULTS: Final[Mapping[str, Mapping[Language, Text]]] = {
    "taken": fault(
        ("This is taken already, here or elsewhere.", "another value"),
        ("Isto já está em uso, aqui ou em outro lugar.", "outro valor"),
    ),
    "plain_text": fault(
        ("This is no plain text.", "1 to {highest} printable characters"),
        ("Isto não é um texto simples.", "1 a {highest} caracteres imprimíveis"),
    ),
    "whole_number": fault(
        ("This is no whole number in range.", "{lowest} to {highest}"),
        ("Isto não é um número inteiro dentro da faixa.", "{lowest} a {highest}"),
    ),
    "cursor_of_another_list": fault(
        (
            "This cursor was not given out for this list.",
            "next_cursor of the page before, with the same sort and filters",
        ),
        (
            "Este cursor não foi emitido para esta lista.",
            "next_cursor da página anterior, com a mesma ordem e os mesmos filtros",
        ),
    ),
}
"""Faults by code."""
