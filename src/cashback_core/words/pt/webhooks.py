"""What is wrong with an endpoint of webhooks, or with what is to be sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {}

FAULTS: Final[Mapping[str, Text]] = {
    "bad_webhook_url": Text(
        "Este não é um endereço para o qual se possa enviar um webhook.",
        "https://host/caminho, sem usuário nem fragmento, de no máximo 2.000 caracteres",
    ),
    "webhook_needs_https": Text(
        "Webhooks só são enviados cifrados.", "um endereço que comece com https://"
    ),
    "webhook_to_private_network": Text(
        "Webhooks não são enviados a redes privadas.",
        "um endereço público, ou uma rede que os operadores permitam",
    ),
    "not_a_change": Text(
        "Este não é o id de uma mudança.", "<cashback>.<sequence>, como o feed a conta"
    ),
    "change_or_since": Text("É um dos dois.", "ou change ou since"),
    "too_many_webhooks": Text("Já há {limit} endpoints.", "um que antes seja apagado"),
    "webhook_not_active": Text("O endpoint não está ativo.", "antes, active true"),
    "test_waits": Text(
        "Um teste deste endpoint ainda espera.", "antes, o resultado dele, em deliveries"
    ),
    "too_many_to_resend": Text("São mais de {limit} mudanças.", "um since mais tarde"),
}
