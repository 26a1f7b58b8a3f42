"""The texts of every problem and of every fault this adapter finds, in English and Portuguese.

The faults of a sale have their texts in the core. Codes are stable, texts may improve; {names}
are filled in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.administration.texts import ADMINISTRATION_FAULTS, ADMINISTRATION_KINDS
from adapters.http.catalogue.texts import CATALOGUE_FAULTS
from adapters.http.problems.wording import Kind, fault, kind
from adapters.http.sales.incident_texts import INCIDENT_FAULTS, INCIDENT_KINDS
from adapters.http.sales.operator_texts import OPERATOR_FAULTS, OPERATOR_KINDS
from adapters.http.sales.privacy_texts import PRIVACY_FAULTS, PRIVACY_KINDS
from cashback_core.words.messages import SOLD_AT, Language, Text

if TYPE_CHECKING:
    from collections.abc import Mapping


KINDS: Final[Mapping[str, Kind]] = {
    "bad_request": kind(
        400,
        ("Bad request", "The request is malformed HTTP."),
        ("Requisição malformada", "A requisição não é HTTP bem formado."),
    ),
    "body_incomplete": kind(
        400,
        ("Incomplete body", "The connection ended before the body was whole."),
        ("Corpo incompleto", "A conexão terminou antes do fim do corpo."),
    ),
    "not_json": kind(
        400,
        ("Not JSON", "The body is not one well-formed JSON value in UTF-8; errors tells where."),
        ("Não é JSON", "O corpo não é um valor JSON bem formado em UTF-8; errors diz onde."),
    ),
    "idempotency_key_format": kind(
        400,
        (
            "Not an idempotency key",
            (
                "Idempotency-Key takes 1 to 255 visible ASCII characters, no comma, and comes once;"
                ' in quotes as "key", where \\" and \\\\ stand for a quote and a backslash.'
            ),
        ),
        (
            "Não é uma chave de idempotência",
            (
                "Idempotency-Key aceita 1 a 255 caracteres ASCII visíveis, sem vírgula, uma só vez;"
                ' entre aspas como "chave", em que \\" e \\\\ valem aspas e barra invertida.'
            ),
        ),
    ),
    "unauthenticated": kind(
        401,
        ("Not authenticated", "Send an access token: Authorization: Bearer <token>."),
        ("Não autenticado", "Envie um token de acesso: Authorization: Bearer <token>."),
    ),
    "invalid_token": kind(
        401,
        ("Token not valid", "The token is expired, of another kind or not ours: log in again."),
        ("Token inválido", "O token expirou, é de outro tipo ou não é nosso: entre de novo."),
    ),
    "bad_credentials": kind(
        401,
        ("Log-in refused", "Nobody may log in with this name and this password or secret."),
        ("Acesso recusado", "Ninguém entra com este nome e esta senha ou segredo."),
    ),
    "not_found": kind(
        404,
        ("Not found", "There is nothing here for you."),
        ("Não encontrado", "Não há nada aqui para você."),
    ),
    "method_not_allowed": kind(
        405,
        ("Method not allowed", "The header Allow lists the methods of this address."),
        ("Método não permitido", "O cabeçalho Allow lista os métodos deste endereço."),
    ),
    "request_timeout": kind(
        408,
        ("Request timeout", "The request did not arrive in time."),
        ("Tempo esgotado", "A requisição não chegou a tempo."),
    ),
    "sale_id_conflict": kind(
        409,
        (
            "Sale id taken",
            (
                "This sale_id is a recorded sale's of other content, or of another client's group;"
                " errors shows every difference, and of another group's nothing. Another sale"
                " needs an id of its own."
            ),
        ),
        (
            "Id de venda já usado",
            (
                "Este sale_id é de uma venda registrada com outro conteúdo, ou do grupo de outro"
                " cliente de API; errors mostra cada diferença, e de outro grupo nada. Outra venda"
                " precisa do seu próprio id."
            ),
        ),
    ),
    "sale_already_recorded": kind(
        409,
        (
            "Sale already recorded",
            (
                "A sale with exactly this content is recorded: record shows it, unless it is"
                " another client's group's. Nothing was stored, and no name was used up. If this is"
                " another sale, send it with a sale_id of its own; where the merchant's"
                " equal_content is never, it is not taken."
            ),
        ),
        (
            "Venda já registrada",
            (
                "Uma venda com exatamente este conteúdo já está registrada: record a mostra, a não"
                " ser que seja do grupo de outro cliente de API. Nada foi gravado, e nenhum"
                " nome foi gasto. Se esta é outra venda, envie-a com um sale_id próprio; onde o"
                " equal_content do lojista é never, ela não é aceita."
            ),
        ),
    ),
    "body_too_large": kind(
        413,
        ("Body too large", "A body has at most 262144 bytes."),
        ("Corpo grande demais", "Um corpo tem no máximo 262144 bytes."),
    ),
    "uri_too_long": kind(
        414,
        ("Address too long", "The request target is too long."),
        ("Endereço longo demais", "O alvo da requisição é longo demais."),
    ),
    "unsupported_media_type": kind(
        415,
        ("Unsupported media type", "Send application/json in UTF-8, not compressed."),
        ("Tipo de mídia não suportado", "Envie application/json em UTF-8, sem compressão."),
    ),
    "invalid_sale": kind(
        422,
        ("Not a valid sale", "Nothing was stored; errors tells everything that is wrong."),
        ("Venda inválida", "Nada foi gravado; errors diz tudo o que está errado."),
    ),
    "customer_name_mismatch": kind(
        422,
        (
            "Customer known by another name",
            "Nothing was stored: the CPF is another person's here; errors says what can be done.",
        ),
        (
            "Cliente conhecido por outro nome",
            "Nada foi gravado: aqui o CPF é de outra pessoa; errors diz o que pode ser feito.",
        ),
    ),
    "idempotency_key_reused": kind(
        422,
        (
            "Idempotency key reused",
            (
                "This key was used for a sale of other content, of another sale_id or of another"
                " client's group; errors shows every difference, and of another group's nothing."
            ),
        ),
        (
            "Chave de idempotência reutilizada",
            (
                "Esta chave foi usada para uma venda de outro conteúdo, de outro sale_id ou do"
                " grupo de outro cliente de API; errors mostra cada diferença, e de outro grupo"
                " nada."
            ),
        ),
    ),
    "invalid_request": kind(
        422,
        ("Not a valid request", "errors tells everything that is wrong."),
        ("Requisição inválida", "errors diz tudo o que está errado."),
    ),
    "invalid_query": kind(
        422,
        ("Not a valid query", "errors names each query parameter that is wrong."),
        ("Consulta inválida", "errors nomeia cada parâmetro errado da consulta."),
    ),
    "log_in_throttled": kind(
        429,
        (
            "Too many failed log-ins",
            "Not let in: too many failed here. Come back after Retry-After seconds.",
        ),
        (
            "Acessos recusados demais",
            "Acesso negado: houve recusas demais aqui. Volte após Retry-After segundos.",
        ),
    ),
    "rate_exceeded": kind(
        429,
        (
            "Too many requests",
            "Nothing was done: you send more than you may. Come back after Retry-After seconds.",
        ),
        (
            "Requisições demais",
            "Nada foi feito: você envia mais do que pode. Volte após Retry-After segundos.",
        ),
    ),
    "too_many_logins": kind(
        429,
        ("Too many log-ins", "Many log-ins are waiting; come back after Retry-After seconds."),
        ("Acessos demais", "Muitos acessos estão na fila; volte após Retry-After segundos."),
    ),
    "too_many_requests": kind(
        429,
        ("Too many requests", "Nothing was done. Come back after Retry-After seconds."),
        ("Requisições demais", "Nada foi feito. Volte após Retry-After segundos."),
    ),
    "head_too_large": kind(
        431,
        ("Header fields too large", "The header fields are too many or too large."),
        ("Cabeçalhos grandes demais", "Os cabeçalhos são muitos ou grandes demais."),
    ),
    "internal_error": kind(
        500,
        ("Internal error", "A fault of ours, logged under this instance."),
        ("Erro interno", "Uma falha nossa, registrada sob esta instance."),
    ),
    "bad_gateway": kind(
        502,
        (
            "No whole answer",
            (
                "What was asked may have been done. Send the same request again after Retry-After"
                " seconds: under the same key or sale_id it is never recorded twice."
            ),
        ),
        (
            "Sem resposta inteira",
            (
                "O que foi pedido pode ter sido feito. Envie a mesma requisição após Retry-After"
                " segundos: com a mesma chave ou sale_id ela nunca é registrada duas vezes."
            ),
        ),
    ),
    "overloaded": kind(
        503,
        ("Overloaded", "Nothing was done. Send the request again after Retry-After seconds."),
        ("Sobrecarregado", "Nada foi feito. Envie a requisição de novo após Retry-After segundos."),
    ),
    "unavailable": kind(
        503,
        (
            "Temporarily unavailable",
            (
                "The database does not answer. Send the same request again after Retry-After"
                " seconds: under the same key or sale_id it is never recorded twice."
            ),
        ),
        (
            "Temporariamente indisponível",
            (
                "O banco de dados não responde. Envie a mesma requisição após Retry-After segundos:"
                " com a mesma chave ou sale_id ela nunca é registrada duas vezes."
            ),
        ),
    ),
    "gateway_timeout": kind(
        504,
        (
            "No answer in time",
            (
                "What was asked may have been done. Send the same request again after Retry-After"
                " seconds: under the same key or sale_id it is never recorded twice."
            ),
        ),
        (
            "Sem resposta a tempo",
            (
                "O que foi pedido pode ter sido feito. Envie a mesma requisição após Retry-After"
                " segundos: com a mesma chave ou sale_id ela nunca é registrada duas vezes."
            ),
        ),
    ),
    **OPERATOR_KINDS,
    **INCIDENT_KINDS,
    **ADMINISTRATION_KINDS,
    **PRIVACY_KINDS,
}
"""Every problem there is, by its code."""


_ONE_VALUE_EN: Final = "one JSON value (RFC 8259) in UTF-8"
_ONE_VALUE_PT: Final = "um valor JSON (RFC 8259) em UTF-8"

FAULTS: Final[Mapping[str, Mapping[Language, Text]]] = {
    "json_empty": fault(
        ("The body is empty.", _ONE_VALUE_EN),
        ("O corpo está vazio.", _ONE_VALUE_PT),
    ),
    "json_not_utf8": fault(
        ("Byte {position} is not UTF-8; Latin-1 is not taken.", _ONE_VALUE_EN),
        ("O byte {position} não é UTF-8; Latin-1 não é aceito.", _ONE_VALUE_PT),
    ),
    "json_byte_order_mark": fault(
        ("The body starts with a byte order mark.", _ONE_VALUE_EN),
        ("O corpo começa com uma marca de ordem de bytes.", _ONE_VALUE_PT),
    ),
    "json_syntax": fault(
        ("Line {line}, column {column}: {reason}.", "no comments, no trailing commas or text"),
        (
            "Linha {line}, coluna {column}: sintaxe inválida ({reason}).",
            "sem comentários, sem vírgulas nem texto sobrando",
        ),
    ),
    "json_repeated_key": fault(
        ("A key comes twice in one object.", "each key once"),
        ("Uma chave aparece duas vezes no mesmo objeto.", "cada chave uma vez"),
    ),
    "json_constant": fault(
        ("This is no JSON number.", "a number in digits"),
        ("Isto não é um número JSON.", "um número em dígitos"),
    ),
    "json_too_deep": fault(
        ("The value is nested too deeply.", "the nesting of a sale"),
        ("O valor está aninhado demais.", "o aninhamento de uma venda"),
    ),
    "json_lone_surrogate": fault(
        ("A text holds half of a surrogate pair.", "whole Unicode characters"),
        ("Um texto contém metade de um par substituto.", "caracteres Unicode inteiros"),
    ),
    "header_value": fault(
        ("The header {header} is missing or not acceptable.", "{expected}"),
        ("O cabeçalho {header} está ausente ou não é aceitável.", "{expected}"),
    ),
    "unknown_parameter": fault(
        ("There is no such parameter.", "only: {names}"),
        ("Não existe este parâmetro.", "somente: {names}"),
    ),
    "repeated_parameter": fault(
        ("The parameter comes more than once.", "each parameter once"),
        ("O parâmetro aparece mais de uma vez.", "cada parâmetro uma vez"),
    ),
    "malformed_query": fault(
        ("The query is not percent-encoded UTF-8.", "name=value pairs joined by &"),
        ("A consulta não é UTF-8 codificado com %.", "pares nome=valor unidos por &"),
    ),
    "status_unknown": fault(
        ("There is no such status.", "one of: {names}"),
        ("Não existe este status.", "um de: {names}"),
    ),
    "document_invalid": fault(
        ("The document is not a CPF.", "11 digits, or 000.000.000-00"),
        ("O documento não é um CPF.", "11 dígitos, ou 000.000.000-00"),
    ),
    "instant_invalid": fault(
        ("This is no instant, or one that does not exist.", SOLD_AT[Language.EN]),
        ("Isto não é um instante, ou é um que não existe.", SOLD_AT[Language.PT]),
    ),
    "bound_invalid": fault(
        (
            "This is no day and no instant, or one that does not exist.",
            f"YYYY-MM-DD for a whole day, or {SOLD_AT[Language.EN]}",
        ),
        (
            "Isto não é um dia nem um instante, ou é um que não existe.",
            f"AAAA-MM-DD para um dia inteiro, ou {SOLD_AT[Language.PT]}",
        ),
    ),
    "limit_invalid": fault(
        ("The limit is no whole number in range.", "1 to {highest}"),
        ("O limite não é um número inteiro dentro da faixa.", "1 a {highest}"),
    ),
    "type_and_rate_version": fault(
        (
            "A rate is named by its product type and its version together.",
            "type and rate_version, both",
        ),
        (
            "Uma taxa se nomeia pelo tipo de produto junto com a versão.",
            "type e rate_version, ambos",
        ),
    ),
    "cursor_invalid": fault(
        ("This cursor was not given out here.", "next_cursor of a page before"),
        ("Este cursor não foi emitido aqui.", "next_cursor de uma página anterior"),
    ),
    **OPERATOR_FAULTS,
    **INCIDENT_FAULTS,
    **ADMINISTRATION_FAULTS,
    **CATALOGUE_FAULTS,
    **PRIVACY_FAULTS,
}
"""Every fault beside the core's, by its code."""


def _reason(en: str, pt: str) -> Mapping[Language, str]:
    return {Language.EN: en, Language.PT: pt}


JSON_REASONS: Final[Mapping[str, Mapping[Language, str]]] = {
    "Expecting value": _reason("a value is expected", "era esperado um valor"),
    "Expecting property name enclosed in double quotes": _reason(
        "a name in double quotes is expected", "era esperado um nome entre aspas duplas"
    ),
    "Expecting ':' delimiter": _reason("a : is expected", "era esperado :"),
    "Expecting ',' delimiter": _reason("a , is expected", "era esperada uma ,"),
    "Extra data": _reason("text follows the value", "há texto depois do valor"),
    "Unterminated string starting at": _reason("a text has no end", "um texto não tem fim"),
    "Invalid control character at": _reason(
        "a control character in a text", "um caractere de controle em um texto"
    ),
    "Invalid \\escape": _reason("no such escape", "não existe este escape"),
    "Invalid \\uXXXX escape": _reason(
        "\\u takes four hexadecimal digits", "\\u exige quatro dígitos hexadecimais"
    ),
    "Illegal trailing comma before end of object": _reason(
        "a comma before the end", "uma vírgula antes do fim"
    ),
    "Illegal trailing comma before end of array": _reason(
        "a comma before the end", "uma vírgula antes do fim"
    ),
}
"""What Python's decoder says is wrong, in words of ours."""

OTHER_JSON_REASON: Final = _reason("not JSON", "não é JSON")
"""For what a later Python may say."""


def who_may(roles: tuple[str, ...], *, person: bool) -> Mapping[Language, str]:
    """Whom a route lets in, in words; with `person`, only people of these roles."""
    if not roles:
        return {
            Language.EN: "Nobody may do this yet: the route has no roles.",
            Language.PT: "Ninguém pode fazer isto ainda: a rota não tem papéis.",
        }
    en, pt = (_joined(roles, word) for word in ("or", "ou"))
    if person:
        return {
            Language.EN: f"Only a person may do this, signed in with a password, as {en}.",
            Language.PT: f"Só uma pessoa pode fazer isto, que entrou com senha, como {pt}.",
        }
    return {
        Language.EN: f"Your role does not allow this; it takes {en}.",
        Language.PT: f"Seu papel não permite isto; é preciso ser {pt}.",
    }


def _joined(names: tuple[str, ...], word: str) -> str:
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


DIFFERENCE: Final[Mapping[Language, str]] = {
    Language.EN: "This differs from what is recorded.",
    Language.PT: "Isto difere do que está registrado.",
}
"""Said of each field in which a sale differs from the recorded one; `expected` is the recorded."""
